"""The directory: what a process knows of links, at once, soon, and while the database is away or hangs."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from campaigns import compose
from campaigns.flows.drain_hits import drain_hits
from campaigns.flows.follow_link import follow_link
from campaigns.kernel import editions
from campaigns.kernel.db import Database
from campaigns.kernel.errors import Problem, problem
from campaigns.settings import Settings
from campaigns.tracking import directory, links
from campaigns.tracking.directory import Directory
from campaigns.tracking.hits import Hit
from campaigns.tracking.links import Link
from campaigns.world import World
from tests.clock import HandClock
from tests.makers.publishing import make_tweet
from tests.makers.tracking import ask

SOON_S = directory.LOOK_EVERY_S + 0.05


class Switch(Database):
    """A database that can be away, or hang until it is let go."""

    def __init__(self, whole: Database) -> None:
        self.__dict__.update(whole.__dict__)
        self.is_off = False
        self.goes_on = threading.Event()
        self.goes_on.set()
        self.asked = 0

    @contextlib.contextmanager
    def read(self) -> Iterator[Session]:
        self._ask()
        with super().read() as session:
            yield session

    @contextlib.contextmanager
    def write(self) -> Iterator[Session]:
        self._ask()
        with super().write() as session:
            yield session

    def _ask(self) -> None:
        self.asked += 1
        self.goes_on.wait(20)
        if self.is_off:
            raise problem("later", "database_away")


@pytest.fixture
def db(world: World) -> Switch:
    return Switch(world.db)


@pytest.fixture
def process(world: World, db: Switch) -> Iterator[World]:
    """A web process whose database can be switched off."""
    known = Directory(db, world.settings)
    yield replace(world, db=db, directory=known)
    db.goes_on.set()
    known.close()


@pytest.fixture
def other_process(environ: dict[str, str], clock: HandClock) -> Iterator[World]:
    made = compose.world(Settings.read(environ), clock)
    yield made
    made.close()


@pytest.fixture
def link(world: World) -> Link:
    return make_tweet(world).link


def switch_off(world: World, link: Link) -> None:
    with world.db.write() as session:
        assert links.disable(session, link.id, world.clock.now())


def leads(world: World, link: Link) -> bool:
    way = world.directory.find(link.code, world.clock.now())
    assert way
    return way.leads(0 if way.starts_us else 1) is not None


def until(is_so: Callable[[], bool], seconds: float) -> float:
    began = time.monotonic()
    while not is_so():
        assert time.monotonic() - began < seconds, "not in time"
        time.sleep(0.01)
    return time.monotonic() - began


def test_ones_own_change_is_known_at_once(process: World, link: Link) -> None:
    assert leads(process, link)
    switch_off(process, link)
    assert not leads(process, link)


def test_a_look_between_a_commit_and_its_turn_makes_no_copy_too_new(
    process: World, db: Switch, other_process: World, link: Link
) -> None:
    def look() -> None:
        assert process.directory.answers(process.clock.now())

    with process.db.write() as session:
        editions.turn(session)
    db.turns -= 1  # committed, and not counted yet
    look()
    db.turns += 1
    assert leads(process, link)
    look()
    switch_off(other_process, link)
    look()
    assert not leads(process, link)


def test_anothers_change_is_known_within_a_quarter_second_and_a_look(
    process: World, other_process: World, link: Link
) -> None:
    assert leads(process, link)
    switch_off(other_process, link)
    assert until(lambda: not leads(process, link), 2) < directory.LOOK_EVERY_S + directory.WAIT_S + 0.3


def test_who_comes_after_a_silence_waits_for_what_changed_meanwhile(
    process: World, other_process: World, link: Link
) -> None:
    assert leads(process, link)
    switch_off(other_process, link)
    time.sleep(directory.OLD_S + 0.05)
    assert not leads(process, link)


def test_a_known_link_asks_the_database_nothing_between_two_looks(process: World, db: Switch, link: Link) -> None:
    assert leads(process, link)
    time.sleep(0.1)
    asked = db.asked
    began = time.monotonic()
    while time.monotonic() - began < 0.1:
        assert leads(process, link)
    assert db.asked - asked <= 1


@pytest.mark.one_database
def test_what_is_known_stays_good_while_the_database_is_away_and_is_told_once_a_second(
    process: World, db: Switch, link: Link
) -> None:
    assert leads(process, link)
    db.is_off = True
    with capture_logs() as logs:
        began = time.monotonic()
        while time.monotonic() - began < 1.5:
            assert leads(process, link)
            time.sleep(0.01)
        assert process.directory.is_away
    assert [line["event"] for line in logs] == ["directory_stale"] * len(logs)
    assert 1 <= len(logs) <= 2
    db.is_off = False
    until(lambda: leads(process, link) and not process.directory.is_away, 2)


def test_an_unknown_code_while_it_is_away_is_later_and_its_hit_is_kept(
    process: World, db: Switch, link: Link, clock: HandClock
) -> None:
    process.directory.refresh(process.clock.now())  # it knows the day's salt, and not the link
    db.is_off = True
    for code in (f"{link.code}.", link.code, "nobodys"):
        with pytest.raises(Problem, match="database_away"):
            follow_link(process, ask(code, referrer="https://t.co/abc"))
        clock.advance(seconds=1)
    db.is_off = False
    drain_hits(process)
    with process.db.read() as session:
        hits = {hit.code: (hit.link_id, hit.klass, hit.evidence) for hit in session.scalars(select(Hit))}
    # who followed a live link clicked, though nobody could be told where it leads
    assert hits[f"{link.code}."] == (link.id, "human", "link+x")
    assert hits[link.code] == (link.id, "duplicate", "link+x")
    assert hits["nobodys"] == (None, "dead_link", "x_unknown")


def test_a_link_that_was_off_while_the_database_was_away_is_dead_all_the_same(
    process: World, db: Switch, link: Link
) -> None:
    switch_off(process, link)
    db.is_off = True
    with pytest.raises(Problem, match="database_away"):
        follow_link(process, ask(link.code))
    db.is_off = False
    drain_hits(process)
    with process.db.read() as session:
        assert [(hit.link_id, hit.klass) for hit in session.scalars(select(Hit))] == [(link.id, "dead_link")]


def test_a_failure_that_is_over_refuses_no_new_link(process: World, db: Switch, link: Link) -> None:
    db.is_off = True
    with pytest.raises(Problem, match="database_away"):
        follow_link(process, ask("nobodys"))
    assert process.directory.is_away
    db.is_off = False
    time.sleep(SOON_S)
    assert follow_link(process, ask(link.code))


@pytest.mark.one_database  # its answers come from a switch
def test_a_database_that_hangs_holds_nobody_up(process: World, db: Switch, link: Link) -> None:
    assert leads(process, link)
    db.goes_on.clear()
    time.sleep(directory.OLD_S + 0.05)
    waits = []
    for _ in range(20):
        began = time.monotonic()
        assert leads(process, link)
        waits.append(time.monotonic() - began)
        time.sleep(0.02)
    assert waits[0] < directory.WAIT_S + 0.1
    assert max(waits[1:]) < 0.1
    until(lambda: process.directory.is_away, directory.HANGS_S + 1)
    with pytest.raises(Problem, match="database_away"):
        process.directory.find("nobodys", process.clock.now())
    assert not process.directory.answers(process.clock.now())
    db.goes_on.set()
    assert process.directory.answers(process.clock.now())


def test_what_waits_long_for_the_database_keeps_others_from_waiting(world: World) -> None:
    world.db.asked_at = time.monotonic() - 4  # a look began four seconds ago and has no answer
    began = time.monotonic()
    with pytest.raises(Problem, match="database_away"), world.db.write():
        raise AssertionError("it let somebody in")
    assert time.monotonic() - began < 0.1
    world.db.asked_at = time.monotonic() - 1
    with world.db.read() as session:
        assert session.scalars(select(Hit)).all() == []


def test_visitors_are_told_apart_over_midnight_while_the_database_is_away(
    process: World, db: Switch, link: Link, clock: HandClock
) -> None:
    clock.set(clock.now().replace(hour=23, minute=50))
    assert follow_link(process, ask(link.code))
    db.is_off = True
    clock.advance(minutes=20)
    for _twice in range(2):
        clock.advance(seconds=1)
        assert follow_link(process, ask(link.code))
    db.is_off = False
    drain_hits(process)
    with process.db.read() as session:
        rows = list(session.execute(select(Hit.klass, Hit.visitor).order_by(Hit.id)))
    assert [klass for klass, _ in rows] == ["human", "human", "duplicate"]
    assert rows[0].visitor != rows[1].visitor == rows[2].visitor


def test_processes_share_the_days_salt(process: World, other_process: World) -> None:
    now = process.clock.now()
    salt = process.directory.salt(now)
    assert salt
    assert other_process.directory.salt(now) == salt
    assert process.directory.salt(now + timedelta(days=40)) != salt


def test_a_process_knows_so_many_links_and_no_more(process: World, link: Link, tmp_path: Path) -> None:
    assert process.directory.known == 0
    assert leads(process, link)
    assert process.directory.find("nobodys", process.clock.now()) is None
    assert process.directory.known == 1  # an unknown code is no reason to remember it
