// Where a link would lead, while one types: <form data-shown="/links/preview?…" data-shown-into="preview">.
// The server writes the address as the link will have it and answers the same few elements that stand in the page.
for (const form of document.querySelectorAll("form[data-shown]")) {
  const into = document.getElementById(form.dataset.shownInto);
  let timer;
  let asked = 0;
  const renew = async () => {
    const mine = ++asked;
    try {
      const answer = await fetch(form.dataset.shown, { method: "POST", body: new URLSearchParams(new FormData(form)) });
      const drawn = await answer.text();
      if (answer.ok && mine === asked) into.innerHTML = drawn; // an older answer doesn't replace a newer one
    } catch {
      // no network: what is shown stays as it was, and the server says it again when the form is sent
    }
  };
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(renew, 250);
  });
  for (const needless of form.querySelectorAll("[data-needless]")) needless.hidden = true;
}
