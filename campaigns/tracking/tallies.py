"""Tallies: what a batch of hits adds to the rollups, put together in memory and written in a few statements."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import case, insert
from sqlalchemy.orm import Session

from campaigns.kernel.arrays import merge
from campaigns.kernel.db import Base
from campaigns.tracking.agents import Known
from campaigns.tracking.hits import Hit
from campaigns.tracking.rollups import CLASSES, DeadCode, LinkDay, LinkHour, LinkSum, PageDay

COUNTS = [*CLASSES, "visits"]
MACHINES = frozenset({"bot", "preview", "prefetch"})


@dataclass
class Tally:
    """What is to be added: to hours by link and class, to days by link and part, to pages, to dead codes."""

    hours: Counter[tuple[str, datetime, str]] = field(default_factory=Counter)
    days: Counter[tuple[str, date, str, str]] = field(default_factory=Counter)
    pages: Counter[tuple[str, date, str, str]] = field(default_factory=Counter)
    dead: dict[str, list[Any]] = field(default_factory=dict)

    def count(self, hit: Mapping[str, Any], agent: Known, *, is_unique: bool) -> None:
        """A hit that was judged; `is_unique`: its visitor is new to the link that day."""
        link_id, at, klass = hit["link_id"], hit["at"], hit["klass"]
        if link_id is None:
            self._count_dead(hit["code"], at, is_person=hit["method"] == "GET" and not agent.is_machine)
            return
        self.hours[link_id, at.replace(minute=0, second=0, microsecond=0), klass] += 1
        day = at.date()
        if klass == "human":
            referrer = hit["referrer"]
            days = self.days
            days[link_id, day, "source", f"{hit['evidence']} {referrer}" if referrer else hit["evidence"]] += 1
            days[link_id, day, "country", hit["country"] or ""] += 1
            days[link_id, day, "device", agent.device] += 1
            days[link_id, day, "browser", agent.browser] += 1
            if is_unique:
                days[link_id, day, "unique", ""] += 1
        elif klass in MACHINES:
            self.days[link_id, day, "machine", agent.name or klass] += 1

    def count_visit(self, link_id: str, at: datetime) -> None:
        """A confirmed visit of the click made at this moment."""
        self.hours[link_id, at.replace(minute=0, second=0, microsecond=0), "visits"] += 1

    def count_page(self, page_id: str, at: datetime, evidence: str, source: str) -> None:
        """A visit of a page that began without a link of ours."""
        self.pages[page_id, at.date(), evidence, source] += 1

    def _count_dead(self, code: str, at: datetime, *, is_person: bool) -> None:
        counted = self.dead.setdefault(code, [0, 0, at, at])
        counted[0] += 1
        counted[1] += is_person
        counted[2], counted[3] = min(counted[2], at), max(counted[3], at)


def write(session: Session, tally: Tally) -> None:
    """Add a tally to the rollups. Queries: 5 at most."""
    if tally.hours:
        hours = _hours(tally)
        _add(session, LinkHour, ["link_id", "hour"], COUNTS, hours)
        _add(session, LinkSum, ["link_id", "day"], COUNTS, sums_of(hours))
    if tally.days:
        days = [
            {"link_id": link_id, "day": day, "what": what, "value": value, "hits": hits}
            for (link_id, day, what, value), hits in sorted(tally.days.items())
        ]
        _add(session, LinkDay, ["link_id", "what", "value", "day"], ["hits"], days)
    if tally.pages:
        pages = [
            {"page_id": page_id, "day": day, "evidence": evidence, "source": source, "visits": visits}
            for (page_id, day, evidence, source), visits in sorted(tally.pages.items())
        ]
        _add(session, PageDay, ["page_id", "day", "evidence", "source"], ["visits"], pages)
    if tally.dead:
        _add_dead(session, tally)


def _hours(tally: Tally) -> list[dict[str, Any]]:
    rows: dict[tuple[str, datetime], dict[str, Any]] = {}
    for (link_id, hour, column), number in sorted(tally.hours.items()):
        row = rows.get((link_id, hour))
        if row is None:
            nothing: dict[str, Any] = dict.fromkeys(COUNTS, 0)
            row = rows[link_id, hour] = {"link_id": link_id, "hour": hour, **nothing}
        row[column] += number
    return list(rows.values())


def sums_of(hours: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Hours of links as days."""
    rows: dict[tuple[str, date], dict[str, Any]] = {}
    for hour in hours:
        key = hour["link_id"], hour["hour"].astimezone(UTC).date()
        row = rows.setdefault(key, {"link_id": key[0], "day": key[1], **dict.fromkeys(COUNTS, 0)})
        for name in COUNTS:
            row[name] += hour[name]
    return list(rows.values())


def _add(session: Session, table: type[Base], keys: list[str], sums: list[str], rows: list[dict[str, Any]]) -> None:
    merge(session, table, rows, keys, lambda new: {name: getattr(table, name) + new[name] for name in sums})


def _add_dead(session: Session, tally: Tally) -> None:
    def later(told: Any) -> dict[str, Any]:
        return {
            "hits": DeadCode.hits + told.hits,
            "people": DeadCode.people + told.people,
            "first_at": case((told.first_at < DeadCode.first_at, told.first_at), else_=DeadCode.first_at),
            "last_at": case((told.last_at > DeadCode.last_at, told.last_at), else_=DeadCode.last_at),
        }

    rows = [
        {"code": code, "hits": hits, "people": people, "first_at": first_at, "last_at": last_at}
        for code, (hits, people, first_at, last_at) in sorted(tally.dead.items())
    ]
    merge(session, DeadCode, rows, ["code"], later)


def insert_hits(session: Session, hits: Sequence[Mapping[str, Any]]) -> None:
    """Store judged hits. PostgreSQL takes them by COPY: three times as fast as by INSERT."""
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        connection.execute(insert(Hit), list(hits))
        return
    columns = list(hits[0])
    driver = connection.connection.driver_connection
    assert driver is not None
    with driver.cursor() as cursor, cursor.copy(f"COPY hits ({', '.join(columns)}) FROM STDIN") as copy:
        for hit in hits:
            copy.write_row(tuple(hit.values()))
