// The composer while one types: the server's count of each part and the bill of all, the tweet as X shows it, one more
// part without another page. <form class="compose" data-bill="/tweets/bill">, <textarea data-part data-count="/tweets/count"
// data-count-into="id" data-mirror="id" data-words='{"1": "what stands for {link}"}' data-has-card>, <template data-part>.
const form = document.querySelector("form.compose");
const token = form.querySelector("[name=csrf_token]");
const areas = () => [...form.querySelectorAll("textarea[data-part]")];
const waits = new WeakMap();
const asked = new WeakMap();

// an older answer doesn't replace a newer one; without a network it stays as it was, and the server counts again
const renew = async (into, url, texts) => {
  const mine = (asked.get(into) ?? 0) + 1;
  asked.set(into, mine);
  try {
    const body = new URLSearchParams(texts.map((text) => ["text", text]));
    const answer = await fetch(url, { method: "POST", headers: { "X-CSRF-Token": token.value }, body });
    const drawn = await answer.text();
    if (answer.ok && mine === asked.get(into)) into.innerHTML = drawn;
  } catch {}
};

const draw = (area) => {
  const words = JSON.parse(area.dataset.words);
  const text = area.value.trim();
  // an address at the end gives way to the card
  const bare = area.dataset.hasCard && text.endsWith("{link}") ? text.slice(0, -6).trimEnd() : text;
  const shown = bare.replaceAll(/\{link([2-4]?)\}/g, (_whole, place) => words[place || "1"] ?? "…");
  // hashtags and names as X marks them
  const pieces = shown.split(/((?<![\p{L}\p{N}_])[#@][\p{L}\p{N}_]+)/u).map((piece, n) => {
    if (n % 2 === 0) return piece;
    const tag = document.createElement("span");
    tag.className = "tag";
    tag.textContent = piece;
    return tag;
  });
  const into = document.getElementById(area.dataset.mirror);
  into.replaceChildren(...pieces);
  const drawn = into.closest(".tweet");
  if (area.name !== "text") drawn.hidden = !text; // a part that was left empty is none
};

form.addEventListener("input", ({ target: area }) => {
  if (!area.matches("textarea[data-part]")) return;
  draw(area);
  clearTimeout(waits.get(area));
  waits.set(area, setTimeout(() => {
    renew(document.getElementById(area.dataset.countInto), area.dataset.count, [area.value]);
    renew(document.getElementById("bill"), form.dataset.bill, areas().map((each) => each.value));
  }, 250));
});

const pattern = form.querySelector("template[data-part]");
const button = form.querySelector("button[value=add]");
const add = () => {
  const number = areas().length;
  if (!button || number > Number(pattern.dataset.most)) return null;
  const made = document.createRange().createContextualFragment(
    pattern.innerHTML.replaceAll("__n__", number).replaceAll("__place__", number + 1),
  );
  const [part, seen] = made.children;
  [...form.querySelectorAll(".part")].at(-1).after(part);
  form.querySelector(".preview").append(seen);
  const area = part.querySelector("textarea");
  draw(area);
  return area;
};
button?.addEventListener("click", (event) => {
  event.preventDefault();
  add()?.focus();
});
// what was typed before in parts that this page doesn't have yet
form.addEventListener("kept", ({ detail: names }) => {
  for (const name of names) if (/^part_\d+$/.test(name) && !form.elements[name]) add();
});

for (const select of document.querySelectorAll("select[data-cards]")) {
  const show = () => {
    for (const card of document.querySelectorAll("[data-card]")) card.hidden = card.dataset.card !== select.value;
  };
  select.addEventListener("change", show);
  show();
}
areas().forEach(draw);
form.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || !event.target.matches("textarea")) return;
  event.preventDefault();
  form.requestSubmit(form.querySelector(".acts .btn-main"));
});
// what shows the same with one more page isn't needed here
for (const needless of document.querySelectorAll("[data-needless]")) needless.hidden = true;
