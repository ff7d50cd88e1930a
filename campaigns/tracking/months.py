"""Months: how long raw hits are kept. PostgreSQL holds them by month, made ahead and dropped as a whole, SQLite deletes
old ones in small batches, so that nobody waits long. Rollups stay.
"""

import re
from datetime import UTC, datetime, timedelta

from sqlalchemy import DDL, delete, func, select, text
from sqlalchemy.orm import Session

from campaigns.kernel.db import changed, take_turns
from campaigns.tracking.hits import Hit
from campaigns.tracking.rollups import DeadCode
from campaigns.tracking.visits import EPOCH, Visit

AHEAD = 2
MOST_ROWS = 5_000
"""Deleted at once: SQLite's other writers wait for 0.1 s. Once a minute that is 7 million a day."""

CODES_KEPT = timedelta(days=90)
MOST_CODES = 20_000
"""Dead codes; whoever tries codes at random must not fill the disk."""

MADE = "CREATE TABLE %(name)s PARTITION OF hits FOR VALUES FROM ('%(since)s') TO ('%(until)s')"
HELD = text("SELECT EXISTS (SELECT FROM hits_rest WHERE at >= :since AND at < :until)")
"""PostgreSQL's net holds the hits of months that aren't made."""

MOVED = text(
    "WITH moved AS (DELETE FROM hits_rest WHERE at >= :since AND at < :until RETURNING *)"
    " INSERT INTO hits SELECT * FROM moved"
)
OLD_HELD = text(
    "DELETE FROM hits_rest WHERE id IN"
    " (SELECT id FROM hits_rest WHERE id < CAST(:first AS uuid) ORDER BY id LIMIT :most)"
)


def kept_since(now: datetime, kept_days: int) -> datetime:
    """The beginning of the first day of UTC whose hits are all kept.

    >>> kept_since(datetime(2026, 11, 2, 9, tzinfo=UTC), 395).isoformat()
    '2025-10-03T00:00:00+00:00'
    """
    return _midnight(now) - timedelta(days=kept_days)


def make_ahead(session: Session, now: datetime) -> list[str]:
    """Make this month and the next ones where hits are kept by month, with what the net holds of them; their names.

    Queries: 1; 2 more when one is missing, 2 for each that is made, 5 when the net holds some of it.
    """
    if session.get_bind().dialect.name != "postgresql" or not _missing(session, now):
        return []
    take_turns(session, "drain_hits")  # a table in use can't get a part; drainers wait better here than there
    missing = _missing(session, now)  # another worker may have made them meanwhile
    for name, (since, until) in missing.items():
        _make(session, name, since, until)
    return list(missing)


def _missing(session: Session, now: datetime) -> dict[str, tuple[datetime, datetime]]:
    """The months that should be there and aren't: name, beginning and end."""
    there, missing = _months(session), {}
    since = _midnight(now).replace(day=1)
    for _ in range(AHEAD + 1):
        until = (since + timedelta(days=31)).replace(day=1)
        if (name := f"hits_{since:%Y_%m}") not in there:
            missing[name] = (since, until)
        since = until
    return missing


def _make(session: Session, name: str, since: datetime, until: datetime) -> None:
    ends = {"since": since, "until": until}
    make = _ddl(MADE, name=name, since=since.isoformat(), until=until.isoformat())
    if not session.scalar(HELD, ends):
        session.execute(make)
        return
    session.execute(text("ALTER TABLE hits DETACH PARTITION hits_rest"))
    session.execute(make)
    session.execute(MOVED, ends)
    session.execute(text("ALTER TABLE hits ATTACH PARTITION hits_rest DEFAULT"))


def forget_hits(session: Session, now: datetime, kept_days: int) -> int:
    """Forget hits and visits of days that are over: whole months, or so many rows; how many rows, a month as one.

    Queries: 2; 3 on PostgreSQL, 2 more when months are over and 1 for each that is dropped.
    """
    since = kept_since(now, kept_days)
    forgotten = _forget(session, Visit, since)
    if session.get_bind().dialect.name != "postgresql":
        return forgotten + _forget(session, Hit, since)
    if _over(session, since):
        take_turns(session, "drain_hits")
        for name in _over(session, since):  # another worker may have dropped them meanwhile
            session.execute(_ddl("DROP TABLE %(name)s", name=name))
            forgotten += 1
    return forgotten + changed(session, OLD_HELD.bindparams(first=_first_id(since), most=MOST_ROWS))


def _over(session: Session, since: datetime) -> list[str]:
    """The months whose last day is over."""
    ends = {name: tuple(map(int, name.removeprefix("hits_").split("_"))) for name in sorted(_months(session))}
    return [
        name for name, (year, month) in ends.items()
        if datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC) <= since
    ]  # fmt: skip


def _forget(session: Session, table: type[Hit | Visit], since: datetime) -> int:
    old = select(table.id).where(table.id < _first_id(since)).order_by(table.id).limit(MOST_ROWS)
    return changed(session, delete(table).where(table.id.in_(old)))


def forget_codes(session: Session, now: datetime) -> int:
    """Forget dead codes that nobody asked for lately, and when there are too many those that cost fewest visitors."""
    forgotten = changed(session, delete(DeadCode).where(DeadCode.last_at < now - CODES_KEPT))
    spare = int(session.scalar(select(func.count()).select_from(DeadCode)) or 0) - MOST_CODES
    if spare > 0:
        least = select(DeadCode.code).order_by(DeadCode.people, DeadCode.hits, DeadCode.code).limit(spare)
        forgotten += changed(session, delete(DeadCode).where(DeadCode.code.in_(least)))
    return forgotten


def _ddl(statement: str, **context: str) -> DDL:
    """A statement that takes no parameters, with our own words."""
    return DDL(statement, context=context)  # type: ignore[no-untyped-call]


def _months(session: Session) -> set[str]:
    parts = text("SELECT relname FROM pg_inherits JOIN pg_class ON oid = inhrelid WHERE inhparent = 'hits'::regclass")
    return {name for name in session.scalars(parts) if re.fullmatch(r"hits_\d{4}_\d\d", name)}


def _first_id(since: datetime) -> str:
    """The smallest id of that moment: ids begin with their milliseconds."""
    told = f"{(since - EPOCH) // timedelta(milliseconds=1):012x}"
    return f"{told[:8]}-{told[8:]}-0000-0000-000000000000"


def _midnight(now: datetime) -> datetime:
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
