"""Rollups: a period is the same whether its whole days or its hours are summed."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from campaigns.tracking import tallies
from campaigns.tracking.rollups import LinkHour, Period, counted
from campaigns.tracking.tallies import Tally
from campaigns.world import World
from tests.makers.publishing import make_tweet

START = datetime(2026, 10, 30, tzinfo=UTC)
HOURS = 100


@pytest.fixture
def links(world: World) -> list[str]:
    """Two links with clicks and bots in each of a hundred hours."""
    found = [make_tweet(world).link.id for _ in range(2)]
    tally = Tally()
    for number in range(HOURS):
        for place, link_id in enumerate(found):
            tally.hours[link_id, START + timedelta(hours=number), "human"] += number + place
            tally.hours[link_id, START + timedelta(hours=number), "bot"] += 1
    with world.db.write() as session:
        tallies.write(session, tally)
    return found


@pytest.mark.parametrize(
    "first, last",
    [
        (0, 24), (0, 100), (5, 7), (5, 24), (5, 25), (0, 23), (23, 25), (24, 48), (20, 75), (47, 48), (48, 49), (7, 7),
        (None, 30), (30, None), (None, None),
    ],
)  # fmt: skip
def test_a_period_by_days_is_the_same_as_by_hours(
    world: World, links: list[str], first: int | None, last: int | None
) -> None:
    ends = [None if each is None else START + timedelta(hours=each) for each in (first, last)]
    hours = range(first or 0, HOURS if last is None else last)
    rows = counted(Period(*ends))
    with world.db.read() as session:
        wanted = select(rows.c.link_id, func.sum(rows.c.hits), func.sum(rows.c.human)).group_by(rows.c.link_id)
        told = {link_id: (int(hits), int(human)) for link_id, hits, human in session.execute(wanted)}
    expected = {link_id: (sum(hours) + place * len(hours)) for place, link_id in enumerate(links)}
    assert told == ({each: (clicks + len(hours), clicks) for each, clicks in expected.items()} if hours else {})


def test_only_the_links_that_are_wanted_are_counted(world: World, links: list[str]) -> None:
    rows = counted(Period(), select(LinkHour.link_id).where(LinkHour.link_id == links[0]))
    with world.db.read() as session:
        assert {row.link_id for row in session.execute(select(rows.c.link_id))} == {links[0]}
