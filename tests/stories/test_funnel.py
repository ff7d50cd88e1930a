"""The whole funnel with the real clients of X, Stripe and SMTP, which talk to servers on the loopback."""

import csv
import io
from pathlib import Path

from playwright.sync_api import expect

from campaigns.adapters.system_clock import SystemClock
from campaigns.demo import pdf
from tests.loopback.mail import MailServer
from tests.loopback.stripe import FakeStripe
from tests.loopback.x import FakeX
from tests.stories.conftest import Visitors, eventually, running
from tests.stories.machine import Machine, put_online, tweet_out


def test_from_campaign_to_payment_and_download_with_the_real_clients(
    tmp_path: Path, database_environ: dict[str, str], visitors: Visitors
) -> None:
    clock = SystemClock()
    with (
        FakeX(clock) as x, FakeStripe(clock) as stripe, MailServer() as mail,
        running(tmp_path, {**database_environ, **x.environ, **stripe.environ, **mail.environ}) as perchoir,
    ):  # fmt: skip
        stripe.hook = f"{perchoir.url}/hooks/stripe"
        api = Machine(perchoir.url, perchoir.token())

        campaign = api("POST", "/campaigns", json={"name": "First issue before Christmas"})
        coupon = api(
            "POST", f"/campaigns/{campaign['id']}/offers",
            json={"kind": "coupon", "title": "30% off your first year", "percent_off": 30, "stock": 5,
                  "price": {"amount": 21_000, "currency": "EUR"}},
        )  # fmt: skip
        paper = api("POST", f"/campaigns/{campaign['id']}/offers", json={"kind": "white_paper", "title": "Six Fridays"})
        document = pdf("Six Fridays")
        facts = api("PUT", f"/offers/{paper['id']}/paper", data=document, headers={"Content-Type": "application/pdf"})
        assert facts["pages"] == 12
        put_online(api, campaign, coupon, "first-year")
        put_online(api, campaign, paper, "six-fridays")
        for_coupon = tweet_out(api, campaign, coupon, "30% off until Christmas {link}")
        for_paper = tweet_out(api, campaign, paper, "The plan of six Fridays {link}")

        eventually(lambda: len(x.tweets) == 2)
        eventually(lambda: api("GET", f"/tweets/{for_coupon['id']}")["state"] == "sent")
        assert {x.is_signed(request) for request in x.asked("POST /2/tweets")} == {True}

        # the prospect follows the coupon's tweet, pays at the payment page, and comes back
        phone = visitors.phone()
        phone.goto(for_coupon["link"]["url"])
        expect(phone.get_by_role("heading", level=1)).to_contain_text("30% off your first year")
        phone.get_by_label("E-mail address").fill("claire.aubry@ecole.example")
        phone.get_by_label("Write to me about my school’s magazine.").check()
        phone.get_by_role("button", name="Show me the code").click()
        code = phone.locator("output").inner_text()
        assert code.startswith("OFFY-")
        phone.get_by_role("button", name="Use it now").click()
        phone.get_by_role("button", name="Pay").click()
        phone.wait_for_url(f"{perchoir.url}/**")

        # another one takes the paper
        other = visitors.phone()
        other.goto(for_paper["link"]["url"])
        other.get_by_label("E-mail address").fill("mael@ecole.example")
        other.get_by_label("Your school").fill("=Diwan")
        other.get_by_role("button", name="Send me the guide").click()
        with other.expect_download() as download:
            other.get_by_role("link", name="Download the PDF").click()
        assert Path(download.value.path()).read_bytes() == document

        def both() -> bool:
            totals = api("GET", f"/campaigns/{campaign['id']}/report")["totals"]
            return bool(totals["sales"] == 1 and totals["leads"] == 2)

        eventually(both)
        report = api("GET", f"/campaigns/{campaign['id']}/report?model=last_non_direct")
        rows = {row["tweet_id"]: row for row in report["tweets"]}
        assert report["totals"] | {} == {
            "hits": 2, "clicks": 2, "leads": 2, "sales": 1, "net_revenue": [{"amount": 14_700, "currency": "EUR"}],
        }  # fmt: skip
        assert rows[for_coupon["id"]]["net_revenue"] == [{"amount": 14_700, "currency": "EUR"}]
        assert rows[for_paper["id"]]["leads"] == 1
        assert report["unattributed"]["leads"] == 0

        eventually(lambda: len(mail.letters) >= 2)
        told = {letter["To"]: letter.get_body(("plain",)).get_content() for letter in mail.letters}  # type: ignore[union-attr]
        assert code in told["claire.aubry@ecole.example"]
        assert f"{perchoir.url}/d/" in told["mael@ecole.example"]

        # money goes back: the same tweet earned less
        session_id = next(iter(stripe.sessions))
        stripe.refund(session_id, 4_700)
        eventually(
            lambda: api("GET", f"/campaigns/{campaign['id']}/report")["totals"]["net_revenue"][0]["amount"] == 10_000
        )

        sheet = api.session.get(f"{perchoir.url}/api/v1/leads.csv?campaign_id={campaign['id']}", timeout=30)
        leads = {row["email"]: row for row in csv.DictReader(io.StringIO(sheet.content.decode("utf-8-sig")))}
        assert set(leads) == {"claire.aubry@ecole.example", "mael@ecole.example"}
        assert "'=Diwan" in leads["mael@ecole.example"].values()
