"""The drainer among faults: refused rows, a missing table, a database away or restored, broken files."""

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from campaigns.flows import drain_hits as flow
from campaigns.flows.drain_hits import Drainer, drain_hits, drainer
from campaigns.kernel.codes import id_bytes
from campaigns.kernel.db import Database
from campaigns.kernel.errors import Problem, problem
from campaigns.logs import Seldom
from campaigns.tracking import segments
from campaigns.tracking.hits import Agent, Hit
from campaigns.tracking.links import Link
from campaigns.tracking.segments import Spooled
from campaigns.tracking.spool import Raw, Spool
from campaigns.tracking.visits import EPOCH
from campaigns.world import World
from tests.makers.spooling import click, counted, lost, spool_of
from tests.makers.tracking import FIREFOX


def poisoned(world: World, link: Link, n: int) -> None:
    """A row that no version of ours writes; PostgreSQL refuses its text, SQLite its missing code."""
    at = (world.clock.now() - EPOCH) // timedelta(microseconds=1)
    code = None if world.db.is_sqlite else "a\x00b"
    row = Raw("hit", id_bytes(at), at, link.id, code, "GET", f"Firefox {n}", None, None, None, "link", 0, None)  # type: ignore[arg-type]
    assert world.spool.put(row)


def test_a_row_that_is_refused_is_told_as_lost_and_the_others_go_on(world: World, link: Link) -> None:
    for person in range(30):
        click(world, link, person)
        if person in (3, 17):
            poisoned(world, link, person)
    click(world, link, 30)
    kept = Drainer(Spooled(spool_of(world)), seldom=Seldom(every_s=3600))  # between the two rows a second may pass
    with capture_logs() as logs:
        assert drain_hits(world, kept) == 31
    kept.spooled.close()
    assert counted(world) == {"human": 31}
    assert lost(world) == 2
    assert [line["event"] for line in logs] == ["row_refused"]
    assert segments.depth(spool_of(world)).rows == 0


def test_when_every_row_is_refused_it_is_not_the_rows_fault(world: World, link: Link) -> None:
    for n in range(flow.MOST_REFUSED + 5):
        poisoned(world, link, n)
    kept = drainer(world)
    for _twice in range(2):
        with pytest.raises(Exception, match=r"(?i)nul|null"):
            drain_hits(world, kept)
    assert lost(world) == flow.MOST_REFUSED
    assert segments.depth(spool_of(world)).rows == 5
    kept.spooled.close()


def test_a_table_that_is_missing_loses_nothing(world: World, link: Link) -> None:
    for person in range(3):
        click(world, link, person)
    with world.db.write() as session:
        session.execute(text("ALTER TABLE link_days RENAME TO elsewhere"))
    with pytest.raises(Exception, match="link_days"):
        drain_hits(world)
    with world.db.write() as session:
        session.execute(text("ALTER TABLE elsewhere RENAME TO link_days"))
    assert drain_hits(world) == 3
    assert (counted(world), lost(world)) == ({"human": 3}, 0)


def test_a_database_that_is_away_loses_nothing(world: World, link: Link) -> None:
    click(world, link)
    kept = drainer(world)
    away = replace(world, db=Database("postgresql+psycopg://nobody@127.0.0.1:1/nothing"))
    for _twice in range(2):
        with pytest.raises(Problem, match="database_away"):
            drain_hits(away, kept)
    assert drain_hits(world, kept) == 1
    kept.spooled.close()


def test_a_database_restored_to_an_earlier_state_gets_what_the_spool_still_holds(world: World, link: Link) -> None:
    kept = drainer(world)
    for person in range(3):
        click(world, link, person)
    assert drain_hits(world, kept) == 3
    with world.db.write() as session:
        for table in ("hits", "link_hours", "link_days", "recent_visitors", "drains"):
            session.execute(text(f"DELETE FROM {table}"))
    click(world, link, 3)
    drain_hits(world, kept)
    assert counted(world) == {"human": 4}
    kept.spooled.close()


def test_an_agent_whose_row_was_never_committed_is_not_taken_for_known(world: World, link: Link) -> None:
    class Full(Database):
        """Its disk is full when an agent is to be kept."""

        def __init__(self, whole: Database) -> None:
            self.__dict__.update(whole.__dict__)

        @contextlib.contextmanager
        def write(self) -> Iterator[Session]:
            with super().write() as session:
                yield session
                raise problem("later", "database_away")

    kept = drainer(world)
    click(world, link)
    with pytest.raises(Problem, match="database_away"):
        drain_hits(replace(world, db=Full(world.db)), kept)
    assert drain_hits(world, kept) == 1
    with world.db.read() as session:
        agent = session.scalars(select(Agent).join(Hit, Hit.agent_id == Agent.id)).one_or_none()
    assert agent
    assert agent.text == FIREFOX
    kept.spooled.close()


def test_a_broken_file_is_put_aside_and_the_others_are_drained(world: World, link: Link) -> None:
    click(world, link)
    (spool_of(world) / "0000.spool").write_bytes(b"garbage" * 1000)
    with capture_logs() as logs:
        assert drain_hits(world) == 1
    assert [line["event"] for line in logs] == ["spool_broken"]
    assert counted(world) == {"human": 1}


def test_a_file_with_a_hole_in_its_middle_gives_the_rest_and_is_put_aside(world: World, link: Link) -> None:
    gone = Spool(spool_of(world))
    at = (world.clock.now() - EPOCH) // timedelta(microseconds=1)
    for _ in range(500):
        assert gone.put(
            Raw("hit", id_bytes(at), at, link.id, link.code, "HEAD", "curl", None, None, None, "link", 0, None)
        )
    gone.close()
    [path] = spool_of(world).glob("*.spool")
    with path.open("r+b") as file:
        file.seek(3 * 4096)
        file.write(b"\xff" * 4 * 4096)
    click(world, link)
    with capture_logs() as logs:
        drain_hits(world)
    told = counted(world)
    assert told["human"] == 1
    assert 350 < told["bot"] < 450
    assert [line["event"] for line in logs] == ["spool_torn", "spool_broken"]
    assert segments.depth(spool_of(world)).broken == 1


def test_losses_are_told_once(world: World, link: Link) -> None:
    click(world, link)
    assert world.spool._segment
    world.spool._segment.lose(7)
    kept = drainer(world)
    for _twice in range(2):
        drain_hits(world, kept)
    assert lost(world) == 7
    world.spool._segment.lose(2)
    drain_hits(world)
    assert lost(world) == 9
    kept.spooled.close()
