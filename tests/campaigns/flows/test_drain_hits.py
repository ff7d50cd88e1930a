"""The drainer: each hit once, whatever dies, repeats, comes late or comes twice."""

import contextlib
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from campaigns.flows.drain_hits import drain_hits, drainer
from campaigns.flows.follow_link import follow_link
from campaigns.flows.keep_house import keep_house
from campaigns.kernel.codes import id_text
from campaigns.kernel.db import Database
from campaigns.tracking import rollups, segments
from campaigns.tracking.drains import Drain
from campaigns.tracking.hits import Hit
from campaigns.tracking.links import Link
from campaigns.tracking.rollups import DeadCode, LinkDay, LinkHour
from campaigns.tracking.visits import Visit
from campaigns.world import World
from tests.clock import HandClock
from tests.makers.spooling import classes, click, counted, hit_at, lost, spool_of, visit
from tests.makers.tracking import ask


def test_what_was_spooled_is_in_the_reports_once(world: World, link: Link) -> None:
    for person in range(5):
        click(world, link, person)
    assert drain_hits(world) == 5
    assert drain_hits(world) == 0
    assert (classes(world), counted(world)) == (["human"] * 5, {"human": 5})
    assert segments.depth(spool_of(world)).rows == 0


def test_dying_between_the_commit_and_the_removal_counts_nothing_twice(world: World, link: Link) -> None:
    for person in range(5):
        click(world, link, person)
    world.spool.close()  # its process is dead: the next thing would be the removal of its file
    kept = drainer(world)

    def killed(*_: object) -> bool:
        raise SystemExit("killed")

    kept.spooled.remove = killed  # type: ignore[assignment, method-assign]
    with pytest.raises(SystemExit):
        drain_hits(world, kept)
    assert counted(world) == {"human": 5}
    assert drain_hits(world) == 0  # another one, without any memory
    assert counted(world) == {"human": 5}
    assert list(spool_of(world).glob("*.spool")) == []


def test_dying_before_the_commit_forgets_nothing(world: World, link: Link) -> None:
    for person in range(5):
        click(world, link, person)

    class Stops(Database):
        def __init__(self, whole: Database) -> None:
            self.__dict__.update(whole.__dict__)

        @contextlib.contextmanager
        def write(self):  # type: ignore[no-untyped-def, override]
            with super().write() as session:
                yield session
                if session.scalar(select(func.count()).select_from(Hit)):
                    raise SystemExit("killed before the commit")

    with pytest.raises(SystemExit):
        drain_hits(replace(world, db=Stops(world.db)))
    assert classes(world) == []
    assert drain_hits(world) == 5
    assert counted(world) == {"human": 5}


def test_a_copied_spool_counts_nothing_twice(world: World, link: Link, tmp_path: Path) -> None:
    hits = [click(world, link, person) for person in range(5)]
    visit(world, link, hits[0])
    world.spool.close()
    shutil.copytree(spool_of(world), tmp_path / "copy")
    assert drain_hits(world) == 6
    before = counted(world)
    for n, path in enumerate(sorted((tmp_path / "copy").glob("*.spool"))):
        for name in (path.name, f"renamed{n}.spool"):  # as it was, and under a name that nobody knows
            shutil.copy(path, spool_of(world) / name)
    drain_hits(world)
    assert counted(world) == before == {"human": 5, "visits": 1}
    assert len(classes(world)) == 5
    assert list(spool_of(world).glob("*.spool")) == []


def test_a_visit_may_come_with_its_click_before_it_or_after_it(world: World, other_node: World, link: Link) -> None:
    with_it, before, after = (click(world, link, person) for person in range(3))
    visit(world, link, with_it)
    visit(other_node, link, before)
    drain_hits(other_node)  # its click is on a machine that drains later
    assert counted(world) == {}
    drain_hits(world)
    assert counted(world) == {"human": 3, "visits": 2}
    visit(other_node, link, after)
    visit(other_node, link, before)  # reloaded
    drain_hits(other_node)
    assert counted(world) == {"human": 3, "visits": 3}


def test_the_visit_of_a_hit_that_was_no_click_is_none(world: World, link: Link) -> None:
    first = click(world, link)
    again = click(world, link)
    for hit in (first, again):
        visit(world, link, hit)
    drain_hits(world)
    assert counted(world) == {"human": 1, "duplicate": 1, "visits": 1}


def test_two_nodes_drain_into_one_database_at_once(world: World, other_node: World, link: Link) -> None:
    for person in range(40):
        click(world if person % 2 else other_node, link, person)
        click(other_node if person % 2 else world, link, person)
    start = threading.Barrier(2)

    def drain(node: World) -> int:
        start.wait()
        return drain_hits(node)

    with ThreadPoolExecutor(2) as threads:
        assert sum(threads.map(drain, (world, other_node))) == 80
    assert counted(world) == {"human": 40, "duplicate": 40}
    assert len(classes(world)) == 80


def test_a_second_drainer_of_the_same_node_leaves_it_to_the_first(world: World, link: Link) -> None:
    click(world, link)
    kept = drainer(world)
    with kept.spooled.alone():
        assert drain_hits(world) == 0
    assert drain_hits(world) == 1


def test_a_clock_stepped_back_counts_each_hit_where_it_was_said_to_come(
    world: World, link: Link, clock: HandClock
) -> None:
    click(world, link, 1)
    clock.advance(hours=-1)
    click(world, link, 1)
    clock.advance(minutes=-10)
    click(world, link, 1)
    drain_hits(world)
    assert counted(world) == {"human": 2, "duplicate": 1}
    with world.db.read() as session:
        assert session.scalar(select(func.count(func.distinct(LinkHour.hour)))) in (2, 3)


def test_spools_drained_out_of_order_make_a_visitors_clicks_what_they_were(
    world: World, other_node: World, link: Link, clock: HandClock
) -> None:
    now, visitor = clock.now(), b"v" * 16
    hit_at(world, link, now, visitor)
    hit_at(other_node, link, now - timedelta(minutes=10), visitor)
    hit_at(other_node, link, now + timedelta(minutes=45), visitor)
    drain_hits(world)
    drain_hits(other_node)
    assert counted(world) == {"human": 2, "duplicate": 1}
    with world.db.read() as session:
        assert session.scalar(select(LinkDay.hits).where(LinkDay.what == "unique")) == 1


def test_a_hit_from_years_away_is_kept_where_it_says(world: World, link: Link, clock: HandClock) -> None:
    for years in (-5, 20):
        hit_at(world, link, clock.now() + timedelta(days=365 * years), b"x" * 16)
    assert drain_hits(world) == 2
    assert (len(classes(world)), lost(world)) == (2, 0)


def test_the_cap_closes_the_link_for_every_process(world: World, other_node: World, link: Link) -> None:
    with world.db.write() as session:
        session.get_one(Link, link.id).most_clicks = 3
    for person in range(3):
        click(world, link, person)
    drain_hits(world)
    with world.db.read() as session:
        capped_at = session.get_one(Link, link.id).capped_at
    assert capped_at == world.clock.now()
    assert follow_link(other_node, ask(link.code, address="192.0.2.9")) is None
    assert follow_link(world, ask(link.code, address="192.0.2.9")) is None
    for node in (world, other_node):
        drain_hits(node)
    assert counted(world) == {"human": 3, "dead_link": 2}


def test_codes_that_are_nobodys_are_counted_apart(world: World) -> None:
    for _ in range(3):
        follow_link(world, ask("nobodys"))
    drain_hits(world)
    with world.db.read() as session:
        [dead] = session.scalars(select(DeadCode))
    assert (dead.code, dead.hits, dead.people) == ("nobodys", 3, 3)
    assert classes(world) == ["dead_link"] * 3


def test_an_idle_drainer_asks_the_database_nothing(world: World, link: Link) -> None:
    click(world, link)
    kept = drainer(world)
    drain_hits(world, kept)
    drain_hits(world, kept)
    away = replace(world, db=Database("postgresql+psycopg://nobody@127.0.0.1:1/nothing"))
    assert drain_hits(away, kept) == 0
    kept.spooled.close()


def test_a_drainer_stops_between_two_batches_when_asked(world: World, link: Link) -> None:
    for person in range(3):
        click(world, link, person)
    assert drain_hits(world, is_stopping=lambda: True) == 0
    assert segments.depth(spool_of(world)).rows == 3


def test_progress_is_forgotten_after_a_month_and_a_file_that_turns_up_is_known_by_its_hits(
    world: World, link: Link, tmp_path: Path, clock: HandClock
) -> None:
    click(world, link)
    world.spool.close()
    shutil.copytree(spool_of(world), tmp_path / "copy")
    drain_hits(world)
    with world.db.write() as session:
        session.execute(Drain.__table__.delete())
    clock.advance(days=32)
    for path in (tmp_path / "copy").glob("*.spool"):
        shutil.copy(path, spool_of(world))
    drain_hits(world)
    assert counted(world) == {"human": 1}


def test_a_segment_that_is_quiet_for_months_is_not_counted_again(world: World, link: Link, clock: HandClock) -> None:
    assert world.settings.hits_kept_days == 395
    click(world, link)
    assert world.spool._segment
    world.spool._segment.lose(7)
    kept = drainer(world)
    drain_hits(world, kept)
    for _ in range(420):
        clock.advance(days=1)
        drain_hits(world, kept)
        keep_house(world)
    click(world, link, 2)
    drain_hits(world, kept)
    drain_hits(world)
    assert (counted(world), lost(world)) == ({"human": 2}, 7)
    kept.spooled.close()


def test_a_hit_keeps_the_id_and_the_moment_that_the_visitor_was_given(world: World, link: Link) -> None:
    given = id_text(click(world, link))
    drain_hits(world)
    with world.db.read() as session:
        [hit] = session.scalars(select(Hit))
        assert (hit.id, hit.at, hit.link_id) == (given, world.clock.now(), link.id)
        assert rollups.clicks_of(session, [link.id]) == {link.id: 1}
        assert session.scalars(select(Visit)).all() == []


def test_a_segment_is_read_while_it_is_written(world: World, link: Link) -> None:
    stop = threading.Event()

    def write() -> int:
        n = 0
        while not stop.is_set():
            click(world, link, n % 200)
            n += 1
            stop.wait(0.001)  # what is written must not outrun what is read
        return n

    kept = drainer(world)
    with ThreadPoolExecutor(2) as threads:
        writers = [threads.submit(write) for _ in range(2)]
        try:
            drained = sum(drain_hits(world, kept) for _ in range(20))
        finally:
            stop.set()
        written = sum(writer.result() for writer in writers)
    drained += drain_hits(world, kept)
    assert drained == written == len(classes(world)) == sum(counted(world).values())
    kept.spooled.close()
