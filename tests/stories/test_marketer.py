"""A marketer at her desk: a campaign, its offers and pages; tweets, written, planned and published; the ledger."""

import io
import re
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from campaigns.adapters.system_clock import SystemClock
from campaigns.demo import pdf
from tests.stories.conftest import Running, Visitors, eventually, sign_in
from tests.stories.eyes import assert_accessible
from tests.stories.machine import Machine, come
from tests.stories.tongues import Tongue

PARIS = ZoneInfo("Europe/Paris")
CONSENT = "Écrivez-moi quand le numéro paraît."
TWEET = {"en": "Six Fridays, one newspaper 🦚\n\n", "fr": "Six Fridays, one newspaper, told in French 🦚\n\n"}
"""In words of its own in each language: the same twice are refused."""


def today() -> date:
    return SystemClock().now().astimezone(PARIS).date()


@pytest.fixture
def desk(perchoir: Running, visitors: Visitors, language: str) -> Page:
    """The marketer's page, signed in."""
    page = visitors.desk(language)
    sign_in(page, perchoir, *perchoir.user("marketer", language))
    expect(page.locator("html")).to_have_attribute("lang", language)
    return page


@pytest.fixture
def say(language: str) -> Tongue:
    return Tongue(language)


@pytest.fixture(scope="module")
def api(perchoir: Running) -> Machine:
    return Machine(perchoir.url, perchoir.token())


def press(page: Page, name: str) -> None:
    """The first button of this name."""
    page.get_by_role("button", name=name, exact=True).first.click()


def follow(page: Page, name: str) -> None:
    page.get_by_role("link", name=name).first.click()


def fill(page: Page, say: Tongue, values: dict[str, str]) -> None:
    """Fields by their labels; a list's by the value of the choice."""
    for label, value in values.items():
        field = page.get_by_label(say(label), exact=True)
        if field.evaluate("node => node.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)


def test_a_marketer_plans_a_campaign_with_its_offers_and_their_pages(
    desk: Page, say: Tongue, perchoir: Running, visitors: Visitors, tmp_path: Path
) -> None:
    home = desk.url
    assert_accessible(desk)
    desk.goto(f"{perchoir.url}/campaigns/new")
    make_campaign(desk, say, f"Premier numéro {say.locale}")
    follow(desk, say("Offer a white paper"))
    make_paper(desk, say, tmp_path)
    follow(desk, say("New page"))
    address = make_page(desk, say, f"six-vendredis-{say.locale}")
    follow(desk, f"Premier numéro {say.locale}")
    follow(desk, say("New coupon"))
    make_coupon(desk, say)
    fill(desk, say, {"Address": f"trente-{say.locale}"})
    press(desk, say("Put online"))
    expect(desk.get_by_role("status")).to_contain_text(say("The page is online."))

    follow(desk, f"Premier numéro {say.locale}")
    expect(desk.get_by_role("table")).to_have_count(2)
    assert_accessible(desk)
    desk.goto(home)
    stranger = visitors.phone(say.locale)
    assert stranger.goto(address).ok  # type: ignore[union-attr]
    expect(stranger.get_by_role("img").first).to_have_js_property("complete", True)
    expect(stranger.get_by_text(CONSENT)).to_be_visible()


def make_campaign(desk: Page, say: Tongue, name: str) -> None:
    """First with days the wrong way round and a budget nobody can read: told beside the fields, nothing lost."""
    ends = today() + timedelta(days=20)
    fill(desk, say, {
        "Name": name, "Goal": "Cent écoles", "Leads wanted": "100", "First day": ends.isoformat(),
        "Last day": today().isoformat(), "Budget": "a lot", "Currency": "EUR",
    })  # fmt: skip
    press(desk, say("Go on to the offer"))
    expect(desk.locator("#budget-error")).to_have_text(say.fault("amount_unreadable"))
    expect(desk.locator("#ends_on-error")).to_have_text(say.fault("end_before_start", start=ends))
    expect(desk.get_by_label(say("Name"), exact=True)).to_have_value(name)
    expect(desk.get_by_label(say("Budget"), exact=True)).to_have_value("a lot")
    assert_accessible(desk)
    fill(desk, say, {"First day": today().isoformat(), "Last day": ends.isoformat(), "Budget": "1500"})
    press(desk, say("Go on to the offer"))
    expect(desk.get_by_role("heading", level=1)).to_have_text(name)


def make_paper(desk: Page, say: Tongue, folder: Path) -> None:
    """First a text that is called a PDF."""
    fill(desk, say, {"Title": "Six vendredis"})
    press(desk, say("Go on to the PDF"))
    fake, real = folder / "plan.pdf", folder / "six-vendredis.pdf"
    fake.write_text("Not a PDF at all.")
    real.write_bytes(pdf("Six vendredis", 4))
    desk.get_by_label(say("White paper, as a PDF")).set_input_files(fake)
    press(desk, say("Upload the PDF"))
    expect(desk.locator("#paper-error")).to_have_text(say.fault("paper_not_pdf"))
    expect(desk.get_by_label(say("Title"), exact=True)).to_have_value("Six vendredis")
    assert_accessible(desk)
    desk.get_by_label(say("White paper, as a PDF")).set_input_files(real)
    press(desk, say("Upload the PDF"))
    expect(desk.get_by_role("status")).to_contain_text(say("Uploaded."))
    expect(desk.locator("dl.facts dd").nth(1)).to_have_text("4")
    cover = desk.get_by_alt_text(say("Its first page"))
    eventually(lambda: cover.evaluate("picture => picture.naturalWidth") > 100)


def make_page(desk: Page, say: Tongue, slug: str) -> str:
    """Seen as it is typed; first without a headline; then with a picture; its address online."""
    preview = desk.frame_locator(".phone iframe:not([hidden])").last
    fill(desk, say, {"Headline": "", "Text": "## Dedans\n\n- un plan", "Address": slug, "Language": say.locale})
    expect(preview.get_by_role("heading", name="Dedans")).to_be_visible()
    press(desk, say("Add a consent"))
    fill(desk, say, {"What they agree to": CONSENT, "Purpose, in a word": "news"})
    press(desk, say("Put online"))
    expect(desk.locator("#headline-error")).to_have_text(say.fault("required"))
    expect(desk.get_by_label(say("What they agree to"))).to_have_value(CONSENT)
    fill(desk, say, {"Headline": "Six vendredis, un journal"})
    expect(preview.get_by_role("heading", level=1)).to_have_text("Six vendredis, un journal")
    expect(preview.get_by_text(CONSENT)).to_be_visible()
    assert_accessible(desk)
    press(desk, say("Save the page"))
    picture = io.BytesIO()
    Image.new("RGB", (1200, 600), "#ffc94d").save(picture, "PNG")
    desk.get_by_label(say("Picture"), exact=True).last.set_input_files(
        {"name": "cover.png", "mimeType": "image/png", "buffer": picture.getvalue()}
    )
    fill(desk, say, {"What the picture shows": "Une grande page jaune"})
    press(desk, say("Upload the picture"))
    expect(desk.get_by_role("button", name=say("Take the picture out"))).to_be_visible()
    press(desk, say("Put online"))
    expect(desk.get_by_role("status")).to_contain_text(say("The page is online."))
    address = desk.get_by_role("link", name=say("See it online")).get_attribute("href")
    assert address is not None
    assert address.endswith(f"/p/{slug}")
    return address


def make_coupon(desk: Page, say: Tongue) -> None:
    """First with a percentage and an amount."""
    fill(desk, say, {
        "Title": "30 % la première année", "Percent off": "30", "Or an amount off": "20", "Full price": "210",
        "Currency": "EUR", "Number of codes": "50", "Last day": (today() + timedelta(days=20)).isoformat(),
    })  # fmt: skip
    press(desk, say("Go on to its page"))
    expect(desk.locator("#errors")).to_contain_text(say.fault("percent_or_amount"))
    expect(desk.get_by_label(say("Number of codes"))).to_have_value("50")
    assert_accessible(desk)
    fill(desk, say, {"Or an amount off": ""})
    press(desk, say("Go on to its page"))
    expect(desk.get_by_label(say("Headline"), exact=True)).to_have_value("30 % la première année")


def test_a_marketer_writes_plans_and_publishes_tweets(
    desk: Page, say: Tongue, perchoir: Running, api: Machine, visitors: Visitors
) -> None:
    offer = api.coupon(api.campaign(f"Tweets {say.locale}"))
    api.put_online(offer, f"tweets-{say.locale}", say.locale)
    compose = f"{perchoir.url}/tweets/new?campaign_id={offer['campaign_id']}"
    desk.goto(compose)
    write(desk, say)
    plan(desk, say)
    publish(desk, say)
    follow(desk, say("See it on the wall"))
    tweet = desk.get_by_role("article").filter(has_text="Six Fridays, one newspaper").first
    expect(tweet).to_be_visible()
    assert_accessible(desk)
    with desk.expect_popup() as opened:
        tweet.locator(".tweet-text a").click()
    expect(opened.value.get_by_role("heading", level=1)).to_contain_text(re.compile(r"30\s?% off your first year"))

    desk.goto(compose)
    desk.get_by_label(say("Text"), exact=True).fill("By hand this time {link}")
    press(desk, say("Save the draft"))
    post_it_herself(desk, say, "1" if say.locale == "en" else "2")
    desk.goto(f"{perchoir.url}/tweets?campaign_id={offer['campaign_id']}")
    expect(desk.locator("tbody tr")).to_have_count(2)
    assert_accessible(desk)


def test_a_thread_is_written_part_by_part_and_outlives_a_closed_tab(
    desk: Page, say: Tongue, perchoir: Running, api: Machine
) -> None:
    offer = api.coupon(api.campaign(f"A thread {say.locale}"))
    api.put_online(offer, f"a-thread-{say.locale}", say.locale)
    without_offer = api.campaign(f"No offer {say.locale}")
    # whatever a script complains of fails the story
    desk.goto(f"{perchoir.url}/tweets/new?campaign_id={without_offer['id']}")
    expect(desk.get_by_text(say("No offer yet"))).to_be_visible()
    compose = f"{perchoir.url}/tweets/new?campaign_id={offer['campaign_id']}"
    desk.goto(compose)
    bill = desk.locator("#bill .sum dd")
    desk.get_by_label(say("Text"), exact=True).fill(f"One, told in {say.locale} {{link}}")
    press(desk, say("Add a part"))
    part = desk.get_by_label(say("Part %(number)s", number=2), exact=True)
    expect(part).to_be_focused()
    part.fill("Two, without its link")
    fill(desk, say, {"Day and time": f"{today() + timedelta(days=2)}T10:00"})
    expect(bill).to_contain_text(re.compile(r"0[.,]215"))
    assert_accessible(desk)
    desk.goto(f"{perchoir.url}/tweets")
    pressed = f"{today() + timedelta(days=3)}T09:00"  # another day, in the calendar: what is kept doesn't override it
    desk.goto(f"{compose}&at={pressed}")
    expect(desk.get_by_label(say("Day and time"))).to_have_value(pressed)
    desk.goto(compose)
    expect(desk.locator("[data-kept]")).to_be_visible()
    expect(part).to_have_value("Two, without its link")
    press(desk, say("Save the draft"))
    expect(desk.locator("#drawn")).to_contain_text("One, told in")
    follow(desk, say("Edit"))
    expect(part).to_have_value("Two, without its link")
    part.fill("")
    expect(bill).to_contain_text(re.compile(r"0[.,]20"))
    press(desk, say("Save the draft"))
    follow(desk, say("Edit"))
    expect(part).to_have_count(0)
    desk.goto(compose)
    expect(desk.locator("[data-kept]")).to_be_hidden()


def write(desk: Page, say: Tongue) -> None:
    """X's own count as she types; too long and without a link is refused, and her words stay."""
    text, count = desk.get_by_label(say("Text"), exact=True), desk.locator("#count")
    text.fill(TWEET[say.locale] + "{link}")
    # 23 for the link, 2 for the bird
    expect(count).to_contain_text(re.compile(rf"^\s*{len(TWEET[say.locale]) + 1 + 23}\D+280"))
    expect(desk.locator("#drawn")).to_contain_text("Six Fridays")
    assert_accessible(desk)
    for typed, fault in (
        ("a" * 280 + " {link}", say.fault("text_too_long", weight=304, over=24)),
        ("No link at all", say.fault("link_missing")),
    ):
        text.fill(typed)
        press(desk, say("Save the draft"))
        expect(desk.locator("#text-error")).to_have_text(fault)
        expect(text).to_have_value(typed)
    assert_accessible(desk, whole=False)
    text.fill(TWEET[say.locale] + "{link}")


def plan(desk: Page, say: Tongue) -> None:
    """For tomorrow at nine where she lives, then for half past ten, then not at all."""
    tomorrow = today() + timedelta(days=1)
    nine = datetime(tomorrow.year, tomorrow.month, tomorrow.day, 9, tzinfo=PARIS)
    fill(desk, say, {"Day and time": f"{tomorrow}T09:00"})
    expect(desk.get_by_label(say("Time zone"))).to_have_value("Europe/Paris")
    press(desk, say("Schedule the tweet"))
    head = desk.locator(".page-head")
    expect(head).to_contain_text(say("Scheduled"))
    assert moment(head.locator("time").first) == nine
    fill(desk, say, {"Day and time": f"{tomorrow}T10:30"})
    press(desk, say("Reschedule the tweet"))
    expect(desk.get_by_label(say("Day and time"))).to_have_value(f"{tomorrow}T10:30")
    assert moment(head.locator("time").first) == nine + timedelta(minutes=90)
    assert_accessible(desk)
    press(desk, say("Cancel the sending"))
    expect(head).to_contain_text(say("Draft"))


def moment(time: Any) -> datetime:
    return datetime.fromisoformat(str(time.get_attribute("datetime")))


def publish(desk: Page, say: Tongue) -> None:
    """Now; the worker has its own rhythm, and the page says what it knows each time."""
    press(desk, say("Publish now"))
    sent = desk.locator(".page-head .state").filter(has_text=re.compile(f"^{say('Sent')}$"))
    eventually(lambda: bool(desk.reload() and sent.count()))
    assert_accessible(desk)


def post_it_herself(desk: Page, say: Tongue, number: str) -> None:
    """She copies the text, posts it, and pastes the address of what X made of it; first a wrong one."""
    whole = desk.get_by_label(say("The whole text, with its link")).input_value()
    press(desk, say("Copy the text"))
    expect(desk.get_by_role("button", name=say("Copied"))).to_be_visible()
    assert desk.evaluate("navigator.clipboard.readText()") == whole
    filled = desk.get_by_role("link", name=say("Open X with it filled in")).get_attribute("href")
    assert filled is not None
    assert filled.startswith("https://x.com/intent/post?text=By%20hand")
    fill(desk, say, {"The tweet’s address on X": "https://example.org/status/1"})
    press(desk, say("It is posted"))
    expect(desk.locator("#url-error")).to_have_text(say.fault("not_a_tweet_url"))
    expect(desk.get_by_label(say("The tweet’s address on X"))).to_have_value("https://example.org/status/1")
    assert_accessible(desk, whole=False)
    fill(desk, say, {"The tweet’s address on X": f"https://x.com/feuillet/status/199000000000000000{number}"})
    press(desk, say("It is posted"))
    expect(desk.locator(".page-head")).to_contain_text(say("by hand"))


def test_a_marketer_reads_in_the_ledger_what_each_tweet_brought(
    desk: Page, say: Tongue, perchoir: Running, api: Machine, visitors: Visitors
) -> None:
    campaign = api.campaign(f"Ledger {say.locale}")
    offer = api.coupon(campaign)
    slug = f"ledger-{say.locale}"
    api.put_online(offer, slug)
    tweets = [api.tweet_out(offer, f"Tweet {number} {{link}}") for number in (1, 2)]
    eventually(lambda: all(api.state_of(tweet) == "sent" for tweet in tweets))
    come_and_pay(visitors, tweets[0]["link"]["url"], f"ana-{slug}@ecole.example")
    come(tweets[1]["link"]["url"], f"bo-{slug}@ecole.example")
    come(f"{perchoir.url}/p/{slug}", f"cy-{slug}@ecole.example")

    def ledger(part: str) -> list[list[int]]:
        """Hits, clicks, visits, leads, sales, cents of each row."""
        return [figures(row) for row in desk.locator(f"table.ledger {part} tr").all()]

    def has_come() -> bool:
        """A hit is in the report within a second of the click, not before the next page."""
        desk.goto(f"{perchoir.url}/campaigns/{campaign['id']}")
        return all(row[0] for row in ledger("tbody"))

    eventually(has_come)
    rows = ledger("tbody")
    rest, total = ledger("tfoot")
    assert sorted(row[:2] + row[3:] for row in rows) == [[1, 1, 1, 0, 0], [1, 1, 1, 1, 14_700]]
    assert rest[:2] + rest[3:] == [0, 0, 1, 0, 0]
    assert total == [sum(column) for column in zip(*rows, rest, strict=True)]
    assert_accessible(desk)
    desk.goto(f"{perchoir.url}/impact")
    assert_accessible(desk)


def come_and_pay(visitors: Visitors, url: str, email: str) -> None:
    """A prospect follows a link, fills the form, and pays."""
    phone = visitors.phone()
    phone.goto(url)
    phone.get_by_label("E-mail address").fill(email)
    phone.get_by_role("button", name="Show me the code").click()
    phone.get_by_role("button", name="Use it now").click()
    phone.get_by_role("button", name="Pay").click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("Paid, thank you")


def figures(row: Any) -> list[int]:
    """The numbers of a row; money in cents."""
    return [int(re.sub(r"\D", "", text) or 0) for text in row.locator("td:not(.led-rate)").all_inner_texts()]
