"""The pages that prospects see, on an installation with sample data, and how they are looked at."""

from __future__ import annotations

from typing import Any

import requests
from playwright.sync_api import Page

from tests.stories.conftest import ROOT, Running

AXE = ROOT / "node_modules/axe-core/axe.min.js"
SLUGS = ("first-year", "six-fridays", "six-vendredis")


def thanks(installation: Running, slug: str) -> str:
    """The address of a thanks page: the form was sent."""
    answer = requests.post(
        f"{installation.url}/p/{slug}", data={"email": "zoe@ecole.example"}, allow_redirects=False, timeout=10
    )
    assert answer.status_code == 303, answer.text
    return installation.url + answer.headers["Location"].removeprefix(installation.url)


def addresses(installation: Running) -> dict[str, str]:
    """What a prospect may come to see, by name."""
    pages = {slug: f"{installation.url}/p/{slug}" for slug in SLUGS}
    return pages | {"the code": thanks(installation, "first-year"), "the paper": thanks(installation, "six-fridays")}


def axe_findings(page: Page) -> list[str]:
    """What axe finds on the page as it stands: rule and element."""
    page.evaluate(AXE.read_text())
    # best practices too: a landmark or a heading that is missing is no fault by WCAG, and still one to a screen reader
    found: Any = page.evaluate("async () => (await axe.run(document)).violations")
    return [f"{each['id']}: {node['html'][:90]}" for each in found for node in each["nodes"]]
