// Keeps what is typed in a long form, in this browser: <form data-keep="tweet-…"> with <p data-kept hidden>…</p>.
// A draft that was typed and never sent is there again after a reload, a closed tab or a crash, for a week; a button
// [data-forget] in that paragraph begins anew. Fields that the page lacks are told to the form, as the event "kept".
const WEEK = 7 * 86_400_000;
const read = (key) => {
  try {
    const { at, values } = JSON.parse(localStorage.getItem(key));
    return Date.now() - at < WEEK ? values : null;
  } catch {
    return null; // nothing there, or not by this script
  }
};
for (const key of Object.keys(localStorage)) {
  if (key.startsWith("kept:") && !read(key)) localStorage.removeItem(key);
}
for (const form of document.querySelectorAll("form[data-keep]")) {
  const key = `kept:${form.dataset.keep}`;
  const fields = () =>
    [...form.elements].filter((field) => field.matches("textarea, input[type=text], input[type=datetime-local], select") && field.name);
  const failed = document.getElementById("errors") !== null; // then the page shows what was sent
  const kept = failed ? null : read(key);
  if (kept) {
    form.dispatchEvent(new CustomEvent("kept", { detail: Object.keys(kept) }));
    const changed = fields().filter((field) => field.name in kept && kept[field.name] !== field.value);
    for (const field of changed) {
      const before = field.value;
      field.value = kept[field.name];
      if (field.matches("select") && field.selectedIndex < 0) field.value = before; // not to be had any more
      field.dispatchEvent(new Event("input", { bubbles: true }));
      field.dispatchEvent(new Event("change", { bubbles: true }));
    }
    const told = form.querySelector("[data-kept]");
    if (told && changed.length) told.hidden = false;
  }
  form.addEventListener("input", () => {
    const values = Object.fromEntries(fields().map((field) => [field.name, field.value]));
    localStorage.setItem(key, JSON.stringify({ at: Date.now(), values }));
  });
  form.addEventListener("submit", (event) => {
    if (!event.submitter?.formTarget) localStorage.removeItem(key); // a preview sends nothing
  });
  form.querySelector("[data-forget]")?.addEventListener("click", () => {
    localStorage.removeItem(key);
    location.reload();
  });
}
