"""Stripe's messages in any order, any number of times: the same sales, and those that a ledger would hold."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from campaigns import compose
from campaigns.flows.settle_payment import settle_payment
from campaigns.kernel.money import Money
from campaigns.selling.sales import EARNED, Intent, Refund, Sale, StripeEvent
from campaigns.settings import Settings
from campaigns.world import World
from tests.clock import HandClock
from tests.makers.selling import HOOK, Message, Till

PAID = 9_600
SECRET_KEY = "tests-only-0123456789-abcdefghijklmnopqrstuvwxyz"
Row = tuple[object, ...]


@dataclass(frozen=True)
class Story:
    """What really happened to one payment, in order: how it was paid, what went back, how a dispute ended."""

    how: str  # at once, later, never, free
    totals: tuple[int, ...]
    dispute: tuple[int, str] | None  # the amount; open, won or lost

    def messages(self, name: str, clock: HandClock) -> list[Message]:
        at = clock.now() - timedelta(minutes=4)
        paid = Money(0 if self.how == "free" else PAID, "EUR")
        till = Till(at, name, paid)
        told = {
            "at once": [till.completed()],
            "free": [till.completed("no_payment_required")],
            "later": [till.completed("unpaid"), Till(at + timedelta(minutes=1), name, paid).succeeded()],
            "never": [till.completed("unpaid"), Till(at + timedelta(minutes=1), name, paid).failed()],
        }[self.how]
        after = Till(at + timedelta(minutes=2), name, paid)
        told += [after.refunded(total) for total in self.totals]
        if self.dispute:
            amount, end = self.dispute
            told.append(after.disputed("needs_response", amount))
            if end != "open":
                told.append(after.disputed(end, amount))
        return told

    @property
    def ends(self) -> tuple[str, int, int]:
        """State, refunded and disputed as a ledger has them."""
        if self.how == "never":
            return "failed", 0, 0
        refunded = max(self.totals, default=0)
        disputed = self.dispute[0] if self.dispute and self.dispute[1] != "won" else 0
        disputed = min(disputed, PAID - refunded)
        whole = "refunded" if refunded == PAID else "partly_refunded"
        return "disputed" if disputed else whole if refunded else "paid", refunded, disputed


moved = st.sampled_from(["at once", "later"])
backs = st.lists(st.integers(1, PAID), max_size=3, unique=True).map(lambda totals: tuple(sorted(totals)))
disputes = st.none() | st.tuples(st.integers(1, PAID), st.sampled_from(["open", "won", "lost"]))
stories = st.builds(Story, moved, backs, disputes) | st.builds(
    Story, st.sampled_from(["never", "free"]), st.just(()), st.none()
)


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[list[Story], list[tuple[int, int]]]:
    """Some payments, and the order in which their messages come: each at least once."""
    told = draw(st.lists(stories, min_size=1, max_size=3))
    every = [
        (n, place) for n, story in enumerate(told) for place in range(len(story.messages(str(n), HandClock())))
    ]  # fmt: skip
    again = draw(st.lists(st.sampled_from(every), max_size=5))
    return told, list(draw(st.permutations(every + again)))


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[World]:
    """One world for all examples: a database of its own for each would take minutes."""
    folder = tmp_path_factory.mktemp("shop")
    (folder / "perchoir.db").write_bytes(sqlite_template.read_bytes())
    environ = {"PERCHOIR_DATA_DIR": str(folder), "PERCHOIR_SECRET_KEY": SECRET_KEY, **HOOK}
    world = compose.world(Settings.read(environ), HandClock())
    yield world
    world.db.close()


def settle(world: World, told: list[Story], order: list[tuple[int, int]]) -> list[Row]:
    """All that is kept of the payments when the messages came in this order."""
    clock = HandClock()
    with world.db.write() as session:
        for table in (Refund, Intent, Sale, StripeEvent):
            session.execute(delete(table))
    messages = {n: story.messages(str(n), clock) for n, story in enumerate(told)}
    for n, place in order:
        settle_payment(world, *messages[n][place])
    with world.db.read() as session:
        sales = session.scalars(select(Sale).order_by(Sale.key)).all()
        refunds = session.scalars(select(Refund).order_by(Refund.key)).all()
        return [
            *((s.key, s.state, s.amount, s.tax, s.refunded, s.disputed, s.intent, s.paid_at) for s in sales),
            *((r.key, r.kind, r.total, r.amount, r.at) for r in refunds),
        ]


# the fixture's world is emptied at the beginning of every example
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deliveries())
def test_any_order_with_repeats_ends_as_the_true_one(
    shop: World, delivered: tuple[list[Story], list[tuple[int, int]]]
) -> None:
    told, order = delivered
    kept = settle(shop, told, order)
    assert kept == settle(shop, told, sorted(set(order)))
    sales = {str(row[0]): row for row in kept if len(row) == 8}
    assert len(sales) == len(told)
    for n, story in enumerate(told):
        _, state, amount, _, refunded, disputed, *_ = sales[f"stripe:cs_{n}"]
        assert (state, refunded, disputed) == story.ends
        assert (state in EARNED) == (story.how != "never")
        assert amount == (0 if story.how == "free" else PAID)
    parts = {f"pi_{n}": sum(int(str(row[3])) for row in kept if str(row[0]).startswith(f"pi_{n}:")) for n in range(9)}
    for n, story in enumerate(told):
        assert parts[f"pi_{n}"] == max(story.totals, default=0)
