"""Rollups: what reports read instead of raw hits. Written in the transaction that stores the hits they sum up."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import ColumnElement, Date, Index, Select, Subquery, func, select, union_all
from sqlalchemy.orm import Mapped, Session, mapped_column

from campaigns.kernel.columns import ID, KEPT_BY_KEY, Pk
from campaigns.kernel.db import Base
from campaigns.tracking.hits import Evidence, HitClass


class LinkHour(Base):
    """Hits of a link in an hour of UTC, by class, and the confirmed visits of its clicks. Denormalised from hits."""

    __tablename__ = "link_hours"
    __table_args__ = (
        Index("ix_link_hours_hour", "hour"),  # all links in a period: home, impact
        KEPT_BY_KEY,
    )

    link_id: Mapped[str] = mapped_column(ID, primary_key=True)
    hour: Mapped[datetime] = mapped_column(primary_key=True)
    human: Mapped[int] = mapped_column(default=0)
    bot: Mapped[int] = mapped_column(default=0)
    preview: Mapped[int] = mapped_column(default=0)
    prefetch: Mapped[int] = mapped_column(default=0)
    duplicate: Mapped[int] = mapped_column(default=0)
    internal: Mapped[int] = mapped_column(default=0)
    dead_link: Mapped[int] = mapped_column(default=0)
    visits: Mapped[int] = mapped_column(default=0)


class LinkSum(Base):
    """Hits of a link on a whole day of UTC, as LinkHour. Denormalised from its hours: long periods read days."""

    __tablename__ = "link_sums"
    __table_args__ = (
        Index("ix_link_sums_day", "day"),  # all links in a period: home, impact
        KEPT_BY_KEY,
    )

    link_id: Mapped[str] = mapped_column(ID, primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    human: Mapped[int] = mapped_column(default=0)
    bot: Mapped[int] = mapped_column(default=0)
    preview: Mapped[int] = mapped_column(default=0)
    prefetch: Mapped[int] = mapped_column(default=0)
    duplicate: Mapped[int] = mapped_column(default=0)
    internal: Mapped[int] = mapped_column(default=0)
    dead_link: Mapped[int] = mapped_column(default=0)
    visits: Mapped[int] = mapped_column(default=0)


CLASSES: tuple[HitClass, ...] = ("human", "bot", "preview", "prefetch", "duplicate", "internal", "dead_link")


def all_hits(table: type[LinkHour | LinkSum]) -> ColumnElement[int]:
    """All hits of a row, whatever they were."""
    every: list[ColumnElement[int]] = [getattr(table, each) for each in CLASSES]
    return sum(every[1:], every[0])


HITS = all_hits(LinkHour)
"""All hits of an hour."""


class LinkDay(Base):
    """A link's day of UTC, taken apart. Denormalised from hits.

    | what | value | hits |
    |---|---|---|
    | unique | empty | distinct visitors: a lower bound, who asked not to be followed isn't in it |
    | source | evidence and referring host, as in `link+x t.co` | clicks |
    | country, device, browser | as said; empty: unknown | clicks |
    | machine | a bot's name, else its class | hits that aren't a person's |
    """

    __tablename__ = "link_days"
    __table_args__ = KEPT_BY_KEY

    link_id: Mapped[str] = mapped_column(ID, primary_key=True)
    what: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    hits: Mapped[int]


class PageDay(Base):
    """Visits of a landing page that began without a link of ours, by where they came from."""

    __tablename__ = "page_days"
    __table_args__ = KEPT_BY_KEY

    page_id: Mapped[str] = mapped_column(ID, primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    evidence: Mapped[Evidence] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(primary_key=True)
    visits: Mapped[int]


class DeadCode(Base):
    """A code that was asked for and is no link's: mostly typed or printed wrongly. `people`: not machines."""

    __tablename__ = "dead_codes"
    __table_args__ = (
        Index("ix_dead_codes_people", "people", "hits", "code"),  # those that cost most visitors
        Index("ix_dead_codes_last", "last_at"),  # to forget old ones
    )

    code: Mapped[str] = mapped_column(primary_key=True)
    hits: Mapped[int]
    people: Mapped[int]
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]


class Loss(Base):
    """Hits that no spool could take (a full disk): told, never guessed at."""

    __tablename__ = "losses"
    __table_args__ = (Index("ix_losses_at", "at"),)

    id: Mapped[Pk]
    at: Mapped[datetime]
    hits: Mapped[int]


@dataclass(frozen=True)
class Period:
    """From a moment up to another, which is outside; both at the beginning of an hour. None: since ever, for ever."""

    since: datetime | None = None
    until: datetime | None = None


EVER = Period()


def counted(period: Period, among: Select[str] | None = None) -> Subquery:
    """Rows with link_id, hits, human and visits of a period, some for each link: its whole days by LinkSum, the hours
    at its ends by LinkHour, a twentieth of reading them all. `among`: the ids of the links that are wanted.
    """
    since, until = (each and each.astimezone(UTC) for each in (period.since, period.until))
    first = _midnight_after(since) if since else None
    last = _midnight_before(until) if until else None
    if first and last and first > last:  # within one day
        return _summed(LinkHour, among, LinkHour.hour >= since, LinkHour.hour < until).subquery()
    days = _summed(
        LinkSum, among,
        *([LinkSum.day >= first.date()] if first else []),
        *([LinkSum.day < last.date()] if last else []),
    )  # fmt: skip
    ends = []
    if first and first != since:
        ends.append(_summed(LinkHour, among, LinkHour.hour >= since, LinkHour.hour < first))
    if last and last != until:
        ends.append(_summed(LinkHour, among, LinkHour.hour >= last, LinkHour.hour < until))
    return (union_all(days, *ends) if ends else days).subquery()


def _summed(
    table: type[LinkHour | LinkSum], among: Select[str] | None, *where: ColumnElement[bool]
) -> Select[str, int, int, int]:
    hits, human = func.sum(all_hits(table)).label("hits"), func.sum(table.human).label("human")
    visits = func.sum(table.visits).label("visits")
    of_links = [] if among is None else [table.link_id.in_(among)]
    return select(table.link_id, hits, human, visits).where(*of_links, *where).group_by(table.link_id)


def _midnight_before(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def _midnight_after(moment: datetime) -> datetime:
    midnight = _midnight_before(moment)
    return midnight if midnight == moment else midnight + timedelta(days=1)


def by_class(session: Session, link_id: str) -> dict[HitClass, int]:
    """A link's hits by class, those that came. Queries: 1."""
    sums = [func.sum(getattr(LinkSum, each)) for each in CLASSES]
    row = session.execute(select(*sums).where(LinkSum.link_id == link_id)).one()
    return {klass: int(number) for klass, number in zip(CLASSES, row, strict=True) if number}


def clicks_of(session: Session, link_ids: Collection[str]) -> dict[str, int]:
    """Clicks of links. Queries: 1."""
    rows = (
        select(LinkSum.link_id, func.sum(LinkSum.human)).where(LinkSum.link_id.in_(link_ids)).group_by(LinkSum.link_id)
    )
    return {link_id: int(clicks) for link_id, clicks in session.execute(rows)}


def all_by_class(session: Session, since: datetime) -> dict[HitClass, int]:
    """Hits of all links since the beginning of an hour, by class; a class without any is 0. Queries: 1."""
    sums = [func.coalesce(func.sum(getattr(LinkHour, each)), 0) for each in CLASSES]
    row = session.execute(select(*sums).where(LinkHour.hour >= since)).one()
    return {klass: int(number) for klass, number in zip(CLASSES, row, strict=True)}


def lost_since(session: Session, since: datetime | None) -> int:
    """Hits that were told as lost since then, or ever. Queries: 1."""
    told = select(func.coalesce(func.sum(Loss.hits), 0))
    return int(session.scalar(told.where(Loss.at >= since) if since else told) or 0)
