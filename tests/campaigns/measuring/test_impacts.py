"""What campaigns brought in a period."""

from datetime import timedelta

from campaigns.kernel.money import Money
from campaigns.measuring import funnels, impacts
from campaigns.measuring.impacts import Impacts
from campaigns.planning import campaigns
from campaigns.world import World
from tests.clock import HandClock
from tests.makers.publishing import make_place, make_tweet
from tests.makers.reports import asked
from tests.makers.tracking import follow, make_lead, make_person, make_sale


def between(world: World, days: int = 28, *, rehearsal: bool = True) -> Impacts:
    until = world.clock.now() + timedelta(hours=1)
    with world.db.read() as session:
        return impacts.between(session, until - timedelta(days=days), until, rehearsal=rehearsal)


def test_nothing_is_no_row_and_no_money(world: World) -> None:
    found = between(world)
    assert found.rows == []
    assert (found.whole.clicks, found.whole.leads, found.whole.customers, found.whole.net_revenue) == (0, 0, 0, [])


def test_a_person_who_pays_twice_is_one_customer(world: World) -> None:
    here, there = make_place(world), make_place(world)
    person = make_person(world)
    make_sale(world, here, person, 10_000, tax=2_000)
    make_sale(world, here, person, 500, currency="CHF")
    make_sale(world, there, person, 4_000, refunded=4_000, state="refunded")
    make_sale(world, here, make_person(world), 9_900, state="failed")
    found = between(world)
    assert [(row.customers, row.net_revenue) for row in found.rows] == [
        (1, [Money(0, "EUR")]), (1, [Money(500, "CHF"), Money(8_000, "EUR")]),
    ]  # fmt: skip
    assert (found.whole.customers, found.whole.net_revenue) == (1, [Money(500, "CHF"), Money(8_000, "EUR")])


def test_only_the_period_counts(world: World, clock: HandClock) -> None:
    place = make_place(world)
    make_lead(world, place, make_person(world))
    clock.advance(seconds=30 * 86400)
    make_lead(world, place, make_person(world))
    assert between(world).whole.leads == 1
    assert between(world, 60).whole.leads == 2


def test_rehearsals_are_left_out_when_asked(world: World) -> None:
    place = make_place(world)
    make_lead(world, place, make_person(world), rehearsed=True)
    make_sale(world, place, make_person(world), 100, rehearsed=True)
    assert between(world, rehearsal=False).rows == []
    assert between(world).whole.customers == 1


def test_the_sum_is_what_the_report_of_a_campaign_says(world: World) -> None:
    place = make_place(world)
    follow(world, make_tweet(world, place).link.code)
    person = make_person(world)
    make_lead(world, place, person)
    make_sale(world, place, person, 14_700)
    [row] = between(world).rows
    with world.db.read() as session:
        campaign = campaigns.find(session, place.campaign_id)
        totals = funnels.report(session, campaign, asked(lookback_days=90, rehearsal=True)).totals
    assert (row.clicks, row.leads, row.net_revenue) == (totals.clicks, totals.leads, totals.net_revenue)
