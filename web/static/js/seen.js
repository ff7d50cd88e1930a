// Says once that this page is really seen, and which site led here; keeps nothing in the browser.
const query = location.search;

// what the server sent back (a form to be mended) knows already where the visit came from
for (const from of document.querySelectorAll("input[name=pc-from]")) {
  from.value ||= document.referrer || "-";
}

// the banner's answer leaves what is being typed where it is; without a script the page comes again
document.querySelector(".choose form")?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  const said = new URLSearchParams(new FormData(form, event.submitter));
  try {
    const answer = await fetch(location.href, { method: "POST", body: said });
    if (!answer.ok) throw new Error(answer.statusText);
    const next = new DOMParser().parseFromString(await answer.text(), "text/html");
    document.querySelector(".foot").replaceWith(next.querySelector(".foot"));
    form.closest(".choose").remove();
  } catch {
    const choice = Object.assign(document.createElement("input"), { type: "hidden", name: "pc-choice" });
    choice.value = event.submitter.value;
    form.append(choice);
    form.submit();
  }
});

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
