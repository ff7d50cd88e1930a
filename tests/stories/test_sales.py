"""Sales at the desk: finds leads, works one, enters what it brought, corrects it, and takes them away as a file."""

import csv
import io
import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from playwright.sync_api import Page, expect

from campaigns.adapters.system_clock import SystemClock
from tests.stories.conftest import Running, Visitors, eventually, sign_in
from tests.stories.eyes import assert_accessible
from tests.stories.machine import Machine, come
from tests.stories.tongues import Tongue


@pytest.fixture
def say(language: str) -> Tongue:
    return Tongue(language)


@pytest.fixture
def desk(perchoir: Running, visitors: Visitors, language: str) -> Page:
    page = visitors.desk(language)
    sign_in(page, perchoir, *perchoir.user("sales", language))
    return page


@pytest.fixture(scope="module")
def api(perchoir: Running) -> Machine:
    return Machine(perchoir.url, perchoir.token())


def made(api: Machine, name: str) -> tuple[Any, Any]:
    """A campaign with two leads, Ana by its tweet and Bo by himself; the campaign and the tweet."""
    campaign = api.campaign(name)
    paper = api.paper(campaign)
    slug = name.lower().replace(" ", "-")
    page = api.put_online(paper, slug)
    tweet = api.tweet_out(paper, "The plan of six Fridays {link}")
    eventually(lambda: api.state_of(tweet) == "sent")
    come(tweet["link"]["url"], f"ana-{slug}@ecole.example", school="Élan")
    come(page["url"], f"bo-{slug}@ecole.example", school="=Diwan")
    return campaign, tweet


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).first.click()


def test_sales_finds_a_lead_works_it_and_enters_what_it_brought(
    desk: Page, say: Tongue, perchoir: Running, api: Machine
) -> None:
    campaign, _ = made(api, f"Won {say.locale}")
    desk.goto(f"{perchoir.url}/leads")
    assert_accessible(desk)
    find(desk, say, campaign["name"])
    desk.get_by_role("rowheader").filter(has_text="ana-won").get_by_role("link").click()
    expect(desk.locator(".trail li")).to_have_count(4)  # tweet, click, form, paper
    expect(desk.locator(".credit")).to_contain_text("The plan of six Fridays")
    assert_accessible(desk)
    desk.locator("#state").select_option("qualified")
    desk.locator("#note").fill("A call on Monday")
    press(desk, say("Save the state"))
    expect(desk.locator(".page-head")).to_contain_text(say("Qualified"))
    expect(desk.locator(".noted-list").last).to_contain_text("A call on Monday")
    enter(desk, say)
    page = f"{perchoir.url}/campaigns/{campaign['id']}"
    assert_ledger_shows(desk, page, 120_000)
    desk.go_back()
    desk.get_by_label(say("Amount"), exact=True).fill("1000")
    press(desk, say("Correct the sale"))
    expect(desk.get_by_text(say("Corrections"))).to_be_visible()
    assert_accessible(desk)
    assert_ledger_shows(desk, page, 100_000)
    assert_accessible(desk)


def find(desk: Page, say: Tongue, campaign: str) -> None:
    """By campaign, by day, by state and by a word of what was answered."""
    desk.get_by_label(say("Campaign"), exact=True).select_option(label=campaign)
    press(desk, say("Filter"))
    expect(desk.locator("#rows tr")).to_have_count(2)
    yesterday = (SystemClock().now().astimezone(ZoneInfo("Europe/Paris")) - timedelta(days=1)).date().isoformat()
    desk.get_by_label(say("To"), exact=True).fill(yesterday)
    press(desk, say("Filter"))
    expect(desk.get_by_role("heading", name=say("No lead in this view"))).to_be_visible()
    assert_accessible(desk)
    desk.get_by_label(say("To"), exact=True).fill("")
    desk.get_by_label(say("From"), exact=True).fill(yesterday)
    press(desk, say("Filter"))
    expect(desk.locator("#rows tr")).to_have_count(2)
    states = desk.get_by_role("navigation", name=say("State"))
    states.get_by_role("link", name=say("Lost")).click()
    expect(desk.locator("#rows tr")).to_have_count(0)
    states.get_by_role("link", name=say("New")).click()
    desk.get_by_label(say("Search the leads")).fill("élan")
    press(desk, say("Filter"))
    expect(desk.locator("#rows tr")).to_have_count(1)
    assert_accessible(desk)


def enter(desk: Page, say: Tongue) -> None:
    """First an amount that nobody can read."""
    amount = desk.get_by_label(say("Amount"), exact=True)
    amount.fill("a lot")
    desk.locator("#sale-note").fill("Twelve classes")
    press(desk, say("Enter the sale"))
    expect(desk.locator("#amount-error")).to_have_text(say.fault("amount_unreadable"))
    expect(amount).to_have_value("a lot")
    expect(desk.locator("#sale-note")).to_have_value("Twelve classes")
    assert_accessible(desk, whole=False)
    amount.fill("1200")
    press(desk, say("Enter the sale"))
    expect(desk.get_by_role("status")).to_contain_text(say("The sale is entered."))
    expect(desk.locator(".page-head")).to_contain_text(say("Won"))


def assert_ledger_shows(desk: Page, page: str, cents: int) -> None:
    """The tweet's row: one lead, one sale, and the money, which is also the whole."""
    desk.goto(page)
    row, total = desk.locator("table.ledger tbody tr"), desk.locator("table.ledger tfoot tr").last
    expect(row).to_have_count(1)
    expect(row.locator(".led-leads")).to_have_text("1")
    expect(row.locator(".led-sales")).to_have_text("1")
    for each in (row, total):
        assert re.sub(r"\D", "", each.locator(".led-money").inner_text()) == str(cents)


def test_sales_takes_the_leads_away_and_then_only_the_new_ones(
    desk: Page, say: Tongue, perchoir: Running, api: Machine
) -> None:
    campaign, tweet = made(api, f"Files {say.locale}")
    desk.goto(f"{perchoir.url}/leads?campaign_id={campaign['id']}")
    desk.get_by_role("link", name=say("Download")).click()
    assert_accessible(desk)
    content = take(desk, say, "csv")
    assert content.startswith(b"\xef\xbb\xbf") is (say.locale == "fr")
    leads = read(content, ";" if say.locale == "fr" else ",")
    assert {address.partition("-")[0] for address in leads} == {"ana", "bo"}
    assert any("'=Diwan" in row for row in leads.values())
    desk.reload()
    expect(desk.get_by_role("table").first).to_contain_text("Tom Le Goff")
    sheet = openpyxl.load_workbook(io.BytesIO(take(desk, say, "xlsx")), read_only=True).active
    assert sheet is not None
    assert len(list(sheet.iter_rows())) == 3

    come(tweet["link"]["url"], f"cy-files-{say.locale}@ecole.example")
    desk.reload()
    desk.locator("input[name=which][value=new]").check()
    fresh = read(take(desk, say, "csv"), ";" if say.locale == "fr" else ",")
    assert set(fresh) == {f"cy-files-{say.locale}@ecole.example"}
    assert_accessible(desk)


def take(desk: Page, say: Tongue, kind: str) -> bytes:
    desk.locator(f"input[name=format][value={kind}]").check()
    with desk.expect_download() as download:
        press(desk, say("Download"))
    assert download.value.suggested_filename.endswith(f".{kind}")
    return Path(download.value.path()).read_bytes()


def read(content: bytes, separator: str) -> dict[str, list[str]]:
    """The rows of a CSV by their address."""
    _, *found = csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=separator)
    return {next(cell for cell in row if "@" in cell): row for row in found}
