"""The staff's home, and money that belongs to nobody of ours: it is shown, and it makes the sum."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from campaigns.kernel.money import Money, total
from campaigns.measuring import impacts
from campaigns.world import World
from tests.clock import HandClock
from tests.makers.pressed import opened
from tests.makers.publishing import Place, make_place, make_tweet
from tests.makers.selling import HOOK, Till, make_buyer, till
from tests.makers.tracking import make_lead, make_person, make_touch

Staff = Callable[..., FlaskClient]


@pytest.fixture
def environ(environ: dict[str, str]) -> dict[str, str]:
    return environ | HOOK


def pay(client: FlaskClient, paid: Till) -> None:
    body, signature = paid.completed()
    answer = client.post("/hooks/stripe", data=body, headers={"Stripe-Signature": signature})
    assert answer.status_code == 204


def rows(page: Any) -> dict[str, list[str]]:
    return {
        row.th.get_text(" ", strip=True): [cell.get_text(strip=True) for cell in row.select("td")]
        for row in page.select("tbody tr, tfoot tr")
    }


@pytest.fixture
def place(world: World, client: FlaskClient) -> Place:
    """A campaign in which a tweet's reader paid; two strangers paid beside it, in two currencies."""
    buyer = make_buyer(world)
    made = make_tweet(world, buyer.place)
    make_touch(world, buyer.person_id, made.tweet.id)
    pay(client, till(world).of(client_reference_id=buyer.lead_id))
    pay(client, till(world, "2", paid=Money(1_234, "EUR"), tax=34))
    pay(client, till(world, "3", paid=Money(505, "CHF")).of(client_reference_id="cart-77"))
    return buyer.place


@pytest.mark.both_databases
def test_payments_that_name_nobody_stand_without_campaign_and_the_rows_make_the_total(
    world: World, staff: Staff, place: Place
) -> None:
    found = rows(opened(staff("marketer"), "/impact"))
    assert found.pop("Payments of no campaign") == ["0", "0", "0", "CHF\xa05.05 + €12.00"]
    assert found.pop("Total") == ["0", "1", "1", "CHF\xa05.05 + €108.00"]
    assert [cells[-1] for cells in found.values()] == ["€96.00"]
    french = rows(opened(staff("marketer", email="fr@feuillet.example", locale="fr"), "/impact"))
    assert "Paiements sans campagne" in french
    now = world.clock.now()
    with world.db.read() as session:
        told = impacts.between(session, now - timedelta(days=9), now + timedelta(days=1), rehearsal=False)
        sold = session.execute(text("SELECT net, currency FROM v_sales WHERE NOT rehearsed")).all()
    whole = total(Money(net, currency) for net, currency in sold)
    assert whole == told.whole.net_revenue == total(money for row in told.rows for money in row.net_revenue)


def test_home_shows_what_no_tweet_earned_beside_the_best(staff: Staff, place: Place) -> None:
    found = rows(opened(staff("marketer"), "/"))
    assert found.pop("Unattributed") == ["0", "0", "2", "CHF\xa05.05 + €12.00"]
    assert list(found.values()) == [["0", "1", "1", "€96.00"]]
    assert "Non attribué" in rows(opened(staff("marketer", email="fr@feuillet.example", locale="fr"), "/"))


def test_home_without_anything_in_the_period_says_so(world: World, staff: Staff) -> None:
    make_tweet(world)
    page = opened(staff("marketer"), "/")
    assert rows(page) == {}
    assert "No tweet yet in this period" in page.get_text()


def test_a_change_lies_within_its_interval_and_too_few_say_none(world: World, staff: Staff, clock: HandClock) -> None:
    place = make_place(world)
    for count in (11, 33):
        for _ in range(count):
            make_lead(world, place, make_person(world))
        clock.advance(days=28)
    clock.advance(days=-27)
    funnel = opened(staff("marketer"), "/").select("ol.funnel li")
    told = {step.h3.get_text(): step.select_one(".chg").get_text(" ", strip=True) for step in funnel}  # type: ignore[union-attr]
    assert told["Leads"] == "from 11 +200% (+54% to +486%)"
    assert told["Customers"] == "from 0"
