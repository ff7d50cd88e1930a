"""The edges of reports: what can't be asked, whose days, which currency, and addresses that mean what they say."""

import re
from collections.abc import Callable
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from campaigns.flows.publish_due import publish_due
from campaigns.planning.campaigns import Campaign
from campaigns.world import World
from tests.clock import HandClock
from tests.makers.publishing import Place, make_place, make_tweet
from tests.makers.tracking import follow, make_lead, make_person, make_sale, make_touch
from tests.web.doors import csrf

Staff = Callable[..., FlaskClient]


@pytest.fixture
def place(world: World) -> Place:
    """A tweet that brought a lead."""
    place = make_place(world)
    made = make_tweet(world, place)
    follow(world, made.link.code)
    person = make_person(world)
    make_touch(world, person, made.tweet.id)
    make_lead(world, place, person)
    return place


EDGES = ["from=0001-01-01", "to=9999-12-31", "from=20261101", "from=2026-W40-1", "model=x", "lookback_days=396",
         "lookback_days=1_0", "half_life_days=nan", "by=x", "group=x", "evidence=x",
         "from=2026-11-05&to=2026-11-01"]  # fmt: skip


@pytest.mark.parametrize("query", EDGES)
def test_a_file_a_sheet_and_a_share_refuse_what_they_cannot_answer(place: Place, staff: Staff, query: str) -> None:
    """Nobody would notice that it isn't what was asked."""
    client, path = staff("marketer"), f"/campaigns/{place.campaign_id}"
    asked = [f"{path}/report.csv?{query}", f"{path}?table=ledger&format=json&{query}", f"{path}/print?{query}",
             f"{path}/compare?table=league&format=csv&{query}", f"/conversions?{query}", f"{path}?{query}",
             f"/conversions?campaign_id={place.campaign_id}&{query}&format=json&table=conversions"]  # fmt: skip
    assert {address: client.get(address).status_code for address in asked} == dict.fromkeys(asked, 422)
    share = client.post(f"{path}/shares?{query}", data={"csrf_token": csrf(client), "days": "7"})
    assert share.status_code == 422


@pytest.mark.parametrize("query", ["from=0001-01-01&to=0001-01-01", "from=x&to=y", "from=2026-11-10&to=2026-11-01"])
def test_home_shows_the_usual_days_for_days_that_are_none(staff: Staff, place: Place, query: str) -> None:
    assert "The last 28 days" in staff("marketer").get(f"/?{query}").text


@pytest.mark.parametrize("periods", ["0001-01-01..0001-01-03", "9999-12-30..9999-12-31"])
def test_periods_at_the_edge_of_the_calendar_are_refused(staff: Staff, place: Place, periods: str) -> None:
    address = f"/campaigns/{place.campaign_id}/compare?what=periods&periods={periods}"
    assert staff("marketer").get(address).status_code == 422


def test_an_address_says_its_period_whatever_was_chosen_elsewhere(place: Place, staff: Staff) -> None:
    marketer, path = staff("marketer"), f"/campaigns/{place.campaign_id}"
    page = unescape(marketer.get(path).text)
    [kept] = re.findall(r'href="(/reports\?address=[^"]+)"', page)
    [file] = re.findall(r'href="\?([^"]*table=funnel[^"]*format=json)"', page)
    told = marketer.get(f"{path}?{file}").get_json()
    marketer.get(f"{path}?period=today")  # remembered from now on
    assert "period%3Dever" in kept or "period=ever" in kept
    assert marketer.get(f"{path}?{file}").get_json() == told


def test_pages_are_not_compared_by_what_is_credited_to_touches(place: Place, staff: Staff) -> None:
    address = f"/campaigns/{place.campaign_id}/compare?what=pages"
    client = staff("marketer")
    assert client.get(address).status_code == 200
    for query in ("by=touch", "evidence=code"):
        answer = client.get(f"{address}&{query}")
        assert (answer.status_code, "leave this as it is" in answer.text) == (422, True)


def test_hours_stand_in_their_order(world: World, staff: Staff, clock: HandClock) -> None:
    place = make_place(world)
    clock.set(clock.now().replace(hour=6))
    for hour in range(6, 14):
        made = make_tweet(world, place, f"Hour {hour} {{link}}", scheduled_at=clock.now().isoformat())
        publish_due(world, "w")
        follow(world, made.link.code)
        clock.advance(hours=1)
    rows = staff("marketer").get(f"/campaigns/{place.campaign_id}?group=hour&table=ledger&format=json").get_json()
    hours = [int(row["key"]) for row in rows[:-2]]
    assert hours == sorted(hours)
    assert len(hours) == 8


def test_revenue_is_ranked_within_a_currency(world: World, staff: Staff) -> None:
    place = make_place(world)
    for n, (amount, currency) in enumerate([(100, "EUR"), (500_000, "JPY"), (200, "EUR")]):
        made = make_tweet(world, place, f"Le {n} {{link}}")
        person = make_person(world)
        make_touch(world, person, made.tweet.id)
        make_sale(world, place, person, amount, currency=currency)
    page = staff("marketer").get(f"/campaigns/{place.campaign_id}?sort=net").text
    assert page.index("Le 2") < page.index("Le 0") < page.index("Le 1")


def test_costs_are_sorted_the_best_first_and_their_total_stays_last(
    world: World, staff: Staff, clock: HandClock
) -> None:
    place, client = make_place(world), staff("admin")
    with world.db.write() as session:
        session.execute(update(Campaign).values(budget_amount=1_000, budget_currency="EUR"))
    for n in range(3):
        made = make_tweet(world, place, f"Le {n} {{link}}", scheduled_at=clock.now().isoformat())
        publish_due(world, "w")
        for visitor in range(n):
            follow(world, made.link.code, address=f"192.0.2.{visitor + 1}")
    rows = client.get(f"/campaigns/{place.campaign_id}?table=costs&format=json").get_json()
    assert rows[-1]["key"] == "total"
    page = client.get(f"/campaigns/{place.campaign_id}?sort=a_click").text.partition("What it cost")[2]
    assert page.index("Le 2") < page.index("Le 1") < page.index("Le 0") < page.index("All of them")


def test_the_curve_has_the_viewers_days(world: World, staff: Staff, clock: HandClock) -> None:
    place = make_place(world)
    clock.set(clock.now().replace(day=9, hour=23))  # the tenth in Auckland, the tenth in Paris too
    made = make_tweet(world, place)
    follow(world, made.link.code)
    clock.advance(hours=12)
    follow(world, made.link.code, address="192.0.2.9")
    address = f"/campaigns/{place.campaign_id}?table=days&format=json&period=ever"
    paris, auckland = (staff(role, zone=zone).get(address).get_json() for role, zone in
                       (("admin", "Europe/Paris"), ("marketer", "Pacific/Auckland")))  # fmt: skip
    assert [(day["day"], day["clicks"]) for day in paris] == [("2026-11-10", 2)]
    assert [(day["day"], day["clicks"]) for day in auckland] == [("2026-11-10", 1), ("2026-11-11", 1)]
