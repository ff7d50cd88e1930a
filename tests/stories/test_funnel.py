"""The whole funnel with the real clients of X, Stripe and SMTP, which talk to servers on the loopback."""

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import expect

from campaigns.adapters.system_clock import SystemClock
from campaigns.demo import pdf
from tests.loopback.mail import MailServer
from tests.loopback.stripe import FakeStripe
from tests.loopback.x import FakeX
from tests.stories.conftest import Running, Visitors, eventually, running
from tests.stories.machine import Machine

CLAIRE, MAEL = "claire.aubry@ecole.example", "mael@ecole.example"


@dataclass
class Town:
    """Perchoir with X, Stripe and a mail server around it."""

    perchoir: Running
    api: Machine
    x: FakeX
    stripe: FakeStripe
    mail: MailServer

    def letter_to(self, address: str) -> str:
        """The text of the letter that an address got, once it is there."""
        eventually(lambda: address in {letter["To"] for letter in self.mail.letters})
        [letter] = [letter for letter in self.mail.letters if letter["To"] == address]
        body = letter.get_body(("plain",))
        assert body is not None
        return str(body.get_content())


@contextmanager
def town(folder: Path, environ: dict[str, str]) -> Iterator[Town]:
    clock = SystemClock()
    with (
        FakeX(clock) as x, FakeStripe(clock) as stripe, MailServer() as mail,
        running(folder, {**environ, **x.environ, **stripe.environ, **mail.environ}) as perchoir,
    ):  # fmt: skip
        stripe.hook = f"{perchoir.url}/hooks/stripe"
        yield Town(perchoir, Machine(perchoir.url, perchoir.token()), x, stripe, mail)


def test_from_campaign_to_payment_and_download_with_the_real_clients(
    tmp_path: Path, database_environ: dict[str, str], visitors: Visitors
) -> None:
    with town(tmp_path, database_environ) as around:
        api, document = around.api, pdf("Six Fridays")
        campaign = api.campaign("First issue before Christmas")
        coupon, paper = api.coupon(campaign, stock=5), api.paper(campaign, document)
        api.put_online(coupon, "first-year")
        api.put_online(paper, "six-fridays")
        for_coupon = api.tweet_out(coupon, "30% off until Christmas {link}")
        for_paper = api.tweet_out(paper, "The plan of six Fridays {link}")
        eventually(lambda: api.state_of(for_coupon) == api.state_of(for_paper) == "sent")
        assert len(around.x.tweets) == 2
        assert {around.x.is_signed(request) for request in around.x.asked("POST /2/tweets")} == {True}

        code = claire_pays(visitors, around, for_coupon["link"]["url"])
        assert mael_downloads(visitors, for_paper["link"]["url"]) == document
        assert code in around.letter_to(CLAIRE)
        assert f"{around.perchoir.url}/d/" in around.letter_to(MAEL)

        eventually(lambda: api.report(campaign)["totals"]["sales"] == 1)
        assert_ledger(api.report(campaign), for_coupon, for_paper)
        # money goes back: the same tweet earned less
        around.stripe.refund(next(iter(around.stripe.sessions)), 4_700)
        eventually(lambda: api.report(campaign)["totals"]["net_revenue"][0]["amount"] == 10_000)
        assert_sheet(api, campaign)


def claire_pays(visitors: Visitors, around: Town, url: str) -> str:
    """She follows the coupon's tweet, pays at the payment page, and comes back; the code."""
    phone = visitors.phone()
    phone.goto(url)
    expect(phone.get_by_role("heading", level=1)).to_contain_text("30% off your first year")
    phone.get_by_label("E-mail address").fill(CLAIRE)
    phone.get_by_label("Write to me about my school’s magazine.").check()
    phone.get_by_role("button", name="Show me the code").click()
    code = phone.locator("output").inner_text()
    assert code.startswith("OFFY-")
    phone.get_by_role("button", name="Use it now").click()
    phone.get_by_role("button", name="Pay").click()
    phone.wait_for_url(f"{around.perchoir.url}/**")
    expect(phone.get_by_role("heading", level=1)).to_have_text("Paid, thank you")
    return code


def mael_downloads(visitors: Visitors, url: str) -> bytes:
    """He takes the paper."""
    phone = visitors.phone()
    phone.goto(url)
    phone.get_by_label("E-mail address").fill(MAEL)
    phone.get_by_label("Your school").fill("=Diwan")
    phone.get_by_role("button", name="Send me the guide").click()
    with phone.expect_download() as download:
        phone.get_by_role("link", name="Download the PDF").click()
    return Path(download.value.path()).read_bytes()


def assert_ledger(report: Any, for_coupon: Any, for_paper: Any) -> None:
    """Each tweet has what it brought, and nothing is nobody's."""
    rows = {row["tweet_id"]: row for row in report["tweets"]}
    earned = [{"amount": 14_700, "currency": "EUR"}]
    assert report["model"] == "last_non_direct"
    told = {name: report["totals"][name] for name in ("hits", "clicks", "leads", "customers", "sales", "net_revenue")}
    assert told == {"hits": 2, "clicks": 2, "leads": 2, "customers": 1, "sales": 1, "net_revenue": earned}
    assert rows[for_coupon["id"]]["net_revenue"] == earned
    assert [rows[tweet["id"]]["leads"] for tweet in (for_coupon, for_paper)] == [1, 1]
    assert [rows[tweet["id"]]["hits"] for tweet in (for_coupon, for_paper)] == [1, 1]
    assert (report["unattributed"]["leads"], report["unattributed"]["sales"]) == (0, 0)


def assert_sheet(api: Machine, campaign: Any) -> None:
    """Sales' file: both of them, and a formula that no spreadsheet runs."""
    sheet = api.session.get(f"{api.url}/api/v1/leads.csv?campaign_id={campaign['id']}", timeout=30)
    leads = {row["email"]: row for row in csv.DictReader(io.StringIO(sheet.content.decode("utf-8-sig")))}
    assert set(leads) == {CLAIRE, MAEL}
    assert "'=Diwan" in leads[MAEL].values()
