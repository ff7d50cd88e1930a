// The composer's count while one types: <textarea data-count="/tweets/count" data-count-into="count">.
// The server counts as X does and answers the same few elements that stand in the page.
for (const area of document.querySelectorAll("textarea[data-count]")) {
  const into = document.getElementById(area.dataset.countInto);
  const token = area.form.querySelector('[name=csrf_token]');
  let timer;
  let asked = 0;
  const renew = async () => {
    const mine = ++asked;
    try {
      const answer = await fetch(area.dataset.count, {
        method: "POST",
        headers: { "X-CSRF-Token": token.value },
        body: new URLSearchParams({ text: area.value }),
      });
      const drawn = await answer.text();
      if (answer.ok && mine === asked) into.innerHTML = drawn; // an older answer doesn't replace a newer one
    } catch {
      // no network: the count stays as it was, and the server counts again when the form is sent
    }
  };
  area.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(renew, 250);
  });
}
