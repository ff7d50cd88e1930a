"""Hits: every request for a link, kept and classified; clicks are those judged human."""

from datetime import UTC, datetime, timedelta
from typing import Literal

from sqlalchemy import Index, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from campaigns.kernel.columns import ID, Pk
from campaigns.kernel.db import Base, conflict_insert, insert_once
from campaigns.tracking import bots

HitClass = Literal["human", "bot", "preview", "prefetch", "duplicate", "internal", "dead_link"]
Evidence = Literal["link+x", "link", "link+other", "code", "utm", "x_unknown", "referrer", "said", "direct"]


class Hit(Base):
    """A request for a link, raw. No foreign keys: hits live alone, and come in faster than anything else.

    `visitor` is the keyed hash of the day's salt, address and agent; no address is kept. A dead link's hit has a
    code and no link.
    """

    __tablename__ = "hits"
    __table_args__ = (Index("ix_hits_visitor", "link_id", "visitor", "at"),)  # was this visitor here within 30 minutes?

    id: Mapped[Pk]
    at: Mapped[datetime]
    link_id: Mapped[str | None] = mapped_column(ID)
    code: Mapped[str]
    method: Mapped[str]
    klass: Mapped[HitClass]
    classifier: Mapped[int]  # the version of the rules that judged it
    evidence: Mapped[Evidence]
    referrer: Mapped[str | None]  # the host only
    agent_id: Mapped[int | None]
    visitor: Mapped[str | None]


class Agent(Base):
    """A user agent's text, kept once."""

    __tablename__ = "agents"

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str | None]  # a bot's, when one knows it


class Salt(Base):
    """The random salt of a UTC day; destroyed after 48 hours, so that no visitor can be recognised any more."""

    __tablename__ = "salts"

    day: Mapped[str] = mapped_column(primary_key=True)
    salt: Mapped[str]
    created_at: Mapped[datetime]


class LinkHour(Base):
    """Hits of a link in an hour, by class: what reports read. Denormalised from hits, in the same transaction."""

    __tablename__ = "link_hours"
    __table_args__ = (Index("ix_link_hours_hour", "hour"),)  # all links in a period: home, impact

    link_id: Mapped[str] = mapped_column(ID, primary_key=True)
    hour: Mapped[datetime] = mapped_column(primary_key=True)
    klass: Mapped[HitClass] = mapped_column(primary_key=True)
    hits: Mapped[int]


REPEAT = timedelta(minutes=30)
"""Within this time after a click, the same visitor on the same link is a duplicate; the window doesn't slide."""


def is_repeated(session: Session, link_id: str, visitor: str | None, now: datetime) -> bool:
    """Whether this visitor clicked this link in the last 30 minutes. Queries: 1; none for a visitor unknown.

    On PostgreSQL two clicks of one visitor take turns from here until the transaction ends, or both would be first.
    """
    if visitor is None:
        return False
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"{link_id}{visitor}", 0))))
    query = select(Hit.id).where(
        Hit.link_id == link_id, Hit.visitor == visitor, Hit.at > now - REPEAT, Hit.at <= now, Hit.klass == "human"
    )
    return session.scalar(query.limit(1)) is not None


def record(session: Session, hit: Hit, agent: str) -> None:
    """Keep a hit, its agent's text once, and count it in its link's hour. Queries: 3; 5 for an agent never seen."""
    hit.agent_id = _agent_id(session, agent)
    session.add(hit)
    if hit.link_id:
        _count(session, hit.link_id, hit.at, hit.klass)


def _agent_id(session: Session, text: str) -> int | None:
    if not text:
        return None
    query = select(Agent.id).where(Agent.text == text)
    found = session.scalar(query)
    if found is None:
        insert_once(session, Agent, text=text, name=bots.name_of(text) if bots.is_bot(text) else None)
        found = session.scalars(query).one()
    return found


def _count(session: Session, link_id: str, at: datetime, klass: HitClass) -> None:
    hour = at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    row = conflict_insert(session, LinkHour).values(link_id=link_id, hour=hour, klass=klass, hits=1)
    session.execute(
        row.on_conflict_do_update(
            index_elements=[LinkHour.link_id, LinkHour.hour, LinkHour.klass], set_={"hits": LinkHour.hits + 1}
        )
    )


def count(session: Session, link_id: str) -> dict[HitClass, int]:
    """A link's hits by class, from the hours. Queries: 1."""
    query = select(LinkHour.klass, func.sum(LinkHour.hits)).where(LinkHour.link_id == link_id).group_by(LinkHour.klass)
    return {klass: int(number) for klass, number in session.execute(query)}
