"""The outbox: what must follow a commit is a row of it, so nothing is promised that a crash forgets.

A row is claimed by a conditional update with a lease; a worker that dies lets the lease run out and the next one
goes on. What a row does must therefore bear being done twice: each carries a key that its port uses.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Index, delete, exists, func, or_, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from campaigns.kernel.codes import new_id
from campaigns.kernel.columns import Pk
from campaigns.kernel.db import Base, changed, insert_once

LEASE_S = 120
KEEP_DAYS = 30
GIVE_UP_AFTER = 15
"""Tries; the waits double from 15 s to 4 h, together about 20 hours."""


class OutboxRow(Base):
    """A message to send or a thing to do outside, once its facts are committed."""

    __tablename__ = "outbox"
    __table_args__ = (
        # serves _due(): the open rows by due time; rows that are done are not in it
        Index(
            "ix_outbox_due",
            "due_at",
            sqlite_where=text("done_at IS NULL AND failed_at IS NULL"),
            postgresql_where=text("done_at IS NULL AND failed_at IS NULL"),
        ),
        # serve forget(), which else reads a month of letters each minute, with SQLite's only pen in its hand
        Index(
            "ix_outbox_done",
            "done_at",
            sqlite_where=text("done_at IS NOT NULL"),
            postgresql_where=text("done_at IS NOT NULL"),
        ),
        Index(
            "ix_outbox_failed",
            "failed_at",
            sqlite_where=text("failed_at IS NOT NULL"),
            postgresql_where=text("failed_at IS NOT NULL"),
        ),
    )

    id: Mapped[Pk]
    key: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    payload: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    claimed_by: Mapped[str | None]
    claimed_until: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    problem: Mapped[str | None]


def put(
    session: Session, kind: str, key: str, payload: dict[str, Any], now: datetime, due_at: datetime | None = None
) -> bool:
    """Promise something; a key promised before is not promised again (False)."""
    return insert_once(
        session,
        OutboxRow,
        id=new_id(),
        key=key,
        kind=kind,
        payload=payload,
        created_at=now,
        due_at=due_at or now,
        attempts=0,
    )


def promised(session: Session, keys: Collection[str]) -> set[str]:
    """Which of these keys were promised. Queries: 1."""
    return set(session.scalars(select(OutboxRow.key).where(OutboxRow.key.in_(keys))))


def count_open(session: Session) -> int:
    """How many are neither done nor given up. Queries: 1."""
    still_open = OutboxRow.done_at.is_(None), OutboxRow.failed_at.is_(None)
    return session.scalar(select(func.count()).select_from(OutboxRow).where(*still_open)) or 0


def any_due(session: Session, now: datetime) -> bool:
    """Whether there is something to claim. Queries: 1."""
    return bool(session.scalar(select(exists().where(*_due(now)))))


def _due(now: datetime) -> list[ColumnElement[bool]]:
    free = or_(OutboxRow.claimed_until.is_(None), OutboxRow.claimed_until < now)
    return [OutboxRow.done_at.is_(None), OutboxRow.failed_at.is_(None), OutboxRow.due_at <= now, free]


def claim(session: Session, worker: str, now: datetime, limit: int = 20) -> list[OutboxRow]:
    """Take due rows for this worker, oldest first; nobody else has them until the lease ends. limit + 1 queries."""
    taken = []
    for row in session.scalars(select(OutboxRow).where(*_due(now)).order_by(OutboxRow.due_at).limit(limit)).all():
        mine = (
            update(OutboxRow)
            # all of it again: whoever had the row since it was read may have put it off, or given it up
            .where(OutboxRow.id == row.id, *_due(now))
            .values(claimed_by=worker, claimed_until=now + timedelta(seconds=LEASE_S), attempts=OutboxRow.attempts + 1)
            .execution_options(synchronize_session=False)
        )
        if changed(session, mine):
            session.expunge(row)
            row.attempts += 1
            taken.append(row)
    return taken


def _mine(row_id: str, worker: str) -> Any:
    return update(OutboxRow).where(OutboxRow.id == row_id, OutboxRow.claimed_by == worker)


def done(session: Session, row_id: str, worker: str, now: datetime) -> None:
    """It happened."""
    session.execute(_mine(row_id, worker).values(done_at=now, claimed_until=None, problem=None))


def retry(session: Session, row: OutboxRow, worker: str, problem: str, now: datetime, until: datetime | None) -> None:
    """It didn't, yet: later again, or failed for good when it was tried often enough."""
    if row.attempts >= GIVE_UP_AFTER:
        fail(session, row.id, worker, problem, now)
        return
    wait_s = min(15 * 2 ** (row.attempts - 1), 4 * 3600)
    due_at = max(until or now, now + timedelta(seconds=wait_s))
    session.execute(_mine(row.id, worker).values(due_at=due_at, claimed_until=None, problem=problem))


def fail(session: Session, row_id: str, worker: str, problem: str, now: datetime) -> None:
    """It never will: kept, with the reason, for a person to see."""
    session.execute(_mine(row_id, worker).values(failed_at=now, claimed_until=None, problem=problem))


def forget(session: Session, now: datetime) -> int:
    """Delete what was done or given up long ago: letters hold personal data. How many."""
    old = now - timedelta(days=KEEP_DAYS)
    return changed(session, delete(OutboxRow).where(or_(OutboxRow.done_at < old, OutboxRow.failed_at < old)))
