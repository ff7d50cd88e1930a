// Keeps what is typed in a long form, in this tab only: <form data-keep="composer-…"> with <p data-kept hidden>…</p>.
// A draft that was typed and never sent is there again after a reload or a crash.
for (const form of document.querySelectorAll("form[data-keep]")) {
  const key = `kept:${form.dataset.keep}`;
  const fields = [...form.elements].filter((field) => field.matches("textarea, input[type=text]") && field.name);
  const failed = document.getElementById("errors") !== null; // then the page shows what was sent
  const kept = failed ? null : sessionStorage.getItem(key);
  if (kept) {
    const values = JSON.parse(kept);
    const changed = fields.filter((field) => field.name in values && values[field.name] !== field.value);
    for (const field of changed) {
      field.value = values[field.name];
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
    const told = form.querySelector("[data-kept]");
    if (told && changed.length) told.hidden = false;
  }
  form.addEventListener("input", () => {
    const values = Object.fromEntries(fields.map((field) => [field.name, field.value]));
    sessionStorage.setItem(key, JSON.stringify(values));
  });
  form.addEventListener("submit", (event) => {
    if (!event.submitter?.formTarget) sessionStorage.removeItem(key); // a preview sends nothing
  });
}
