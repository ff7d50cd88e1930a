"""Link reports: what a link's page shows, read from rollups; only its last hits are raw, and hold nobody's data."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from campaigns.tracking.hits import Agent, Evidence, Hit, HitClass
from campaigns.tracking.rollups import HITS, LinkDay, LinkHour

Span = Literal["hour", "day"]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BY_HOUR = timedelta(days=14)
"""So long a curve goes by hours; a longer one by days."""

MOST_DAYS = 366
MOST_HITS = 50
MOST_VALUES = 12
MOST_UNIQUES = 31


@dataclass(frozen=True)
class Step:
    """An hour or a day of a link: when it begins."""

    at: datetime
    hits: int = 0
    clicks: int = 0
    visits: int = 0


@dataclass(frozen=True)
class LinkCurve:
    """Clicks by hour or by day. `may_switch`: it lasts longer than what is shown by hours."""

    by: Span
    steps: list[Step]
    may_switch: bool


@dataclass(frozen=True)
class Part:
    """What a link's clicks or machines are made of: the largest values, and all of them together."""

    values: list[tuple[str, int]]
    total: int

    @property
    def rest(self) -> int:
        """What the values that aren't named have."""
        return self.total - sum(number for _, number in self.values)


@dataclass(frozen=True)
class LastHit:
    """A request for a link, without anything that tells one person from another. `machine`: a bot's name."""

    at: datetime
    klass: HitClass
    method: str
    evidence: Evidence
    referrer: str | None
    device: str | None
    browser: str | None
    machine: str | None


def curve(
    session: Session, link_id: str, zone: ZoneInfo, *, since: datetime | None = None, wanted: Span | None = None
) -> LinkCurve | None:
    """A link's curve from its first hit to its last; None before there is any. Queries: 2.

    | argument | meaning |
    |---|---|
    | zone | whose days |
    | since | begins then, when that was earlier: the tweet's moment |
    | wanted | hour: the first 14 days; None: hours when there are no more than 14 days |
    """
    ends = select(func.min(LinkHour.hour), func.max(LinkHour.hour)).where(LinkHour.link_id == link_id)
    found: Any = session.execute(ends).one()
    if found[0] is None:
        return None
    first, last = found
    if since and since < first:
        first = since.replace(minute=0, second=0, microsecond=0)
    is_long = last - first >= BY_HOUR
    by: Span = wanted if wanted and is_long else "day" if is_long else "hour"
    if by == "hour":
        first -= HOUR  # it begins at nothing
        return LinkCurve("hour", _hours(session, link_id, first, min(last, first + BY_HOUR)), is_long)
    first = max(first, last - MOST_DAYS * DAY)
    return LinkCurve("day", _days(session, link_id, first, last, zone), is_long)


def _hours(session: Session, link_id: str, first: datetime, last: datetime) -> list[Step]:
    known = {step.at: step for step in _read(session, link_id, first, last)}
    moments = [first + HOUR * n for n in range((last - first) // HOUR + 1)]
    return [known.get(at) or Step(at) for at in moments]


def _days(session: Session, link_id: str, first: datetime, last: datetime, zone: ZoneInfo) -> list[Step]:
    sums: dict[date, list[int]] = {}
    for step in _read(session, link_id, first, last):
        day = sums.setdefault(step.at.astimezone(zone).date(), [0, 0, 0])
        for place, number in enumerate((step.hits, step.clicks, step.visits)):
            day[place] += number
    on, end = first.astimezone(zone).date(), last.astimezone(zone).date()
    steps = []
    while on <= end:
        begins = datetime(on.year, on.month, on.day, tzinfo=zone).astimezone(UTC)
        steps.append(Step(begins, *sums.get(on, (0, 0, 0))))
        on += DAY
    return steps


def _read(session: Session, link_id: str, first: datetime, last: datetime) -> list[Step]:
    rows = session.execute(
        select(LinkHour.hour, HITS, LinkHour.human, LinkHour.visits).where(
            LinkHour.link_id == link_id, LinkHour.hour >= first, LinkHour.hour <= last
        )
    )
    return [Step(*row) for row in rows]


def parts(session: Session, link_id: str, whats: Collection[str]) -> dict[str, Part]:
    """What its clicks and machines are made of, each with its largest values. Queries: 1."""
    summed = func.sum(LinkDay.hits)
    ranked = (
        select(
            LinkDay.what, LinkDay.value, summed.label("hits"),
            func.row_number().over(partition_by=LinkDay.what, order_by=(summed.desc(), LinkDay.value)).label("place"),
            func.sum(summed).over(partition_by=LinkDay.what).label("total"),
        )
        .where(LinkDay.link_id == link_id, LinkDay.what.in_(whats))
        .group_by(LinkDay.what, LinkDay.value)
        .subquery()
    )  # fmt: skip
    rows = session.execute(
        select(ranked.c.what, ranked.c.value, ranked.c.hits, ranked.c.total)
        .where(ranked.c.place <= MOST_VALUES)
        .order_by(ranked.c.what, ranked.c.place)
    )
    values: dict[str, list[tuple[str, int]]] = {what: [] for what in whats}
    totals = dict.fromkeys(whats, 0)
    for what, value, hits, total in rows:
        values[what].append((value, int(hits)))
        totals[what] = int(total)
    return {what: Part(values[what], totals[what]) for what in whats}


def uniques(session: Session, link_id: str) -> list[tuple[date, int]]:
    """Distinct visitors by day of UTC, the newest days first: a lower bound, since some ask not to be told apart.

    Queries: 1.
    """
    rows = (
        select(LinkDay.day, LinkDay.hits)
        .where(LinkDay.link_id == link_id, LinkDay.what == "unique", LinkDay.value == "")
        .order_by(LinkDay.day.desc())
        .limit(MOST_UNIQUES)
    )
    return [(day, hits) for day, hits in session.execute(rows)]


def last_hits(session: Session, link_id: str) -> list[LastHit]:
    """The last requests, newest first. Queries: 1, by the index of a link's hits."""
    rows = (
        select(Hit.at, Hit.klass, Hit.method, Hit.evidence, Hit.referrer, Agent.device, Agent.browser, Agent.name)
        .outerjoin(Agent, Agent.id == Hit.agent_id)
        .where(Hit.link_id == link_id)
        .order_by(Hit.at.desc())
        .limit(MOST_HITS)
    )
    return [LastHit(*row) for row in session.execute(rows)]
