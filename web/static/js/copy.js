// Copy buttons: <button data-copy="#id" data-copied="Copied">. Without a script the text can still be selected.
for (const button of document.querySelectorAll("button[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const source = document.querySelector(button.dataset.copy);
    const text = "value" in source ? source.value : source.textContent;
    try {
      await navigator.clipboard.writeText(text.trim());
    } catch {
      getSelection().selectAllChildren(source); // no clipboard here: at least it is selected
      return;
    }
    const word = button.textContent;
    button.textContent = button.dataset.copied;
    button.setAttribute("aria-live", "polite");
    setTimeout(() => { button.textContent = word; }, 2000);
  });
}
