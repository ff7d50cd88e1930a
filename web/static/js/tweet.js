// The composer's picture of the tweet while one types: the text as X shows it, and the card of the chosen offer.
// <textarea data-mirror="id of the text" data-words='{"1": "what stands for {link}"}' data-has-card>,
// <select data-cards="id">, elements with data-card="offer id".
for (const area of document.querySelectorAll("textarea[data-mirror]")) {
  const into = document.getElementById(area.dataset.mirror);
  const words = JSON.parse(area.dataset.words);
  const draw = () => {
    const text = area.value.trim();
    // an address at the end gives way to the card
    const bare = area.dataset.hasCard && text.endsWith("{link}") ? text.slice(0, -6).trimEnd() : text;
    const shown = bare.replaceAll(/\{link([2-4]?)\}/g, (_whole, place) => words[place || "1"] ?? "…");
    // hashtags and names as X marks them
    into.replaceChildren(
      ...shown.split(/((?<![\p{L}\p{N}_])[#@][\p{L}\p{N}_]+)/u).map((piece, n) => {
        if (n % 2 === 0) return piece;
        const tag = document.createElement("span");
        tag.className = "tag";
        tag.textContent = piece;
        return tag;
      }),
    );
  };
  area.addEventListener("input", draw);
  draw();
}
for (const select of document.querySelectorAll("select[data-cards]")) {
  const show = () => {
    for (const card of document.querySelectorAll("[data-card]")) card.hidden = card.dataset.card !== select.value;
  };
  select.addEventListener("change", show);
  show();
}
// what shows the same with one more page isn't needed here
for (const button of document.querySelectorAll("[data-needless]")) button.hidden = true;
