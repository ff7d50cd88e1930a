"""What a browser tells of the pages it is shown: its console, who was asked for what, how much came; and axe."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, Response, WebError
from playwright.sync_api import Error as BrowserError

AXE = (Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js").read_text()
HERE = ("localhost", "127.0.0.1", "")
DESK, PHONE = (1280, 900), (390, 844)
Look = tuple[tuple[int, int], Literal["dark", "light"]]
LOOKS: list[Look] = [
    (DESK, "dark"), (PHONE, "light"),
]  # fmt: skip
DRAWN = ["color-contrast", "link-in-text-block", "scrollable-region-focusable", "target-size"]
"""The rules whose answer changes with width and colours; the others are asked once a page."""

ASK = """async (rules) => {
  const only = rules ? {runOnly: {type: "rule", values: rules}} : {};
  const found = await axe.run(document, {...only, iframes: false, resultTypes: ["violations"]});
  return found.violations.flatMap(rule => rule.nodes.map(node => `${rule.id}: ${node.html} ${node.failureSummary}`));
}"""
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@dataclass
class Eyes:
    """Watches contexts. Complaints: errors and warnings of the console (a refused policy is one), and third parties.

    A page that answers 4xx is logged by the browser as an error: those are the story's own to expect.
    """

    complaints: list[str] = field(default_factory=list)
    documents: set[str] = field(default_factory=set)
    answers: list[Response] = field(default_factory=list)

    def watch(self, context: BrowserContext) -> None:
        context.on("request", self._asked)
        context.on("response", self._answered)
        context.on("console", self._told)
        context.on("weberror", self._failed)

    def bytes_of(self, page: Page) -> int:
        """What came for a page since the last time, headers included; forgets all that came before."""
        page.wait_for_load_state("networkidle")
        came, self.answers[:] = list(self.answers), []
        sizes = [answer.request.sizes() for answer in came if answer.frame.page == page]
        return sum(size["responseBodySize"] + size["responseHeadersSize"] for size in sizes)

    def _asked(self, request: Request) -> None:
        if request.is_navigation_request():
            self.documents.add(request.url.partition("#")[0])
        host = urlsplit(request.url).hostname or ""
        if host not in HERE:
            self.complaints.append(f"third party: {request.url}")

    def _answered(self, response: Response) -> None:
        self.answers.append(response)

    def _told(self, message: ConsoleMessage) -> None:
        at = message.location["url"].partition("#")[0]
        # Perchoir is asked as localhost: 127.0.0.1 is the payment page of the loopback Stripe
        if message.type not in ("error", "warning") or urlsplit(at).hostname == "127.0.0.1":
            return
        if message.text.startswith("Failed to load resource") and at in self.documents:
            return
        self.complaints.append(f"{at}: {message.text}")

    def _failed(self, error: WebError) -> None:
        self.complaints.append(f"{error.page.url if error.page else ''}: {error.error}")


def assert_accessible(page: Page, *, whole: bool = True) -> None:
    """axe finds nothing and nothing is cut off, as the page stands and, in English, wide and narrow, light and dark.

    The other language has the same colours and longer words: it is looked at on a phone for what those push out.
    """
    kept = page.viewport_size or {"width": DESK[0], "height": DESK[1]}
    faults = looked(page, "as it stands", None)
    in_english = page.locator("html").get_attribute("lang") == "en"
    looks: list[Look] = LOOKS if in_english else [(PHONE, "light")]
    for size, colours in looks if whole else []:
        if (size[0], colours) != (kept["width"], "light"):
            page.set_viewport_size({"width": size[0], "height": size[1]})
            page.emulate_media(color_scheme=colours)
            faults += looked(page, f"{size[0]} {colours}", DRAWN if in_english else [])
    page.set_viewport_size(kept)
    page.emulate_media(color_scheme="light")
    assert faults == [], f"{page.url}\n" + "\n".join(faults)


def looked(page: Page, how: str, rules: list[str] | None) -> list[str]:
    """What axe finds by some rules, by all of them (None), or none; and what is wider than the screen."""
    try:
        found, wide = _found(page, rules)
    except BrowserError:  # the next page came just then: it is the one to look at
        page.wait_for_load_state()
        found, wide = _found(page, rules)
    return [f"{how}: {fault}" for fault in found] + ([f"{how}: {wide} pixels too wide"] if wide > 0 else [])


def _found(page: Page, rules: list[str] | None) -> tuple[list[Any], int]:
    if rules != [] and not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    return page.evaluate(ASK, rules) if rules != [] else [], int(page.evaluate(TOO_WIDE))
