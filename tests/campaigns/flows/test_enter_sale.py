"""A lead is won with an amount: entered once, corrected with history, withdrawn, credited to its tweet."""

import threading
from collections.abc import Callable

import pytest

from campaigns.capturing import leads
from campaigns.flows.enter_sale import enter_sale, withdraw_sale
from campaigns.kernel.codes import new_id
from campaigns.kernel.errors import Problem
from campaigns.kernel.money import Money
from campaigns.measuring import funnels
from campaigns.planning import campaigns
from campaigns.publishing import tweets
from campaigns.selling import sales
from campaigns.world import World
from tests.clock import HandClock
from tests.makers.publishing import Place, make_place, make_tweet
from tests.makers.reports import asked
from tests.makers.tracking import make_lead, make_person, make_touch

WHO = "Tom Le Goff"


def a_lead(world: World, place: Place | None = None) -> str:
    return make_lead(world, place or make_place(world), make_person(world))


def changes(world: World, sale_id: str) -> list[tuple[dict[str, object], dict[str, object], str]]:
    with world.db.read() as session:
        return [(change.before, change.after, change.who) for change in sales.history(session, sale_id)]


def state_of(world: World, lead_id: str) -> str:
    with world.db.read() as session:
        return leads.find(session, lead_id).state


def test_a_won_lead_s_amount_is_a_sale_at_this_moment(world: World) -> None:
    user_id, lead_id = new_id(), a_lead(world)
    sale = enter_sale(world, lead_id, 120_000, "eur", WHO, user_id)
    assert (sale.key, sale.origin, sale.state) == (f"entered:{lead_id}", "entered", "paid")
    assert (sale.amount, sale.currency, sale.paid_at) == (120_000, "EUR", world.clock.now())
    assert (sale.entered_by, sale.intent, state_of(world, lead_id)) == (user_id, None, "won")
    with world.db.read() as session:
        [change] = leads.history(session, lead_id)
        assert [found.id for found in sales.of_lead(session, lead_id)] == [sale.id]
    assert (change.before, change.after, change.who, change.user_id) == ("new", "won", WHO, user_id)


def test_it_is_credited_through_the_touches_of_its_person(world: World) -> None:
    place = make_place(world)
    tweet = make_tweet(world, place).tweet
    with world.db.write() as session:
        found = tweets.find(session, tweet.id, to_change=True)
        tweets.mark_sent(
            session, found, x_id="1985000000000000000", x_url="https://x.com/f/status/1985000000000000000",
            sent_at=world.clock.now(), who="worker", why="sent", now=world.clock.now(), posted_text=found.text,
            by_hand=True, rehearsed=False,
        )  # fmt: skip
    person_id = make_person(world)
    make_touch(world, person_id, tweet.id, campaign_id=place.campaign_id)
    enter_sale(world, make_lead(world, place, person_id), 5_000, "EUR", WHO, None)
    with world.db.read() as session:
        campaign = campaigns.find(session, place.campaign_id)
        report = funnels.report(session, campaign, asked(lookback_days=90, rehearsal=True))
    [row] = [row for row in report.rows if row.tweet_id == tweet.id]
    assert (row.figures.sales, row.figures.net_revenue) == (1, [Money(5_000, "EUR")])


def test_the_same_amount_again_changes_nothing(world: World, clock: HandClock) -> None:
    lead_id = a_lead(world)
    first = enter_sale(world, lead_id, 5_000, "EUR", WHO, None)
    clock.advance(hours=1)
    again = enter_sale(world, lead_id, 5_000, "EUR", WHO, None)
    assert (again.id, again.paid_at, changes(world, first.id)) == (first.id, first.paid_at, [])


def test_a_correction_keeps_the_moment_and_what_it_was(world: World, clock: HandClock) -> None:
    lead_id = a_lead(world)
    first = enter_sale(world, lead_id, 5_000, "EUR", WHO, None)
    clock.advance(days=1)
    sale = enter_sale(world, lead_id, 6_000, "CHF", "Inès Caron", None)
    assert (sale.id, sale.amount, sale.currency, sale.paid_at) == (first.id, 6_000, "CHF", first.paid_at)
    assert changes(world, sale.id) == [
        (
            {"amount": 5_000, "currency": "EUR", "state": "paid"},
            {"amount": 6_000, "currency": "CHF", "state": "paid"},
            "Inès Caron",
        )
    ]


def test_one_withdrawn_counts_no_more_and_may_come_back(world: World) -> None:
    lead_id = a_lead(world)
    sale = enter_sale(world, lead_id, 5_000, "EUR", WHO, None)
    assert withdraw_sale(world, lead_id, WHO, None, state="lost").state == "withdrawn"
    withdraw_sale(world, lead_id, WHO, None, state="lost")
    assert state_of(world, lead_id) == "lost"
    assert enter_sale(world, lead_id, 5_000, "EUR", WHO, None).state == "paid"
    assert [after["state"] for _, after, _ in changes(world, sale.id)] == ["paid", "withdrawn"]


@pytest.mark.parametrize(
    "amount, currency, code",
    [(0, "EUR", "amount_not_positive"), (-1, "EUR", "amount_not_positive"), (10**13, "EUR", "amount_too_large"),
     (1, "EURO", "currency_unknown")],
)  # fmt: skip
def test_what_is_no_sum_is_refused_and_the_lead_stays(world: World, amount: int, currency: str, code: str) -> None:
    lead_id = a_lead(world)
    with pytest.raises(Problem) as refused:
        enter_sale(world, lead_id, amount, currency, WHO, None)
    assert ([fault.code for fault in refused.value.faults], state_of(world, lead_id)) == ([code], "new")


@pytest.mark.parametrize("do", [enter_sale, withdraw_sale])
def test_nobody_s_sale_is_not_entered(world: World, do: Callable[..., object]) -> None:
    amount = (5_000, "EUR") if do is enter_sale else ()
    with pytest.raises(Problem) as refused:
        do(world, new_id(), *amount, WHO, None)
    assert refused.value.faults[0].code == "lead_missing"


def test_a_sale_that_was_never_entered_can_t_be_withdrawn(world: World) -> None:
    with pytest.raises(Problem) as refused:
        withdraw_sale(world, a_lead(world), WHO, None)
    assert refused.value.faults[0].code == "sale_missing"


def test_eight_at_one_moment_enter_one_sale(world: World) -> None:
    lead_id, begin, faults = a_lead(world), threading.Barrier(8), []

    def enter() -> None:
        begin.wait()
        try:
            enter_sale(world, lead_id, 5_000, "EUR", WHO, None)
        except Exception as fault:  # noqa: BLE001
            faults.append(fault)

    threads = [threading.Thread(target=enter) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    with world.db.read() as session:
        [sale] = sales.of_lead(session, lead_id)
        assert len(leads.history(session, lead_id)) == 1
    assert changes(world, sale.id) == []
