// Copy buttons: <button data-copy="#id" data-copied="Copied" hidden>. Without a script the text can still be selected.
for (const button of document.querySelectorAll("button[data-copy]")) {
  const word = button.textContent;
  let timer;
  button.hidden = false;
  button.setAttribute("aria-live", "polite");
  button.addEventListener("click", async () => {
    const source = document.querySelector(button.dataset.copy);
    const text = "value" in source ? source.value : source.textContent;
    try {
      await navigator.clipboard.writeText(text.trim());
    } catch {
      // no clipboard here (an old in-app browser, plain http): at least it is selected
      getSelection().selectAllChildren(source);
      return;
    }
    button.textContent = button.dataset.copied;
    clearTimeout(timer);
    timer = setTimeout(() => { button.textContent = word; }, 2000);
  });
}
