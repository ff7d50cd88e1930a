from dataclasses import replace
from datetime import date
from threading import Thread

import pytest

from campaigns.kernel.errors import Problem
from campaigns.kernel.money import Money
from campaigns.planning import campaigns
from campaigns.world import World
from tests.clock import HandClock
from tests.makers.planning import CAMPAIGN, make_campaign


def test_a_campaign_is_kept_as_it_was_written(world: World) -> None:
    made = make_campaign(
        world, name="  Six Vendredis  ", goal="Des leads\r\nd’école", goal_leads=200, starts_on=date(2026, 11, 2),
        ends_on=date(2026, 11, 2), budget=Money(50_000, "eur"),
    )  # fmt: skip
    with world.db.read() as session:
        found = campaigns.find(session, made.id)
    assert (found.slug, found.name, found.goal) == ("six-vendredis", "Six Vendredis", "Des leads\nd’école")
    assert found.budget == Money(50_000, "EUR")
    assert found.created_at == world.clock.now()


def test_every_fault_of_a_draft_is_told_at_once() -> None:
    draft = replace(
        CAMPAIGN, name="", goal="x" * 2001, goal_leads=0, starts_on=date(2026, 11, 3), ends_on=date(2026, 11, 2),
        zone="Mars/Base", budget=Money(0, "XXQ"),
    )  # fmt: skip
    with pytest.raises(Problem) as refused:
        campaigns.check(draft)
    assert [(fault.field, fault.code) for fault in refused.value.faults] == [
        ("name", "required"), ("goal", "too_long"), ("goal_leads", "out_of_range"), ("ends_on", "end_before_start"),
        ("zone", "zone_unknown"), ("budget.currency", "currency_unknown"), ("budget.amount", "budget_not_positive"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "name", ["🧑‍🚀 Fusées", "مجلة المدرسة", "a\u202eb", "n\u00a0bsp", "'; drop table campaigns; --", "100 %_"]
)
def test_any_alphabet_is_a_name(world: World, name: str) -> None:
    made = make_campaign(world, name=name)
    with world.db.read() as session:
        assert campaigns.find(session, made.id).name == name


@pytest.mark.parametrize("name", ["a\x00b", "\x1b[31m", "half \ud83d"])
def test_what_no_database_can_keep_is_refused(name: str) -> None:
    with pytest.raises(Problem) as refused:
        campaigns.check(replace(CAMPAIGN, name=name))
    assert [fault.code for fault in refused.value.faults] == ["control_characters"]


def test_campaigns_of_one_name_have_slugs_of_their_own(world: World) -> None:
    assert [make_campaign(world).slug for _ in range(3)] == ["six-fridays", "six-fridays-2", "six-fridays-3"]


def test_eight_campaigns_of_one_name_at_one_moment_all_get_one(world: World) -> None:
    made: list[str] = []
    threads = [Thread(target=lambda: made.append(make_campaign(world).slug)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 8


def test_a_change_keeps_the_slug(world: World, clock: HandClock) -> None:
    made = make_campaign(world)
    later = clock.advance(hours=1)
    with world.db.write() as session:
        campaign = campaigns.find(session, made.id, to_change=True)
        campaigns.update(session, campaign, replace(campaigns.draft_of(campaign), name="Seven"), later)
    with world.db.read() as session:
        found = campaigns.find(session, made.id)
    assert (found.name, found.slug, found.created_at, found.updated_at) == ("Seven", made.slug, made.created_at, later)


@pytest.mark.parametrize("unknown", ["0193a1b2-0000-7000-8000-00000000000a", "x", "'", "\x00", ""])
def test_an_unknown_id_is_missing(world: World, unknown: str) -> None:
    with world.db.read() as session, pytest.raises(Problem) as refused:
        campaigns.find(session, unknown)
    assert refused.value.kind == "missing"


def test_pages_of_the_list_hold_each_campaign_once_newest_first(world: World, clock: HandClock) -> None:
    made = []
    for number in range(7):
        made.append(make_campaign(world).id)
        if number % 2:  # some at the same moment
            clock.advance(seconds=1)
    seen: list[str] = []
    cursor = None
    while True:
        with world.db.read() as session:
            page = campaigns.list_page(session, before=cursor, limit=3)
        seen += [row.id for row in page.items]
        cursor = page.next
        if not cursor:
            break
    assert sorted(seen) == sorted(made)
    assert seen[0] == made[-1]


def test_a_cursor_that_is_not_one_is_refused(world: World) -> None:
    for cursor in ("x", "W10", "bnVsbA", "é", "W1tdLFtdXQ", "9" * 100):
        with world.db.read() as session, pytest.raises(Problem) as refused:
            campaigns.list_page(session, before=cursor)
        assert [fault.field for fault in refused.value.faults] == ["cursor"]
