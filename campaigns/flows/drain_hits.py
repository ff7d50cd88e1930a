"""The drainer: what the processes of this node spooled goes into the database, exactly once.

The segment's progress is written in the transaction that stores its rows; only then may its file go. One drainer a
node; drainers of several nodes take turns at the database.
"""

import sqlite3
from dataclasses import dataclass

import structlog
from sqlalchemy.exc import DBAPIError

from campaigns.kernel.db import take_turns
from campaigns.tracking import drains
from campaigns.tracking.agents import Agents
from campaigns.tracking.drains import Progress
from campaigns.tracking.spool import Raw, Segment, Spooled
from campaigns.world import World

MOST_ROWS = 5_000

log = structlog.get_logger("drain_hits")


@dataclass
class Drainer:
    """What a drainer keeps between drains: open files, the agents that it knows."""

    spooled: Spooled
    agents: Agents


def drainer(world: World) -> Drainer:
    """A drainer of this node's spool."""
    return Drainer(Spooled(world.settings.spool_dir), Agents())


def drain_hits(world: World, kept: Drainer | None = None) -> int:
    """Drain all there is; how many rows. None while another drainer of this node is at it.

    A row that the database refuses for itself, and not because it is away, is told as lost: it must not hold up all
    others.
    """
    own = kept or drainer(world)
    total, most = 0, MOST_ROWS
    try:
        with own.spooled.alone() as is_alone:
            while is_alone:
                try:
                    rows = _drain(world, own, most)
                except DBAPIError as refused:
                    if most == 1:
                        _skip(world, own, refused)
                    most = max(most // 10, 1)
                    continue
                if not rows:
                    break
                total, most = total + rows, min(most * 10, MOST_ROWS)
    finally:
        if kept is None:
            own.spooled.close()
    return total


def _drain(world: World, own: Drainer, most: int) -> int:
    """One batch of all segments together; how many rows."""
    segments = own.spooled.segments()
    if not segments:
        return 0
    batch = _read(world, own, segments, most)
    rows = sum(len(told) for _, told in batch)
    if rows:
        with world.db.write() as session:
            own.agents.learn(session, {row.agent for _, told in batch for _, row in told})
    drained = _store(world, own, batch)
    if rows < most:
        for segment in segments:
            own.spooled.remove(segment, drained[segment.name].seq)
    return rows


Batch = list[tuple[Segment, list[tuple[int, Raw]]]]


def _read(world: World, own: Drainer, segments: list[Segment], most: int) -> Batch:
    """What is new, segment by segment."""
    with world.db.read() as session:
        before = drains.progress(session, [segment.name for segment in segments])
    batch: Batch = []
    for segment in segments:
        try:
            batch.append((segment, segment.read(before[segment.name].seq, most)))
            most -= len(batch[-1][1])
        except sqlite3.OperationalError:
            continue  # busy, or just made: the next time
        except sqlite3.DatabaseError as broken:
            own.spooled.put_aside(segment, broken)
    return batch


def _store(world: World, own: Drainer, batch: Batch) -> dict[str, Progress]:
    """Store a batch, and how far each segment is then; what another drainer stored meanwhile is left out."""
    now = world.clock.now()
    done: dict[str, Progress] = {}
    with world.db.write() as session:
        take_turns(session, "drain_hits")
        before = drains.progress(session, [segment.name for segment, _ in batch])
        rows = [row for segment, told in batch for seq, row in told if seq > before[segment.name].seq]
        if rows:
            drains.store(session, own.agents, rows, now)
        for segment, told in batch:
            was = before[segment.name]
            seq = max(told[-1][0] if told else 0, was.seq)
            done[segment.name] = Progress(seq, max(segment.lost(), was.lost))
            if done[segment.name] != was:
                drains.note(session, segment.name, was, done[segment.name], now)
    return done


def _skip(world: World, own: Drainer, refused: DBAPIError) -> None:
    """Leave out the next row, and tell it."""
    batch = _read(world, own, own.spooled.segments(), 1)
    segment, [(seq, row)] = next((segment, told) for segment, told in batch if told)
    log.error("row_refused", file=segment.name, seq=seq, hit=row.id.hex(), reason=repr(refused)[:300])
    with world.db.write() as session:
        was = drains.progress(session, [segment.name])[segment.name]
        drains.note(session, segment.name, was, Progress(seq, was.lost + 1), world.clock.now())
