"""Visitors: somebody within one day, recognised without anything on their device; after 48 hours by nobody.

The address goes into a keyed hash and nowhere else.
"""

import hashlib
from datetime import UTC, datetime, timedelta

from sqlalchemy import Index, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from campaigns.kernel.codes import new_secret
from campaigns.kernel.columns import ID, KEPT_BY_KEY
from campaigns.kernel.db import Base, changed, insert_once

SALT_LIFE = timedelta(hours=48)


class Salt(Base):
    """The random salt of a UTC day; destroyed after 48 hours, so that no visitor can be recognised any more."""

    __tablename__ = "salts"

    day: Mapped[str] = mapped_column(primary_key=True)
    salt: Mapped[str]
    created_at: Mapped[datetime]


class RecentVisitor(Base):
    """When a visitor last clicked a link, or came to a page without one: what makes the next one a duplicate."""

    __tablename__ = "recent_visitors"
    __table_args__ = (
        Index("ix_recent_visitors_at", "at"),  # to forget them with their day's salt
        KEPT_BY_KEY,
    )

    visitor: Mapped[str] = mapped_column(primary_key=True)
    thing_id: Mapped[str] = mapped_column(ID, primary_key=True)
    at: Mapped[datetime]


class MemberVisitor(Base):
    """A member, as a visitor of the day: known so on the short domain too, where no session's cookie goes."""

    __tablename__ = "member_visitors"

    visitor: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]


def day_of(now: datetime) -> str:
    """The UTC day that a salt is for."""
    return now.astimezone(UTC).date().isoformat()


def kept_salt(session: Session, day: datetime) -> str | None:
    """The salt of that moment's day, when there is one. Queries: 1."""
    return session.scalar(select(Salt.salt).where(Salt.day == day_of(day)))


def salt_of(session: Session, day: datetime, now: datetime) -> str:
    """The salt of that moment's day, the same for every process. Queries: 2."""
    insert_once(session, Salt, day=day_of(day), salt=new_secret(), created_at=now)
    return session.scalars(select(Salt.salt).where(Salt.day == day_of(day))).one()


def hash_of(salt: str, address: str, agent: str) -> bytes:
    """The visitor: 128 bits of keyed BLAKE2 over address and agent.

    >>> hash_of("salt", "192.0.2.1", "Firefox") == hash_of("another day", "192.0.2.1", "Firefox")
    False
    """
    said = f"{address}\n{agent}".encode("utf-8", "replace")
    return hashlib.blake2b(said, key=salt.encode(), digest_size=16).digest()


def note_member(session: Session, visitor: str, now: datetime) -> None:
    """From now on this visitor is a member, until the day's salt is gone."""
    insert_once(session, MemberVisitor, visitor=visitor, at=now)


def members(session: Session) -> set[str]:
    """Those of today and yesterday. Queries: 1."""
    return set(session.scalars(select(MemberVisitor.visitor)))


def forget(session: Session, now: datetime, waiting_since: datetime | None = None) -> int:
    """Destroy the salts that are 48 hours old, and what they made; how many salts.

    From then on no visitor of those days can be recognised. `waiting_since`: the oldest hit that is not drained yet;
    without those who came before it, a drainer that was away for days would take their next click for a first one.
    """
    came = min(waiting_since or now, now) - SALT_LIFE
    session.execute(delete(RecentVisitor).where(RecentVisitor.at <= came))
    session.execute(delete(MemberVisitor).where(MemberVisitor.at <= came))
    return changed(session, delete(Salt).where(Salt.created_at <= now - SALT_LIFE))
