"""What X charges and counts: every request noted, the month's spending, the smallest limits."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from campaigns.kernel.codes import new_id
from campaigns.publishing import postings, prices
from campaigns.publishing.postings import Spending
from campaigns.world import World
from tests.clock import HandClock


def note(world: World, times: int, price: int = 15_000, **more: object) -> None:
    with world.db.write() as session:
        for _ in range(times):
            postings.note(session, "post", price, world.clock.now(), **({"account_id": None} | more))  # type: ignore[arg-type]


def free_in(world: World, account_id: str | None = None) -> timedelta:
    with world.db.read() as session:
        return postings.free_at(session, account_id, world.clock.now()) - world.clock.now()


def test_a_hundred_posts_in_a_quarter_of_an_hour_are_the_limit(world: World, clock: HandClock) -> None:
    note(world, 1)
    clock.advance(minutes=5)
    note(world, 98)
    assert free_in(world) == timedelta(0)
    note(world, 1)
    assert free_in(world) == timedelta(minutes=10)  # until the first one is a quarter of an hour old
    clock.advance(minutes=10)
    assert free_in(world) == timedelta(0)


def test_three_hundred_in_three_hours_are_another_and_each_account_has_its_own(world: World, clock: HandClock) -> None:
    for _ in range(3):
        note(world, 100)
        clock.advance(minutes=20)
    assert free_in(world) == timedelta(hours=2)
    assert free_in(world, new_id()) == timedelta(0)


def test_rehearsed_posts_count_for_nothing(world: World, clock: HandClock) -> None:
    note(world, 120, rehearsed=True)
    assert free_in(world) == timedelta(0)
    with world.db.read() as session:
        assert postings.spent(session, *postings.month_of(clock.now())) == 0


def test_a_month_is_spent_by_utc(world: World, clock: HandClock) -> None:
    clock.set(datetime(2026, 10, 31, 23, 59, tzinfo=UTC))
    note(world, 1, 200_000)
    clock.set(datetime(2026, 11, 1, tzinfo=UTC))
    note(world, 2)
    with world.db.read() as session:
        assert postings.spending(session, world.settings, clock.now()).spent == 30_000
        assert postings.spent(session, *postings.month_of(datetime(2026, 10, 5, tzinfo=UTC))) == 200_000


def test_what_x_refused_costs_nothing(world: World, clock: HandClock) -> None:
    tweet_id = new_id()
    note(world, 2, tweet_id=tweet_id)
    with world.db.write() as session:
        postings.was_refused(session, tweet_id)
    with world.db.read() as session:
        assert postings.spending(session, world.settings, clock.now()).spent == 15_000


@pytest.mark.parametrize(
    "spending, price, fits",
    [(Spending(0, 0), 10**9, True), (Spending(0, 200_000), 200_000, True), (Spending(1, 200_000), 200_000, False)],
)
def test_a_cap_is_never_passed(spending: Spending, price: int, fits: bool) -> None:
    assert spending.allows(price) == fits


def test_a_link_of_anybody_costs_thirteen_times_as_much(world: World) -> None:
    with_link, without = (prices.of_post(world.settings, text) for text in ("Read {link}", "Code MERCI"))
    assert (with_link, without) == (prices.micros(Decimal("0.2")), prices.micros(Decimal("0.015")))
    assert prices.of_post(world.settings, "See feuillet.com") == with_link
    assert prices.of_thread(world.settings, ["Read {link}", "And", "then"]) == with_link + 2 * without
