"""What lists and pages of links read: few queries, by an index, right to the hit, on both databases."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import event, text

from campaigns.flows.make_link import make_link
from campaigns.measuring import link_lists, link_reports
from campaigns.measuring.link_lists import LinkView
from campaigns.tracking import tallies
from campaigns.tracking.drafts import LinkDraft
from campaigns.tracking.links import Link
from campaigns.tracking.rollups import LinkDay
from campaigns.tracking.tallies import Tally
from campaigns.world import World
from tests.clock import HandClock
from tests.makers.publishing import make_place, make_tweet
from tests.makers.tracking import X_IPHONE, follow

WHOLE = r"Seq Scan on (hits|link_hours|link_sums|link_days)|SCAN (hits|link_hours|link_sums|link_days)\b(?! USING)"
PARIS = ZoneInfo("Europe/Paris")
START = datetime(2026, 11, 2, 9, tzinfo=UTC)


def made(world: World, count: int = 1, **more: Any) -> list[Link]:
    campaign_id = make_place(world).campaign_id
    return [
        make_link(world, campaign_id, LinkDraft(target=f"https://a.example/{n}", name=f"n{n}", **more), who="Léa")
        for n in range(count)
    ]


def hours(world: World, link: Link, clicks: dict[int, int]) -> None:
    """Clicks in the hours after START."""
    tally = Tally()
    for hour, number in clicks.items():
        tally.hours[link.id, START + timedelta(hours=hour), "human"] += number
    with world.db.write() as session:
        tallies.write(session, tally)


@contextmanager
def asked(world: World) -> Iterator[list[tuple[str, Any]]]:
    """The statements that go to the database."""
    seen: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith("SELECT"):
            seen.append((statement, parameters))

    event.listen(world.db.engine, "before_cursor_execute", note)
    yield seen
    event.remove(world.db.engine, "before_cursor_execute", note)


def test_a_page_of_fifty_links_costs_two_queries(world: World) -> None:
    for link in made(world, 51):
        hours(world, link, {0: 2, 3: 1})
    with asked(world) as seen, world.db.read() as session:
        found = link_lists.list_page(session, LinkView())
    assert len(seen) == 2
    assert [row.counts.clicks for row in found.items] == [3] * 50
    with world.db.read() as session:
        rest = link_lists.list_page(session, LinkView(), found.next)
    assert [row.link.name for row in rest.items] == ["n0"]


def test_pages_neither_lose_nor_repeat_links_made_at_one_moment(world: World) -> None:
    made(world, 23)
    names, before = [], None
    while True:
        with world.db.read() as session:
            found = link_lists.list_page(session, LinkView(channel="other"), before, 5)
        names += [row.link.name for row in found.items]
        if not found.next:
            break
        before = found.next
    assert sorted(map(str, names)) == sorted(f"n{n}" for n in range(23))


def test_what_is_searched_for_is_text_and_no_pattern(world: World) -> None:
    [link] = made(world, contact="100 % Zoé_P")
    for words, count in {
        "100 %": 1,
        "zoé_p": 1,
        "ZOÉ": 1,
        "o_é": 0,
        "%": 1,
        "n0 a.example": 1,
        "n0 b.example": 0,
    }.items():
        with world.db.read() as session:
            assert len(link_lists.list_page(session, LinkView(words=words)).items) == count, words
    assert link.search.startswith(link.code.lower())


def test_no_query_of_a_links_page_or_of_the_list_reads_a_whole_table(world: World) -> None:
    [link] = made(world)
    follow(world, link.code)
    with asked(world) as seen, world.db.read() as session:
        link_reports.curve(session, link.id, PARIS)
        link_reports.parts(session, link.id, ("source", "device"))
        link_reports.uniques(session, link.id)
        link_reports.last_hits(session, link.id)
        link_lists.list_page(session, LinkView(campaign_id=link.campaign_id))
        link_lists.list_page(session, LinkView(channel="blog"))
        link_lists.list_page(session, LinkView())
        link_lists.dead_codes(session)
    assert len(seen) == 12 if world.db.engine.dialect.name == "sqlite" else seen
    for statement, parameters in seen:
        for step in plan(world, statement, parameters):
            assert not re.search(WHOLE, step)
            assert "USE TEMP B-TREE FOR ORDER BY" not in step or "link_days" in statement, statement


def plan(world: World, statement: str, parameters: Any) -> list[str]:
    """How the database would do it, whatever little is in its tables."""
    with world.db.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            return [str(row[3]) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
        connection.execute(text("SET enable_seqscan = off"))
        return [str(row[0]) for row in connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)]


def test_a_curve_begins_at_nothing_and_leaves_no_hour_out(world: World) -> None:
    [link] = made(world)
    hours(world, link, {0: 4, 3: 2})
    with world.db.read() as session:
        curve = link_reports.curve(session, link.id, PARIS)
        with_tweet = link_reports.curve(session, link.id, PARIS, since=START - timedelta(hours=2, minutes=-20))
    assert curve is not None
    assert (curve.by, curve.may_switch) == ("hour", False)
    assert [step.clicks for step in curve.steps] == [0, 4, 0, 0, 2]
    assert with_tweet is not None
    assert [step.clicks for step in with_tweet.steps] == [0, 0, 0, 4, 0, 0, 2]


def test_two_weeks_go_by_hours_and_a_longer_time_by_days(world: World) -> None:
    short, long = made(world, 2)
    hours(world, short, {0: 1, 14 * 24 - 1: 1})
    hours(world, long, {0: 1, 14 * 24: 1})
    with world.db.read() as session:
        by_hour = link_reports.curve(session, short.id, PARIS)
        by_day = link_reports.curve(session, long.id, PARIS)
        first = link_reports.curve(session, long.id, PARIS, wanted="hour")
    assert by_hour is not None
    assert by_day is not None
    assert first is not None
    assert (by_hour.by, len(by_hour.steps)) == ("hour", 14 * 24 + 1)
    assert (by_day.by, len(by_day.steps), by_day.may_switch) == ("day", 15, True)
    assert (first.by, len(first.steps), sum(step.clicks for step in first.steps)) == ("hour", 14 * 24 + 1, 1)


def test_years_of_clicks_are_drawn_as_their_last_year(world: World) -> None:
    [link] = made(world)
    hours(world, link, {-24 * 900: 7, 0: 1, -24 * 100: 2})
    with world.db.read() as session:
        curve = link_reports.curve(session, link.id, PARIS)
    assert curve is not None
    assert (len(curve.steps), sum(step.clicks for step in curve.steps)) == (367, 3)


def test_days_are_the_viewers_own_when_clocks_change(world: World) -> None:
    [link] = made(world)
    turns = datetime(2026, 10, 24, 22, tzinfo=UTC)  # midnight in Paris, of a day of 25 hours
    offset = (turns - START) // timedelta(hours=1)
    hours(world, link, {offset: 1, offset + 24: 1, offset + 25: 1, offset - 24 * 20: 1})
    with world.db.read() as session:
        curve = link_reports.curve(session, link.id, PARIS)
    assert curve is not None
    days = {step.at.astimezone(PARIS).date(): step.clicks for step in curve.steps}
    assert len(days) == len(curve.steps)
    assert (days[date(2026, 10, 25)], days[date(2026, 10, 26)]) == (2, 1)
    assert {step.at.astimezone(PARIS).hour for step in curve.steps} == {0}


def test_largest_parts_come_first_and_the_rest_is_summed(world: World) -> None:
    [link] = made(world)
    with world.db.write() as session:
        for n in range(1, 16):
            for day in (1, 2):
                session.add(LinkDay(link_id=link.id, day=date(2026, 11, day), what="browser", value=f"b{n:02}", hits=n))
    with world.db.read() as session:
        parts = link_reports.parts(session, link.id, ("browser", "device"))
    assert parts["browser"].values[:2] == [("b15", 30), ("b14", 28)]
    assert (len(parts["browser"].values), parts["browser"].total, parts["browser"].rest) == (12, 240, 12)
    assert (parts["device"].values, parts["device"].total) == ([], 0)


def test_real_hits_are_counted_once_everywhere(world: World, clock: HandClock) -> None:
    tweet = make_tweet(world)
    code = tweet.link.code
    for address in ("192.0.2.1", "192.0.2.2"):
        follow(world, code, address=address, agent=X_IPHONE)
    follow(world, code, agent="Twitterbot/1.0")
    clock.advance(seconds=86_400)
    follow(world, code, address="192.0.2.1", agent=X_IPHONE, headers={"DNT": "1"})
    with world.db.read() as session:
        counts = link_lists.counts(session, [tweet.link.id])[tweet.link.id]
        assert (counts.hits, counts.clicks, counts.visits) == (4, 3, 0)
        assert link_reports.uniques(session, tweet.link.id) == [(date(2026, 11, 2), 2)]
        assert link_reports.parts(session, tweet.link.id, ("source",))["source"].values == [("link+x t.co", 3)]
        hits = link_reports.last_hits(session, tweet.link.id)
    assert hits[0].klass == "human"
    assert sorted(hit.machine or "" for hit in hits) == ["", "", "", "Twitterbot"]
