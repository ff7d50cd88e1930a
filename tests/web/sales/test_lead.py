import html
import re
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import unquote

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from campaigns.capturing import deliveries
from campaigns.planning.fields import Field
from campaigns.selling.sales import Refund, Sale
from campaigns.world import World
from tests.clock import HandClock
from tests.makers.capturing import claim, lead_of, rows_of, via_of_click
from tests.makers.planning import make_campaign, make_coupon, make_page, make_white_paper
from tests.makers.publishing import Place, make_place, make_tweet
from tests.makers.tracking import make_lead, make_person, make_sale, make_touch
from tests.web.doors import csrf, heading

Staff = Callable[..., FlaskClient]
NOBODY = "0193a1b2-0000-7000-8000-00000000000a"


def post(client: FlaskClient, address: str, **data: str) -> tuple[int, str]:
    answer = client.post(address, data={"csrf_token": csrf(client)} | data)
    return answer.status_code, answer.headers.get("Location", answer.text)


def trail(page: str) -> list[str]:
    """What happened, newest first."""
    found = re.search(r'<ol class="trail">(.*?)</ol>', page, re.DOTALL)
    assert found
    return re.findall(r"<h3>(.*?)</h3>", found[1])


@pytest.mark.both_databases
def test_a_lead_shows_its_answers_consents_credit_and_whole_way(staff: Staff, world: World, clock: HandClock) -> None:
    campaign = make_campaign(world, name="Rentrée")
    fields = (Field("email", "E-mail", "email", True), Field("school", "Your school", "company"))
    page = make_page(world, make_coupon(world, campaign), fields=fields)
    tweet_id, via = via_of_click(world, page, campaign.id)
    clock.advance(minutes=2)
    made = claim(world, page, "zoe@ecole.example", school="École Diwan", via=via, ticked=("news",))
    clock.advance(hours=1)
    lead = lead_of(world, made.lead_id)
    place = Place(campaign.id, page.offer_id, page.id)
    make_sale(
        world, place, lead.person_id, 9_600, lead_id=lead.id, intent="pi_1", refunded=600, state="partly_refunded"
    )
    with world.db.write() as session:
        session.execute(update(Refund).values(at=clock.now() + timedelta(hours=1)))
    shown = staff("admin").get(f"/leads/{made.lead_id}").text
    assert heading(shown) == "zoe@ecole.example"
    told = html.unescape(shown)
    for words in ("École Diwan", "Your school", "Rentrée", "“Write to me three times this term”", "Yes · news",
                  "The last visit that wasn’t direct, in the 90 days before the form: our link, opened from X.",
                  "€96.00 · Given back in part", "€6.00"):  # fmt: skip
        assert words in told
    assert f'href="/tweets/{tweet_id}"' in shown
    assert trail(told) == ["Refund", "Sale", "Code given", "Form sent", "Click"]


@pytest.mark.both_databases
def test_papers_and_their_downloads_stand_in_the_journey(staff: Staff, world: World, clock: HandClock) -> None:
    made = claim(world, make_page(world, make_white_paper(world)))
    assert made.delivery_id
    for _ in range(3):
        clock.advance(hours=1)
        with world.db.write() as session:
            deliveries.note_download(session, made.delivery_id, clock.now())
    shown = staff("sales").get(f"/leads/{made.lead_id}").text
    assert trail(shown) == ["Paper downloaded again", "Paper downloaded", "Paper given", "Form sent"]
    assert "3 times in all" in shown
    assert "No visit from outside in the 90 days before the form." in shown


@pytest.mark.parametrize(
    "evidence,told",
    [
        ("link+other", "A tweet’s link brought this lead, but from elsewhere than X"),
        ("utm", "The last visit that wasn’t direct shows UTM tags without our link: no tweet’s credit."),
        ("code", "in the 90 days before the form: a coupon’s code."),
    ],
)
def test_the_credit_says_why(staff: Staff, world: World, evidence: str, told: str) -> None:
    place = make_place(world)
    from_tweet = make_tweet(world, place).tweet.id if evidence != "utm" else None
    person = make_person(world)
    make_touch(world, person, from_tweet, evidence=evidence)
    lead_id = make_lead(world, place, person)
    assert told in html.unescape(staff("sales").get(f"/leads/{lead_id}").text)


def test_the_state_changes_with_a_note_and_stays_in_the_history(staff: Staff, world: World) -> None:
    lead_id = make_lead(world, make_place(world), make_person(world))
    client = staff("sales")
    status, where = post(client, f"/leads/{lead_id}/state", state="qualified", note="Wants 26 copies\nby December")
    assert (status, where) == (303, f"/leads/{lead_id}?done=saved")
    page = client.get(f"/leads/{lead_id}").text
    assert "Wants 26 copies\nby December" in page
    assert "Tom Le Goff, <time" in page
    assert lead_of(world, lead_id).state == "qualified"


def test_a_note_that_cannot_be_kept_is_told_and_not_lost(staff: Staff, world: World) -> None:
    lead_id = make_lead(world, make_place(world), make_person(world))
    status, page = post(staff("sales"), f"/leads/{lead_id}/state", state="won", note="n" * 2001)
    assert status == 422
    assert "n" * 2001 in page
    assert "Write 2,000 characters at most" in page
    assert lead_of(world, lead_id).state == "new"


@pytest.mark.both_databases
def test_a_sale_is_entered_corrected_and_withdrawn_with_its_history(staff: Staff, world: World) -> None:
    lead_id = make_lead(world, make_place(world), make_person(world))
    client = staff("sales")
    address = f"/leads/{lead_id}"
    assert "Withdraw the sale" not in client.get(address).text
    for amount in ("1 470,50", "1,500"):
        status, where = post(client, f"{address}/sale", amount=amount, currency="EUR", note="By phone")
        assert (status, where) == (303, f"{address}?done=entered")
    [sale] = rows_of(world, Sale)
    assert (sale.amount, sale.currency, sale.state, lead_of(world, lead_id).state) == (150, "EUR", "paid", "won")
    page = client.get(address).text
    assert "€1.50 instead of €1,470.50" in page
    assert 'value="1.50"' in page
    assert "Withdraw the sale of €1.50?" in client.get(f"{address}/sale/withdraw").text
    status, where = post(client, f"{address}/sale/withdraw")
    assert (status, where) == (303, f"{address}?done=withdrawn")
    assert [sale.state for sale in rows_of(world, Sale)] == ["withdrawn"]
    assert lead_of(world, lead_id).state == "qualified"
    page = client.get(address).text
    assert "Withdrawn: €1.50" in page
    post(client, f"{address}/sale", amount="12", currency="USD")
    assert "Entered again: $12.00" in html.unescape(client.get(address).text)


@pytest.mark.parametrize(
    "amount,currency,told",
    [
        ("", "EUR", "Write an amount such as 1,234.50"),
        ("twelve", "EUR", "Write an amount such as 1,234.50"),
        ("-3", "EUR", "Write an amount above zero"),
        ("3", "XXZ", "There is no currency XXZ"),
        ("9" * 14, "EUR", "Write a smaller amount"),
    ],
)
def test_an_amount_that_cannot_be_is_told_beside_its_field(
    staff: Staff, world: World, amount: str, currency: str, told: str
) -> None:
    lead_id = make_lead(world, make_place(world), make_person(world))
    status, page = post(staff("sales"), f"/leads/{lead_id}/sale", amount=amount, currency=currency, note="By phone")
    assert status == 422
    assert told in page
    assert f'value="{amount}"' in page
    assert "By phone" in page
    assert rows_of(world, Sale) == []
    assert lead_of(world, lead_id).state == "new"


def test_a_sale_that_still_counts_for_a_lead_that_is_lost_is_pointed_out(staff: Staff, world: World) -> None:
    lead_id = make_lead(world, make_place(world), make_person(world))
    client = staff("sales")
    post(client, f"/leads/{lead_id}/sale", amount="3", currency="EUR")
    post(client, f"/leads/{lead_id}/state", state="lost")
    assert "its sale still counts" in client.get(f"/leads/{lead_id}").text


def test_the_address_to_write_to_carries_nothing_else(staff: Staff, world: World) -> None:
    person = make_person(world, "a?bcc=all&x%0a@school.example")
    lead_id = make_lead(world, make_place(world), person)
    found = re.search(r'href="mailto:([^"]*)"', staff("sales").get(f"/leads/{lead_id}").text)
    assert found
    assert not re.search(r"[?&]", html.unescape(found[1]))
    assert unquote(found[1]) == "a?bcc=all&x%0a@school.example"


def test_a_lead_or_a_sale_that_is_not_there_is_missing(staff: Staff, world: World) -> None:
    lead_id = make_lead(world, make_place(world), make_person(world))
    client = staff("sales")
    for address in (f"/leads/{NOBODY}", "/leads/x", f"/leads/{lead_id}/sale/withdraw"):
        assert client.get(address).status_code == 404
    assert post(client, f"/leads/{lead_id}/sale/withdraw")[0] == 404
    assert post(client, f"/leads/{NOBODY}/state", state="won")[0] == 404
