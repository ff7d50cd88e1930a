"""A prospect on a phone, in X's app: follows a tweet's link, is told what to mend, and gets what was promised."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from playwright.sync_api import Page, expect

from campaigns.adapters.system_clock import SystemClock
from campaigns.capturing.deliveries import PURPOSE
from campaigns.demo import pdf
from tests.stories.conftest import Running, Visitors, eventually, sign_in
from tests.stories.eyes import assert_accessible
from tests.stories.machine import CONSENTS, IPHONE, Machine
from tests.stories.tongues import Tongue

MOST_BYTES = 30_000
DOCUMENT = pdf("Six Fridays", 3)
WAYS = ["en", "fr", "without-script"]
CONSENT = CONSENTS[0]["text"]


@pytest.fixture
def say(language: str) -> Tongue:
    return Tongue(language)


@pytest.fixture(scope="module")
def shop(perchoir: Running) -> dict[str, Any]:
    """A coupon and a white paper, each with a page and a tweet in both languages: offer and tweet by their names."""
    api = Machine(perchoir.url, perchoir.token())
    made: dict[str, Any] = {}
    for locale in ("en", "fr"):
        campaign = api.campaign(f"Shop {locale}")
        offers = {"coupon": api.coupon(campaign, stock=50), "paper": api.paper(campaign, DOCUMENT)}
        for kind, offer in offers.items():
            api.put_online(offer, f"{kind}-{locale}", locale)
            made[f"{kind}-{locale}"] = api.tweet_out(offer, f"Look {{link}} {kind} {locale}")
    eventually(lambda: all(api.state_of(tweet) == "sent" for tweet in made.values()))
    return made


@pytest.mark.parametrize("language, script", [("en", True), ("fr", True), ("fr", False)], ids=WAYS)
def test_a_prospect_gets_a_code_and_pays_with_it(
    perchoir: Running, visitors: Visitors, shop: dict[str, Any], say: Tongue, script: bool
) -> None:
    tweet, email = shop[f"coupon-{say.locale}"], f"claire-{say.locale}-{script}@ecole.example".lower()
    phone = visitors.phone(say.locale, java_script_enabled=script)
    arrive(phone, visitors, tweet["link"]["url"], f"/p/coupon-{say.locale}")
    fill_wrongly_then_rightly(phone, say, email, script=script)
    phone.get_by_role("button", name=say("Show me the code")).click()
    expect(phone.get_by_role("heading", level=1)).to_have_text(say("Here is your code"))
    code = phone.locator("output").inner_text()
    assert code.startswith("OFFY-")
    if script:
        copy(phone, say, code)
        assert_accessible(phone)
    phone.get_by_role("button", name=re.compile(r"147")).click()
    if script:
        assert_accessible(phone)
    phone.get_by_role("button", name=re.compile(r"147")).click()
    expect(phone.get_by_role("heading", level=1)).to_have_text(say("Paid, thank you"))
    expect(phone.locator("body")).to_contain_text(code)
    if script:
        assert_accessible(phone)
    assert code in letter(perchoir, visitors, say, email)


def arrive(phone: Page, visitors: Visitors, link: str, path: str) -> None:
    """By a redirect that no cache keeps, to a page that is tagged, light, and asks nobody else."""
    told = requests.get(link, headers={"User-Agent": IPHONE}, allow_redirects=False, timeout=10)
    assert told.status_code == 302
    assert told.headers["Cache-Control"] == "private, no-store"
    assert "Set-Cookie" not in told.headers
    phone.goto(link)
    came = visitors.eyes.bytes_of(phone)
    assert 3_000 < came < MOST_BYTES
    address = urlsplit(phone.url)
    tags = parse_qs(address.query)
    assert address.path == path
    assert tags["utm_source"] == ["twitter"]
    assert tags["utm_medium"] == ["social"]
    assert tags["utm_content"][0].startswith("t-")
    assert phone.context.cookies() == []


def fill_wrongly_then_rightly(phone: Page, say: Tongue, email: str, *, script: bool) -> None:
    """Told beside the field; the rest of what was typed and ticked is still there, also after the second time."""
    if script:
        assert_accessible(phone)
    address = phone.get_by_label("E-mail address")
    for wrong, fault in (("", say.fault("required")), ("claire@", say.fault("email_malformed"))):
        address.fill(wrong)
        phone.get_by_label("Your school").fill("École Élan")
        phone.get_by_label(CONSENT).check()
        phone.locator("button.go").click()
        expect(phone.locator("#email-e")).to_have_text(fault)
        expect(address).to_have_value(wrong)
        expect(address).to_have_attribute("aria-invalid", "true")
        expect(phone.get_by_label("Your school")).to_have_value("École Élan")
        expect(phone.get_by_label(CONSENT)).to_be_checked()
    if script:
        assert_accessible(phone)
    assert "via=" in phone.url
    address.fill(email)


def copy(phone: Page, say: Tongue, code: str) -> None:
    phone.context.grant_permissions(["clipboard-read", "clipboard-write"])
    phone.get_by_role("button", name=say("Copy the code")).click()
    expect(phone.get_by_role("button", name=say("Copied"))).to_be_visible()
    assert phone.evaluate("navigator.clipboard.readText()") == code


def letter(perchoir: Running, visitors: Visitors, say: Tongue, email: str) -> str:
    """What the mailbox of the rehearsal has for an address, as the administrator reads it."""
    desk = visitors.desk(say.locale)
    sign_in(desk, perchoir, *perchoir.user("admin", say.locale))
    row = desk.get_by_role("row").filter(has_text=email)
    eventually(lambda: bool(desk.goto(f"{perchoir.url}/rehearsal/mailbox") and row.count()))
    assert_accessible(desk)
    row.first.get_by_role("link").click()
    expect(desk.locator("dl.facts")).to_contain_text(email)
    assert_accessible(desk)
    return desk.locator("pre.letter-text").inner_text()


@pytest.mark.parametrize("language, script", [("en", True), ("fr", True), ("en", False)], ids=WAYS)
def test_a_prospect_downloads_the_paper_at_once_and_finds_it_in_the_mail(
    perchoir: Running, visitors: Visitors, shop: dict[str, Any], say: Tongue, script: bool
) -> None:
    tweet, email = shop[f"paper-{say.locale}"], f"mael-{say.locale}-{script}@ecole.example".lower()
    phone = visitors.phone(say.locale, java_script_enabled=script)
    arrive(phone, visitors, tweet["link"]["url"], f"/p/paper-{say.locale}")
    fill_wrongly_then_rightly(phone, say, email, script=script)
    phone.get_by_role("button", name=say("Send me the guide")).click()
    expect(phone.get_by_role("heading", level=1)).to_have_text(say("Here is your copy"))
    if script:
        assert_accessible(phone)
    with phone.expect_download() as download:
        phone.get_by_role("link", name=say("Download the PDF")).click()
    assert Path(download.value.path()).read_bytes() == DOCUMENT
    [by_mail] = re.findall(rf"{perchoir.url}/d/\S+", letter(perchoir, visitors, say, email))
    answer = requests.get(by_mail, timeout=10)
    assert (answer.status_code, answer.content) == (200, DOCUMENT)


def test_a_download_link_that_is_no_longer_or_never_was_ours_gives_nothing(
    perchoir: Running, visitors: Visitors, shop: dict[str, Any], say: Tongue
) -> None:
    email = f"nora-{say.locale}@ecole.example"
    phone = visitors.phone(say.locale)
    phone.goto(shop[f"paper-{say.locale}"]["link"]["url"])
    phone.get_by_label("E-mail address").fill(email)
    phone.get_by_role("button", name=say("Send me the guide")).click()
    good = phone.get_by_role("link", name=say("Download the PDF")).get_attribute("href")
    assert good is not None
    token, claim = good.removeprefix("/d/"), parse_qs(urlsplit(phone.url).query)["claim"][0]
    with perchoir.world() as world:
        now = SystemClock().now()
        value, _ = world.signer.read(PURPOSE, token, now, 60)
        old = world.signer.sign(PURPOSE, value, now - timedelta(days=30))
    for path, status in ((f"/d/{claim}", 403), (f"/d/{token[:-1]}", 403), ("/d/none", 403), (f"/d/{old}", 410)):
        answer = phone.goto(perchoir.url + path)
        assert answer is not None
        assert answer.status == status
        assert_accessible(phone, whole=status == 410)
    phone.get_by_role("button", name=say("Send it again")).click()
    expect(phone.get_by_role("heading", level=1)).to_have_text(say("Look into your mailbox"))

    desk = visitors.desk(say.locale)
    sign_in(desk, perchoir, *perchoir.user("admin", say.locale))
    desk.goto(f"{perchoir.url}/leads?q={email}")
    desk.get_by_role("rowheader").filter(has_text=email).get_by_role("link").click()
    trail, downloaded = desk.locator(".trail"), desk.get_by_text(say("Paper downloaded"))
    expect(trail).to_contain_text(say("Paper given"))
    expect(downloaded).to_have_count(0)
    # and one that is taken whole is counted
    assert requests.get(perchoir.url + good, timeout=10).content == DOCUMENT
    eventually(lambda: bool(desk.reload() and downloaded.count()))


def test_a_link_that_leads_nowhere_shows_what_is_offered_now(
    perchoir: Running, visitors: Visitors, shop: dict[str, Any], say: Tongue
) -> None:
    phone = visitors.phone(say.locale)
    answer = phone.goto(f"{perchoir.url}/l/nothing")
    assert answer is not None
    assert answer.status == 404
    expect(phone.get_by_role("heading", level=1)).to_have_text(say("This link leads nowhere"))
    assert_accessible(phone)
    phone.get_by_role("link", name=say("Open the page")).click()
    expect(phone.locator("input[type=email]")).to_be_visible()
