// Says once that this page is really seen, and which site led here; keeps nothing in the browser.
const from = document.querySelector("input[name=pc-from]");
const query = location.search;

// what the server sent back (a form to be mended) knows already where the visit came from
if (from && !from.value) {
  from.value = document.referrer || "-";
}

// the same visit goes on in the page's other language
for (const other of document.querySelectorAll("header a[hreflang]")) {
  other.search = query;
}

function tell() {
  const [arrival] = performance.getEntriesByType("navigation");
  if (arrival && (arrival.type === "reload" || arrival.type === "back_forward")) return;
  const where = `${location.pathname}/seen${query}`;
  const told = new URLSearchParams({ referrer: document.referrer });
  if (!(navigator.sendBeacon && navigator.sendBeacon(where, told))) {
    fetch(where, { method: "POST", body: told, keepalive: true }).catch(() => {});
  }
}

// a browser may draw a page ahead that nobody ever looks at
if (document.prerendering) {
  document.addEventListener("prerenderingchange", tell, { once: true });
} else {
  tell();
}
