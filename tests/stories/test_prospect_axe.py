"""axe finds nothing on the pages that prospects see, at each width, by day and by night; and they are light.

For the audit: test_prospect looks at the same pages, by axe, by weight and for what they ask and log, as it goes.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page

from tests.stories.conftest import Running, running
from tests.stories.looking import addresses, axe_findings

pytestmark = pytest.mark.audit
WIDTHS = (320, 390, 1280)
MOST_BYTES = 30_000


@pytest.fixture(scope="module")
def sampled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """An installation with sample data."""
    folder: Path = tmp_path_factory.mktemp("sampled")
    with running(folder, {}) as installation:
        installation.command("demo")
        yield installation


@pytest.fixture(scope="module")
def shown(sampled: Running) -> dict[str, str]:
    """What is looked at: the pages, their thanks, what isn't there, a link that has ended."""
    more = {"no page": "/p/nothing-here", "no link": "/l/nothing", "no token": "/d/nothing"}
    return addresses(sampled) | {name: sampled.url + path for name, path in more.items()}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(chromium: Browser, shown: dict[str, str], scheme: str) -> None:
    context = chromium.new_context(color_scheme=scheme)  # type: ignore[arg-type]
    page, found = context.new_page(), {}
    for name, address in shown.items():
        page.goto(address)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            found[name, width] = axe_findings(page)
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, f"{name} is {wide} px wide at {width}"
    context.close()
    assert {place: faults for place, faults in found.items() if faults} == {}


def test_axe_finds_nothing_on_a_form_with_faults(chromium: Browser, shown: dict[str, str]) -> None:
    context = chromium.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    for name in ("first-year", "six-vendredis"):
        page.goto(shown[name])
        page.locator("input[type=email]").fill("nobody")
        page.locator("form button[type=submit]").click()
        assert page.locator("[aria-invalid=true]").count() == 1
        assert axe_findings(page) == []
    context.close()


def weigh(page: Page, address: str) -> tuple[dict[str, int], set[str | None]]:
    """Bytes that went over the wire, by address, and the hosts that were asked."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    urls: dict[str, str] = {}
    sizes: dict[str, int] = {}
    session.on("Network.requestWillBeSent", lambda event: urls.update({event["requestId"]: event["request"]["url"]}))
    session.on(
        "Network.loadingFinished",
        lambda event: sizes.update({urls[event["requestId"]]: int(event["encodedDataLength"])}),
    )
    page.goto(address, wait_until="networkidle")
    return sizes, {urlsplit(url).hostname for url in urls.values()}


def test_each_page_is_light_asks_nobody_else_and_logs_nothing(chromium: Browser, shown: dict[str, str]) -> None:
    weights: dict[str, int] = {}
    hosts: set[str | None] = set()
    logged: list[str] = []
    for name, address in shown.items():
        if name.startswith("no "):
            continue
        context = chromium.new_context(viewport={"width": 390, "height": 844}, device_scale_factor=3)
        page = context.new_page()
        page.on("console", lambda message: logged.append(message.text))
        sizes, asked = weigh(page, address)
        weights[name], hosts = sum(sizes.values()), hosts | asked
        assert context.cookies() == []
        context.close()
    print(weights)
    assert min(weights.values()) > 1_000, "nothing was weighed"
    assert {name: weight for name, weight in weights.items() if weight > MOST_BYTES} == {}
    assert hosts == {"localhost"}
    assert [text for text in logged if "status of 40" not in text] == []
