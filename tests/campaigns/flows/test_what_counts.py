"""What forms, states and money leave as conversions: each once, on its day, and none of our own people's."""

from datetime import timedelta

from sqlalchemy import select

from campaigns.capturing.conversions import Conversion
from campaigns.flows.enter_sale import enter_sale, withdraw_sale
from campaigns.flows.work_lead import work_leads
from campaigns.world import World
from tests.clock import HandClock
from tests.makers.capturing import claim, lead_of
from tests.makers.people import make_member
from tests.makers.planning import make_coupon, make_page

ME = {"who": "Zoé", "user_id": None}


def told(world: World) -> list[tuple[str, int, str | None]]:
    with world.db.read() as session:
        rows = session.scalars(select(Conversion).order_by(Conversion.at, Conversion.kind))
        return [(row.kind, row.amount, row.excluded) for row in rows]


def test_a_form_is_a_lead_another_a_repeat_and_the_same_again_nothing(world: World, clock: HandClock) -> None:
    page = make_page(world, make_coupon(world))
    claim(world, page)
    claim(world, page)
    clock.advance(minutes=5)
    claim(world, page, school="Une autre école")
    assert told(world) == [("lead", 0, None), ("repeat", 0, None)]


def test_forms_of_our_own_people_are_kept_and_excluded(world: World) -> None:
    page = make_page(world, make_coupon(world))
    make_member(world, "sales", email="mael@feuillet.example")
    own = claim(world, page, "Mael@Feuillet.example")
    signed_in = claim(world, page, "zoe@ecole.example", member=True)
    assert [lead_of(world, each.lead_id).excluded for each in (own, signed_in)] == ["internal", "internal"]
    assert told(world) == [("lead", 0, "internal"), ("lead", 0, "internal")]


def test_qualified_once_and_back_to_new_never(world: World, clock: HandClock) -> None:
    lead = claim(world, make_page(world, make_coupon(world))).lead_id
    for state, expected in (
        ("qualified", None), ("won", None), ("lost", None), ("new", "withdrawn"), ("won", None),
    ):  # fmt: skip
        clock.advance(minutes=1)
        work_leads(world, [lead], state, **ME)
        assert told(world)[1:] == [("qualified", 0, expected)]


def test_an_entered_sale_is_corrected_withdrawn_and_comes_back_as_one(world: World, clock: HandClock) -> None:
    lead = claim(world, make_page(world, make_coupon(world))).lead_id
    clock.advance(minutes=1)
    for amount in (9_600, 9_600, 8_000):
        enter_sale(world, lead, amount, "EUR", **ME)
    money = [row for row in told(world) if row[0] in ("sale", "customer")]
    assert money == [("customer", 0, None), ("sale", 8_000, None)]
    withdraw_sale(world, lead, **ME)
    assert [row for row in told(world) if row[0] in ("sale", "customer")] == [
        ("customer", 0, "withdrawn"), ("sale", 8_000, "withdrawn"),
    ]  # fmt: skip
    clock.advance(minutes=1)
    enter_sale(world, lead, 700, "EUR", **ME)
    assert [row for row in told(world) if row[0] in ("sale", "customer")] == [
        ("customer", 0, None),
        ("sale", 700, None),
    ]
    with world.db.read() as session:
        at = {row.kind: row.at for row in session.scalars(select(Conversion))}
    assert at["sale"] == at["customer"] == clock.now() - timedelta(minutes=1)  # a correction keeps the sale's moment
