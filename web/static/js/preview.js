// The page editor's live preview. In the page, and all there is without a script:
//   <button formaction="/pages/…/preview" formtarget="preview" formnovalidate data-preview>Refresh</button>
//   <iframe name="preview" sandbox="" title="…"></iframe>
// Each new drawing goes into a fresh frame that takes the old one's place when it is there: nothing flickers, and the
// Back button doesn't walk through previews.
const button = document.querySelector("button[data-preview]");
const form = button?.form;
let frame = button && document.querySelector(`iframe[name="${button.formTarget}"]`);
let timer;
let drawn = 0;

const draw = () => {
  const next = frame.cloneNode();
  next.removeAttribute("src");
  next.name = `preview-${++drawn}`;
  next.hidden = true;
  const mine = drawn;
  frame.after(next);
  button.formTarget = next.name;
  form.requestSubmit(button);
  // the empty document that a new frame begins with has loaded by now
  next.addEventListener("load", () => {
    if (mine !== drawn) {
      next.remove();
      return;
    }
    next.hidden = false;
    frame.remove();
    frame = next;
  }, { once: true });
};

if (frame && form) {
  button.hidden = true;
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(draw, 400);
  });
  draw();
}
