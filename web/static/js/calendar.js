// The calendar: a planned tweet is dragged to another day, or moved with Alt and an arrow. The page is loaded anew, so
// what stands there is what the server kept. Without a script each tweet has its menu.
const calendar = document.querySelector("[data-calendar]");
const mover = document.getElementById("cal-mover");
const told = document.getElementById("cal-told");
const STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };
let dragged = null;

const move = (item, day) => {
  if (item.closest("[data-day]").dataset.day === day) return;
  mover.action = item.dataset.tweet;
  mover.elements.on.value = day;
  told.textContent = told.dataset.moving.replace("…", day);
  mover.submit();
};

calendar.addEventListener("dragstart", (event) => {
  dragged = event.target.closest("[data-tweet]");
  if (dragged) event.dataTransfer.effectAllowed = "move";
});
calendar.addEventListener("dragend", () => {
  dragged = null;
  for (const day of calendar.querySelectorAll(".over")) day.classList.remove("over");
});
calendar.addEventListener("dragover", (event) => {
  const day = event.target.closest("[data-day]");
  if (!dragged || !day) return;
  event.preventDefault();
  for (const each of calendar.querySelectorAll(".over")) each.classList.toggle("over", each === day);
  day.classList.add("over");
});
calendar.addEventListener("drop", (event) => {
  const day = event.target.closest("[data-day]");
  if (!dragged || !day) return;
  event.preventDefault();
  move(dragged, day.dataset.day);
});
calendar.addEventListener("keydown", (event) => {
  const item = event.target.closest("[data-tweet]");
  if (!item || !event.altKey || !(event.key in STEPS)) return;
  event.preventDefault();
  const day = new Date(`${item.closest("[data-day]").dataset.day}T00:00Z`);
  day.setUTCDate(day.getUTCDate() + STEPS[event.key]);
  move(item, day.toISOString().slice(0, 10));
});
if (location.hash.startsWith("#t-")) document.getElementById(location.hash.slice(1))?.focus();
