"""The drainer: what the processes of this node spooled goes into the database, exactly once.

A segment's progress is written in the transaction that stores its rows; only then may its file go. One drainer a
node; drainers of several nodes take turns at the database.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from sqlalchemy.orm import Session

from campaigns.capturing import touches
from campaigns.kernel.db import REFUSALS, is_refusal, take_turns
from campaigns.logs import Seldom
from campaigns.tracking import browsers, drains
from campaigns.tracking.agents import Agents
from campaigns.tracking.drains import Progress
from campaigns.tracking.segments import Segment, Spooled
from campaigns.tracking.spool import Raw
from campaigns.world import World

MOST_ROWS = 10_000
VOUCH_EVERY = timedelta(days=1)
MOST_REFUSED = 20
"""One after another: more of them are no row's own fault, and none is given up then."""

log = structlog.get_logger("drain_hits")


@dataclass
class Drainer:
    """What a drainer keeps between drains.

    | field | meaning |
    |---|---|
    | spooled | open files |
    | agents | those that it knows |
    | done | how far each segment is in the database, as last read there: an idle drainer asks nothing |
    | vouched_at | when it last said that its segments are still there |
    | refused | rows given up since one was stored |
    """

    spooled: Spooled
    agents: Agents = field(default_factory=Agents)
    done: dict[str, Progress] = field(default_factory=dict)
    vouched_at: datetime | None = None
    refused: int = 0
    seldom: Seldom = field(default_factory=Seldom)


def drainer(world: World) -> Drainer:
    """A drainer of this node's spool."""
    return Drainer(Spooled(world.settings.spool_dir))


def drain_hits(world: World, kept: Drainer | None = None, is_stopping: Callable[[], bool] = bool) -> int:
    """Drain all there is; how many rows. None while another drainer of this node is at it.

    A row that the database refuses for itself, and not because it is away, is told as lost: it must not hold up all
    others. Raises later (`database_away`).
    """
    own = kept or drainer(world)
    total, most = 0, MOST_ROWS
    try:
        with own.spooled.alone() as is_alone:
            while is_alone and not is_stopping():
                try:
                    rows = _drain(world, own, most)
                except REFUSALS as refused:
                    most = _narrow(world, own, most, refused)
                    continue
                if not rows:
                    break
                total, most, own.refused = total + rows, min(most * 10, MOST_ROWS), 0
    finally:
        if kept is None:
            own.spooled.close()
    return total


def _narrow(world: World, own: Drainer, most: int, refused: Exception) -> int:
    """Look for the row that was refused among fewer ones; the only one is given up. How many to try next."""
    own.agents = Agents()  # what it learnt in a transaction that was rolled back isn't there
    if not is_refusal(refused) or own.refused >= MOST_REFUSED:
        raise refused
    if most == 1:
        _skip(world, own, refused)
        own.refused += 1
    return max(most // 10, 1)


Batch = list[tuple[Segment, list[tuple[int, Raw]], Progress]]


def _drain(world: World, own: Drainer, most: int) -> int:
    """One batch of all segments together; how many rows."""
    segments = own.spooled.segments()
    batch = _read(world, own, segments, most)
    rows = sum(len(told) for _, told, _ in batch)
    if rows:
        _learn(world, own, {row.agent for _, told, _ in batch for _, row in told})
    if batch:
        _store(world, own, batch)
    if rows < most:
        for segment in segments:
            done = own.done.get(segment.name)
            if done and own.spooled.remove(segment, done.seq, done.lost):
                del own.done[segment.name]
    if not rows:
        _vouch(world, own)
    return rows


def _learn(world: World, own: Drainer, texts: set[str]) -> None:
    try:
        with world.db.write() as session:
            own.agents.learn(session, texts)
    except BaseException:
        own.agents = Agents()  # what it learnt isn't there
        raise


def _vouch(world: World, own: Drainer) -> None:
    """Once a day: progress of a segment that nobody writes to for weeks must not be forgotten while it is there."""
    now = world.clock.now()
    if own.done and (own.vouched_at is None or abs(now - own.vouched_at) >= VOUCH_EVERY):
        with world.db.write() as session:
            drains.vouch(session, own.done.keys(), now)
        own.vouched_at = now


def _read(world: World, own: Drainer, segments: list[Segment], most: int) -> Batch:
    """What is new, segment by segment: rows, and how far the segment is with them."""
    if unknown := [segment.name for segment in segments if segment.name not in own.done]:
        with world.db.read() as session:
            own.done |= drains.progress(session, unknown)
    batch: Batch = []
    for segment in segments:
        before = own.done[segment.name]
        try:
            told = segment.read(before.seq, most)
        except OSError as failed:
            if own.seldom.is_due():
                log.warning("spool_unread", file=segment.name, reason=repr(failed))
            continue
        most -= len(told)
        after = Progress(told[-1][0] if told else before.seq, max(segment.lost()[0], before.lost))
        if after != before:
            batch.append((segment, told, after))
    return batch


def _store(world: World, own: Drainer, batch: Batch) -> None:
    """Store a batch, and how far each segment is then.

    Nothing when the database is not where it was: another drainer stored meanwhile, or it came back from a backup.
    """
    now = world.clock.now()
    names = [segment.name for segment, _, _ in batch]
    with world.db.write() as session:
        take_turns(session, "drain_hits")
        found = drains.progress(session, names)
        if is_so := found == {name: own.done[name] for name in names}:
            if rows := [row for _, told, _ in batch for _, row in told]:
                seen = drains.store(session, own.agents, rows, now)
                if seen and world.settings.identity_level == 2:
                    _touch(session, seen, now - timedelta(days=world.settings.lookback_days))
            for segment, _, after in batch:
                drains.note(session, segment.name, found[segment.name], after, now)
    own.done |= {segment.name: after for segment, _, after in batch} if is_so else found
    if not is_so:
        own.agents = Agents()  # a backup may not know all of them
    for segment, _, _ in batch:
        segment.note(own.done[segment.name].seq)


def _touch(session: Session, visit_ids: set[str], since: datetime) -> None:
    """Visits of persons who agreed to be recognised, and have sent a form, are touches of theirs."""
    for browser_id, person_id in browsers.of_persons(session, visit_ids):
        touches.of_browser(session, person_id, browsers.stays(session, browser_id, since))


def _skip(world: World, own: Drainer, refused: Exception) -> None:
    """Leave out the next row, and tell it."""
    segment, [(seq, row)], after = next(each for each in _read(world, own, own.spooled.segments(), 1) if each[1])
    now = world.clock.now()
    with world.db.write() as session:
        drains.note(session, segment.name, own.done[segment.name], after, now)
        drains.give_up(session, now)
    own.done[segment.name] = after
    segment.note(seq)
    if own.seldom.is_due():
        log.error("row_refused", file=segment.name, seq=seq, hit=row.id.hex(), reason=repr(refused)[:300])
