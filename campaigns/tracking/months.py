"""Months: how long raw hits are kept, to the day. Old ones are deleted in small batches, so that nobody waits long.

PostgreSQL holds them by month, made ahead; a month whose last day is over is dropped as a whole. Rollups stay.
"""

import re
from datetime import UTC, datetime, timedelta

from sqlalchemy import DDL, ColumnElement, delete, func, select, text
from sqlalchemy.orm import Session

from campaigns.kernel.db import changed, take_turns, wait_briefly
from campaigns.tracking.hits import Hit
from campaigns.tracking.rollups import DeadCode
from campaigns.tracking.visits import EPOCH, Visit

AHEAD = 2
MOST_ROWS = 5_000
"""Deleted at once: SQLite's other writers wait for 0.1 s. Once a minute that is 7 million a day: more than that
and PostgreSQL is behind until the month is dropped."""

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


def kept_since(now: datetime, kept_days: int) -> datetime:
    """The beginning of the first day of UTC whose hits are all kept.

    >>> kept_since(datetime(2026, 11, 2, 9, tzinfo=UTC), 395).isoformat()
    '2025-10-03T00:00:00+00:00'
    """
    return _midnight(now) - timedelta(days=kept_days)


def make_ahead(session: Session, now: datetime) -> list[str]:
    """Make this month and the next ones where hits are kept by month, with what the net holds of them; their names.

    Queries: 1; 3 more when one is missing, 2 for each that is made, 5 when the net holds some of it. In use, see
    `wait_briefly`: the net takes what comes until they are made.
    """
    if session.get_bind().dialect.name != "postgresql" or not _missing(session, now):
        return []
    take_turns(session, "drain_hits")  # a table in use can't get a part; drainers wait better here than there
    wait_briefly(session)
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


def drop_months(session: Session, now: datetime, kept_days: int) -> list[str]:
    """Drop the months whose last day is over, where hits are kept by month; their names.

    Queries: 1 on PostgreSQL, 3 more when months are over and 1 for each. In use, see `wait_briefly`: their rows are
    forgotten some at a time until then.
    """
    since = kept_since(now, kept_days)
    if session.get_bind().dialect.name != "postgresql" or not _over(session, since):
        return []
    take_turns(session, "drain_hits")
    wait_briefly(session)
    over = _over(session, since)  # another worker may have dropped them meanwhile
    for name in over:
        session.execute(_ddl("DROP TABLE %(name)s", name=name))
    return over


def forget_hits(session: Session, now: datetime, kept_days: int) -> int:
    """Forget so many hits and visits of days that are over; how many rows. Queries: 4; 5 on PostgreSQL."""
    take_turns(session, "forget_hits")  # two workers at the same rows would wait for each other
    since = kept_since(now, kept_days)
    # by their moment too: PostgreSQL looks into the months that are over and no other
    return _forget(session, Visit, since) + _forget(session, Hit, since, Hit.at < since)


def _over(session: Session, since: datetime) -> list[str]:
    """The months whose last day is over."""
    ends = {name: tuple(map(int, name.removeprefix("hits_").split("_"))) for name in sorted(_months(session))}
    return [
        name for name, (year, month) in ends.items()
        if datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC) <= since
    ]  # fmt: skip


def _forget(session: Session, table: type[Hit | Visit], since: datetime, *where: ColumnElement[bool]) -> int:
    """The oldest, up to the first that stays: a range of keys, which neither database looks for in the whole table."""
    end = _first_id(since)
    old = select(table.id).where(table.id < end, *where).order_by(table.id)
    end = session.scalar(old.offset(MOST_ROWS).limit(1)) or end
    over = delete(table).where(table.id < end, *where)
    return changed(session, over.execution_options(synchronize_session=False))


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
