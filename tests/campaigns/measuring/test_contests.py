"""Pages, campaigns and periods beside each other: the same league, from the same counts as their reports."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from campaigns.kernel.codes import new_id
from campaigns.kernel.errors import Problem
from campaigns.measuring import contests, funnels, leagues
from campaigns.planning import campaigns, offers, pages
from campaigns.planning.pages import PageDraft
from campaigns.tracking.visits import Visit
from campaigns.world import World
from tests.clock import HandClock
from tests.makers.publishing import Place, make_place, make_tweet
from tests.makers.reports import asked
from tests.makers.tracking import follow, make_lead, make_person, make_touch


def brought(world: World, place: Place, clicks: int, leads: int) -> None:
    """So many clicks on a tweet of its own, and leads owed to it."""
    made = make_tweet(world, place, f"{new_id()} {{link}}")
    for n in range(clicks):
        follow(world, made.link.code, address=f"192.0.2.{n}")
    for _ in range(leads):
        person = make_person(world)
        make_touch(world, person, made.tweet.id)
        make_lead(world, place, person)


def test_campaigns_stand_with_the_totals_of_their_reports(world: World) -> None:
    first, second = make_place(world), make_place(world)
    brought(world, first, 3, 1)
    brought(world, second, 4, 2)
    with world.db.read() as session:
        rows = contests.of_campaigns(session, asked(), [])
        totals = {
            each.campaign_id: funnels.report(session, campaigns.find(session, each.campaign_id), asked()).totals
            for each in (first, second)
        }  # fmt: skip
        only = contests.of_campaigns(session, asked(), [first.campaign_id])
    assert {row.key: row.figures for row in rows} == totals
    assert [row.key for row in only] == [first.campaign_id]
    assert [(each.leads, each.clicks, each.p) for each in leagues.league(rows).standings] == [
        (2, 4, None),
        (1, 3, None),
    ]


def test_a_campaign_stands_beside_itself_in_other_periods(world: World, clock: HandClock) -> None:
    place, began = make_place(world), clock.now()
    brought(world, place, 2, 1)
    clock.advance(days=10)
    brought(world, place, 3, 2)
    day = began.date()
    spans = [(day, day), (day + timedelta(days=10), day + timedelta(days=11))]
    with world.db.read() as session:
        campaign = campaigns.find(session, place.campaign_id)
        rows = contests.of_periods(session, campaign, asked(), spans)
    assert [(row.figures.clicks, row.figures.leads) for row in rows] == [(2, 1), (3, 2)]
    assert rows[0].key == f"{day}..{day}"


def test_pages_stand_with_their_visits_and_leads(world: World, clock: HandClock) -> None:
    place, now = make_place(world), clock.now()
    with world.db.write() as session:
        other = pages.create(session, offers.find(session, place.offer_id), PageDraft("en", "The guide"), now)
        values: list[dict[str, Any]] = [
            {"id": new_id(), "at": now, "link_id": None, "page_id": page_id, "evidence": "direct", "source": "",
             "browser": None, "counted": True}
            for page_id, visits in ((place.page_id, 4), (other.id, 2)) for _ in range(visits)
        ]  # fmt: skip
        session.execute(insert(Visit), values)
    make_lead(world, place, make_person(world))
    make_lead(world, replace(place, page_id=other.id), make_person(world))
    make_lead(world, make_place(world), make_person(world))
    with world.db.read() as session:
        rows = contests.of_pages(session, campaigns.find(session, place.campaign_id), asked())
        names = contests.names_of_pages(session, [row.key for row in rows])
    told = {row.key: (row.figures.clicks, row.figures.leads) for row in rows}
    assert told == {place.page_id: (4, 1), other.id: (2, 1)}
    assert names[other.id].startswith("The guide (/p/")


@pytest.mark.parametrize(
    "text,code",
    [
        ("2026-10-01..2026-10-05,2026-10-05..2026-10-09", "periods_overlap"),
        ("2026-10-05..2026-10-01", "end_before_start"),
        ("2026-10-05", "date_unreadable"),
        (",".join(f"20{n:02d}-01-01..20{n:02d}-01-02" for n in range(13)), "out_of_range"),
    ],
)
def test_periods_that_cannot_be_compared_are_refused(text: str, code: str) -> None:
    with pytest.raises(Problem, match=code):
        contests.periods(text)


def test_periods_are_read_in_the_order_given() -> None:
    assert contests.periods("2026-11-01..2026-11-02, 2026-10-01..2026-10-01,") == [
        (date(2026, 11, 1), date(2026, 11, 2)), (date(2026, 10, 1), date(2026, 10, 1))
    ]  # fmt: skip
