"""How long raw hits are kept: to the day, deleted some at a time, by month on PostgreSQL; and their counts for ever."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import UTC, datetime, timedelta
from time import monotonic

import pytest
from sqlalchemy import Connection, func, insert, select, text
from structlog.testing import capture_logs

from campaigns.flows.drain_hits import drain_hits
from campaigns.flows.keep_house import keep_house
from campaigns.kernel.codes import id_bytes
from campaigns.kernel.db import take_turns
from campaigns.tracking import months, rollups, visitors
from campaigns.tracking.hits import Hit
from campaigns.tracking.links import Link
from campaigns.tracking.rollups import DeadCode
from campaigns.tracking.spool import Raw
from campaigns.tracking.visitors import RecentVisitor, Salt
from campaigns.tracking.visits import EPOCH, Visit
from campaigns.world import World
from tests.clock import HandClock
from tests.makers.publishing import make_tweet
from tests.makers.tracking import FIREFOX, follow


@pytest.fixture
def environ(environ: dict[str, str]) -> dict[str, str]:
    return environ | {"PERCHOIR_HITS_KEPT_DAYS": "30"}


@pytest.fixture
def link(world: World) -> Link:
    return make_tweet(world).link


def parts(world: World) -> dict[str, int]:
    """Where PostgreSQL keeps hits, with how many."""
    with world.db.read() as session:
        names = session.scalars(
            text("SELECT relname FROM pg_inherits JOIN pg_class ON oid = inhrelid WHERE inhparent = 'hits'::regclass")
        )
        return {name: session.scalar(text(f"SELECT count(*) FROM {name}")) or 0 for name in names}


def hits(world: World) -> list[datetime]:
    with world.db.read() as session:
        return list(session.scalars(select(Hit.at).order_by(Hit.at)))


def bring(world: World, link: Link, moments: Iterable[datetime], *, with_visits: bool = False) -> None:
    """Clicks of these moments, each by somebody else, and the pages that they led to."""
    for moment in moments:
        at = (moment - EPOCH) // timedelta(microseconds=1)
        hit = id_bytes(at)
        row = Raw("hit", hit, at, link.id, link.code, "GET", FIREFOX, "t.co", None, hit, "link+x", 0, None)
        assert world.spool.put(row)
        if with_visits:
            seen = row._replace(kind="visit", id=id_bytes(at + 1), at=at + 1, visitor=None, about=hit)
            assert world.spool.put(seen)
    drain_hits(world)


def clicks(world: World, link: Link) -> int:
    with world.db.read() as session:
        return rollups.clicks_of(session, [link.id])[link.id]


def on_postgresql(world: World) -> None:
    if world.db.is_sqlite:
        pytest.skip("SQLite keeps all hits in one table")


def test_this_month_and_the_next_two_are_made_ahead(world: World, clock: HandClock) -> None:
    on_postgresql(world)
    clock.set(datetime(2026, 11, 30, 23, 59, tzinfo=UTC))
    keep_house(world)
    assert parts(world).keys() == {"hits_rest", "hits_2026_11", "hits_2026_12", "hits_2027_01"}
    keep_house(world)
    clock.set(datetime(2026, 12, 1, tzinfo=UTC))
    keep_house(world)
    assert parts(world).keys() == {"hits_rest", "hits_2026_11", "hits_2026_12", "hits_2027_01", "hits_2027_02"}


def test_a_hit_goes_into_its_month_by_utc(world: World, link: Link, clock: HandClock) -> None:
    on_postgresql(world)
    keep_house(world)
    bring(world, link, [datetime(2026, 11, 30, 23, 59, 59, 999_999, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)])
    assert parts(world) == {"hits_rest": 0, "hits_2026_11": 1, "hits_2026_12": 1, "hits_2027_01": 0}


def test_what_fell_into_the_net_moves_when_its_month_is_made(world: World, link: Link, clock: HandClock) -> None:
    on_postgresql(world)
    told = [clock.now() + timedelta(days=days) for days in (-40, 0, 1, 31, 400)]
    bring(world, link, told)
    assert parts(world) == {"hits_rest": 5}
    with world.db.write() as session:
        assert months.make_ahead(session, clock.now()) == ["hits_2026_11", "hits_2026_12", "hits_2027_01"]
    assert parts(world) == {"hits_rest": 2, "hits_2026_11": 2, "hits_2026_12": 1, "hits_2027_01": 0}
    assert hits(world) == told
    bring(world, link, told)  # other people
    assert len(hits(world)) == 10
    assert parts(world)["hits_rest"] == 4


def test_days_that_are_over_are_forgotten_with_their_visits_and_their_counts_stay(
    world: World, link: Link, clock: HandClock
) -> None:
    keep_house(world)
    clock.set(datetime(2026, 11, 2, 9, tzinfo=UTC))
    bring(world, link, [clock.now(), clock.now() + timedelta(days=40)], with_visits=True)
    clock.set(datetime(2026, 12, 31, tzinfo=UTC))  # November is over for thirty days
    keep_house(world)
    assert hits(world) == [datetime(2026, 12, 12, 9, tzinfo=UTC)]
    with world.db.read() as session:
        assert [at.month for at in session.scalars(select(Visit.at))] == [12]
    assert clicks(world, link) == 2
    if not world.db.is_sqlite:
        assert "hits_2026_11" not in parts(world)


def test_what_is_kept_is_kept_to_the_day(world: World, link: Link, clock: HandClock) -> None:
    first = months.kept_since(clock.now(), 30)
    assert first == datetime(2026, 10, 3, tzinfo=UTC)
    told = [first - timedelta(milliseconds=1), first, first + timedelta(hours=1)]
    bring(world, link, told)  # before any month was made: the net keeps to the same day
    keep_house(world)
    assert hits(world) == told[1:]


def test_a_month_stays_as_long_as_a_day_of_it_is_kept(world: World, link: Link, clock: HandClock) -> None:
    on_postgresql(world)
    keep_house(world)
    last = datetime(2026, 11, 30, 23, 59, 59, 999_000, tzinfo=UTC)
    bring(world, link, [clock.now(), last])
    clock.set(datetime(2026, 12, 30, 23, 59, tzinfo=UTC))
    keep_house(world)
    assert hits(world) == [last]
    assert parts(world)["hits_2026_11"] == 1
    clock.advance(minutes=1)
    keep_house(world)
    assert "hits_2026_11" not in parts(world)


def test_each_day_that_is_over_is_forgotten_before_its_month_is(world: World, link: Link, clock: HandClock) -> None:
    keep_house(world)
    days = [datetime(2026, 11, day, hour, tzinfo=UTC) for day in range(2, 31) for hour in (0, 23)]
    bring(world, link, days, with_visits=True)
    for kept_from in (3, 4, 17, 30):
        clock.set(datetime(2026, 11, kept_from, tzinfo=UTC) + timedelta(days=30, hours=kept_from % 24))
        keep_house(world)
        assert hits(world) == [at for at in days if at.day >= kept_from]
        with world.db.read() as session:
            assert session.scalar(select(func.count()).select_from(Visit)) == 2 * (31 - kept_from)
    assert clicks(world, link) == len(days)


@pytest.fixture
def reading(world: World) -> Iterator[Connection]:
    """A report that has read hits and hangs there."""
    with world.db.engine.connect() as reader:
        yield reader


@pytest.mark.parametrize("work", ["make", "drop"])
def test_who_reads_hits_for_long_holds_up_neither_drainers_nor_the_house(
    world: World, link: Link, clock: HandClock, reading: Connection, work: str
) -> None:
    on_postgresql(world)
    if work == "drop":
        keep_house(world)
    bring(world, link, [clock.now()])
    before = parts(world).keys()
    if work == "drop":
        clock.set(datetime(2027, 1, 1, tzinfo=UTC))
        with world.db.write() as session:
            months.make_ahead(session, clock.now())
        before = parts(world).keys()
    assert reading.scalar(select(func.count()).select_from(Hit)) == 1
    with ThreadPoolExecutor(1) as worker, capture_logs() as logs:
        begin = monotonic()
        house = worker.submit(keep_house, world)
        drains = []
        while not house.done():
            drains.append(timed_bring(world, link, clock.now()))
        drains.append(timed_bring(world, link, clock.now()))
        house.result()
        took = monotonic() - begin
    assert parts(world).keys() == before
    assert (max(drains) < 2, took < 4) == (True, True), (drains, took)
    assert logs == [{"event": "months_later", "step": work, "log_level": "info"}]
    reading.rollback()
    keep_house(world)
    there = {"make": {"hits_2026_11", "hits_2026_12", "hits_2027_01"}, "drop": before - {"hits_2026_11"}}
    assert parts(world).keys() == there[work] | {"hits_rest"}
    assert clicks(world, link) == len(drains) + 1


def timed_bring(world: World, link: Link, at: datetime) -> float:
    begin = monotonic()
    bring(world, link, [at])
    return monotonic() - begin


def test_many_are_forgotten_some_at_a_time(world: World, link: Link, clock: HandClock) -> None:
    begin = clock.now() - timedelta(days=60)
    bring(world, link, [begin + timedelta(seconds=n) for n in range(months.MOST_ROWS + 10)])
    left = []
    for _ in range(3):
        keep_house(world)
        left.append(len(hits(world)))
    assert left == [10, 0, 0]
    assert clicks(world, link) == months.MOST_ROWS + 10


def test_a_hit_that_comes_after_its_month_was_dropped_is_counted_and_forgotten(
    world: World, link: Link, clock: HandClock
) -> None:
    keep_house(world)
    came_at = clock.now()
    clock.advance(days=100)
    keep_house(world)
    bring(world, link, [came_at])
    assert hits(world) == [came_at]
    keep_house(world)
    assert hits(world) == []
    assert clicks(world, link) == 1


def test_who_a_visitor_was_is_forgotten_after_48_hours(world: World, link: Link, clock: HandClock) -> None:
    follow(world, link.code)
    keep_house(world)
    clock.advance(hours=47)
    keep_house(world)
    with world.db.read() as session:
        before = [session.scalar(select(func.count()).select_from(table)) for table in (Salt, RecentVisitor)]
    clock.advance(hours=1)
    keep_house(world)
    with world.db.read() as session:
        after = [session.scalar(select(func.count()).select_from(table)) for table in (Salt, RecentVisitor)]
    assert (before, after) == ([1, 1], [0, 0])


def test_who_comes_back_after_48_hours_is_not_recognised(world: World, link: Link, clock: HandClock) -> None:
    """With the day's salt gone, the same address and browser make another visitor, even of the same day."""
    day = clock.now()
    with world.db.write() as session:
        salt = visitors.salt_of(session, day, day)
        visitors.note_member(session, visitors.hash_of(salt, "192.0.2.1", FIREFOX).hex(), day)
    clock.advance(hours=48)
    keep_house(world)
    with world.db.write() as session:
        assert visitors.kept_salt(session, day) is None
        assert visitors.members(session) == set()
        again = visitors.salt_of(session, day, clock.now())
    assert visitors.hash_of(again, "192.0.2.1", FIREFOX) != visitors.hash_of(salt, "192.0.2.1", FIREFOX)


def test_a_salt_made_ahead_lasts_as_long_as_its_day(world: World, clock: HandClock) -> None:
    clock.set(datetime(2026, 11, 2, tzinfo=UTC))
    tomorrow = clock.now() + timedelta(days=1)
    with world.db.write() as session:
        salt = visitors.salt_of(session, tomorrow, clock.now())  # nobody makes it earlier than this
    clock.set(tomorrow + timedelta(hours=23, minutes=59, seconds=59))
    keep_house(world)
    with world.db.read() as session:
        assert visitors.kept_salt(session, tomorrow) == salt
    clock.advance(seconds=1)
    keep_house(world)
    with world.db.read() as session:
        assert visitors.kept_salt(session, tomorrow) is None


def test_keeping_house_takes_no_turn_of_the_drainers_when_no_month_is_missing(world: World, clock: HandClock) -> None:
    on_postgresql(world)
    keep_house(world)
    with world.db.write() as draining, ThreadPoolExecutor(1) as worker:
        take_turns(draining, "drain_hits")
        draining.execute(select(Hit.id).limit(1))
        assert worker.submit(keep_house, world).exception(timeout=20) is None


def test_workers_at_one_moment_make_and_drop_each_month_once(world: World) -> None:
    on_postgresql(world)

    def make() -> int:
        with world.db.write() as session:
            return len(months.make_ahead(session, datetime(2026, 11, 2, 9, tzinfo=UTC)))

    def drop() -> int:
        with world.db.write() as session:
            return len(months.drop_months(session, datetime(2027, 1, 31, tzinfo=UTC), 30))

    for step, changed, there in [
        (make, 3, {"hits_2026_11", "hits_2026_12", "hits_2027_01"}),
        (drop, 2, {"hits_2027_01"}),
    ]:
        with ThreadPoolExecutor(2) as workers:
            with world.db.write() as draining:  # both see the same months missing, or over, and wait
                take_turns(draining, "drain_hits")
                both = [workers.submit(step) for _ in range(2)]
                assert not wait(both, timeout=1).done
            assert sorted(each.result(timeout=20) for each in both) == [0, changed]
        assert parts(world).keys() == {"hits_rest"} | there


def test_the_code_that_nobody_asks_for_any_more_is_forgotten(world: World, clock: HandClock) -> None:
    follow(world, "old")
    clock.advance(days=60)
    follow(world, "asked-again")
    clock.advance(days=30, minutes=1)
    follow(world, "asked-again")
    keep_house(world)
    with world.db.read() as session:
        assert session.scalars(select(DeadCode.code)).all() == ["asked-again"]


def test_codes_tried_at_random_do_not_fill_the_disk(world: World, clock: HandClock) -> None:
    follow(world, "printed-wrongly")
    now = clock.now()
    tried = [
        {"code": f"try{n}", "hits": 1, "people": 0, "first_at": now, "last_at": now} for n in range(months.MOST_CODES)
    ]
    with world.db.write() as session:
        session.execute(insert(DeadCode), tried)
    keep_house(world)
    with world.db.read() as session:
        assert session.scalar(select(func.count()).select_from(DeadCode)) == months.MOST_CODES
        assert session.scalar(select(DeadCode.people).where(DeadCode.code == "printed-wrongly")) == 1
