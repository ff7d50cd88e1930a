// A curve to zoom into: <div data-zoom data-days="[…]" data-query="…"> around its drawings. Drag over it, or move
// with the arrow keys (Shift extends) and press Enter; Escape lets go. The page is loaded anew for that span; without a
// script the fields of days do the same.
for (const figure of document.querySelectorAll("div[data-zoom]")) {
  const days = JSON.parse(figure.dataset.days);
  const told = figure.querySelector("[data-zoom-told]");
  let from = null;
  let to = null;
  let marked = null;

  const drawing = () => [...figure.querySelectorAll("svg")].find((svg) => svg.getBoundingClientRect().width > 0);
  const ends = (svg) => [Number(svg.dataset.left), Number(svg.dataset.right)];
  const dayAt = (svg, clientX) => {
    const box = svg.getBoundingClientRect();
    const [left, right] = ends(svg);
    const x = ((clientX - box.left) / box.width) * svg.viewBox.baseVal.width;
    const place = ((x - left) / (right - left)) * (days.length - 1);
    return Math.max(0, Math.min(days.length - 1, Math.round(place)));
  };
  const span = () => [Math.min(from, to), Math.max(from, to)];
  const draw = () => {
    const svg = drawing();
    marked?.remove();
    marked = null;
    if (from === null) {
      told.textContent = "";
      return;
    }
    const [first, last] = span();
    const [left, right] = ends(svg);
    const at = (n) => left + ((right - left) * n) / Math.max(days.length - 1, 1);
    marked = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    marked.setAttribute("class", "zoomed");
    marked.setAttribute("x", at(first));
    marked.setAttribute("y", 0);
    marked.setAttribute("width", Math.max(at(last) - at(first), 2));
    marked.setAttribute("height", svg.viewBox.baseVal.height);
    svg.append(marked);
    told.textContent = `${days[first]} – ${days[last]}`;
  };
  const letGo = () => {
    from = to = null;
    draw();
  };
  const go = () => {
    const [first, last] = span();
    const query = new URLSearchParams(figure.dataset.query);
    query.delete("period");
    query.set("from", days[first]);
    query.set("to", days[last]);
    location.search = query.toString();
  };

  figure.addEventListener("pointerdown", (event) => {
    const svg = event.target.closest("svg");
    if (!svg || event.button !== 0) return;
    event.preventDefault();
    figure.focus();
    figure.setPointerCapture(event.pointerId);
    from = to = dayAt(svg, event.clientX);
    draw();
  });
  figure.addEventListener("pointermove", (event) => {
    if (from === null || !figure.hasPointerCapture(event.pointerId)) return;
    to = dayAt(drawing(), event.clientX);
    draw();
  });
  figure.addEventListener("pointerup", (event) => {
    if (!figure.hasPointerCapture(event.pointerId)) return;
    figure.releasePointerCapture(event.pointerId);
    if (from !== null && from !== to) go();
    else letGo();
  });
  figure.addEventListener("pointercancel", letGo);
  figure.addEventListener("keydown", (event) => {
    if (event.key === "Escape") letGo();
    else if (event.key === "Enter" && from !== null) go();
    else if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
      const step = event.key === "ArrowLeft" ? -1 : 1;
      to = Math.max(0, Math.min(days.length - 1, (to ?? days.length - 1 - step) + step));
      if (!event.shiftKey || from === null) from = to;
      draw();
    } else return;
    event.preventDefault();
  });
}
