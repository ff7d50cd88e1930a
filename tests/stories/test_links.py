"""A marketer's link for a newsletter: written down with its address in sight, followed once, printed as a QR."""

from pathlib import Path
from xml.etree import ElementTree

import pytest
from playwright.sync_api import Page, expect

from tests.stories.conftest import Running, Visitors, eventually, sign_in
from tests.stories.eyes import assert_accessible
from tests.stories.machine import Machine
from tests.stories.tongues import Tongue


@pytest.fixture
def campaign(perchoir: Running, language: str) -> str:
    """The id of a campaign with a page online."""
    api = Machine(perchoir.url, perchoir.token())
    campaign = api.campaign(f"Lettres {language}")
    api.put_online(api.coupon(campaign), f"lettres-{language}", language)
    return str(campaign["id"])


def test_a_newsletters_link_is_made_followed_and_printed(
    perchoir: Running, visitors: Visitors, language: str, campaign: str, tmp_path: Path
) -> None:
    say, desk = Tongue(language), visitors.desk(language)
    sign_in(desk, perchoir, *perchoir.user("marketer", language))
    desk.goto(f"{perchoir.url}/campaigns/{campaign}/links/new")
    make(desk, say, language)
    address = desk.locator("#short").inner_text()
    assert address == f"{perchoir.url}/l/Lettre-{language}"
    assert_accessible(desk)

    reader = visitors.phone(language)
    reader.goto(address)
    assert f"utm_source=newsletter&utm_medium=email&utm_campaign=lettres-{language}&utm_content=une" in reader.url
    clicks = desk.locator("dl.figures dd").nth(1)
    eventually(lambda: desk.reload() and clicks.inner_text().startswith("1"))
    expect(desk.get_by_role("heading", name=say("Clicks by hour"))).to_be_visible()
    assert_accessible(desk)

    desk.get_by_role("button", name=say("Make its QR")).click()
    expect(desk.locator(".qr img")).to_have_js_property("complete", True)
    assert desk.locator(".qr img").evaluate("image => image.naturalWidth") > 0
    with desk.expect_download() as told:
        desk.get_by_role("link", name="SVG").click()
    told.value.save_as(tmp_path / told.value.suggested_filename)
    drawn = ElementTree.parse(tmp_path / told.value.suggested_filename).getroot()
    assert drawn.tag == "{http://www.w3.org/2000/svg}svg"
    desk.goto(f"{perchoir.url}/links?campaign_id={campaign}")
    expect(desk.locator("#rows tr")).to_have_count(2)
    assert_accessible(desk)


def make(desk: Page, say: Tongue, language: str) -> None:
    """First with a code that is taken by the product; the preview follows what is typed."""
    desk.get_by_label(say("Name"), exact=True).fill("Novembre")
    desk.get_by_label(say("Code"), exact=True).fill("robots")
    desk.get_by_label("utm_content", exact=True).fill("Une")
    expect(desk.locator("#preview code.tagged")).to_contain_text("utm_content=une")
    assert_accessible(desk)
    desk.get_by_role("button", name=say("Make the link")).click()
    expect(desk.locator("#code-error")).to_have_text(say.fault("code_reserved", word="robots"))
    expect(desk.get_by_label(say("Name"), exact=True)).to_have_value("Novembre")
    desk.get_by_label(say("Code"), exact=True).fill(f"Lettre-{language}")
    desk.get_by_role("button", name=say("Make the link")).click()
    expect(desk.get_by_role("status")).to_have_text(say("Made."))
    expect(desk.get_by_role("heading", level=1)).to_have_text("Novembre")
