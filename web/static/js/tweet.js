// The composer's picture of the tweet while one types: the text as X shows it, and the card of the chosen offer.
// <textarea data-mirror="id of the text">, <select data-cards="id">, elements with data-card="offer id".
for (const area of document.querySelectorAll("textarea[data-mirror]")) {
  const into = document.getElementById(area.dataset.mirror);
  const draw = () => {
    const text = area.value.trim();
    // an address at the end gives way to the card
    const shown = text.endsWith("{link}") ? text.slice(0, -6).trimEnd() : text;
    // hashtags and names as X marks them
    into.replaceChildren(
      ...shown.replaceAll(/\{link[2-4]?\}/g, "…").split(/((?<![\p{L}\p{N}_])[#@][\p{L}\p{N}_]+)/u).map((piece, n) => {
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
