"""Keyset lists: pages that stay right while rows come in, and cost the same at the end as at the start."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, and_, or_
from sqlalchemy.orm import InstrumentedAttribute, Session

from campaigns.kernel.codes import is_id
from campaigns.kernel.errors import problem

T = TypeVar("T")
M = TypeVar("M")
LIMIT, MAX_LIMIT = 50, 200


@dataclass(frozen=True)
class Slice(Generic[T]):
    """Some rows, and the cursor of those after them; None at the end."""

    items: list[T]
    next: str | None


def cursor(at: datetime, row_id: str) -> str:
    """Where a row stands in a list by moment and id; opaque to whoever carries it."""
    told = json.dumps([at.astimezone(UTC).isoformat(), row_id], separators=(",", ":"))
    return base64.urlsafe_b64encode(told.encode()).decode().rstrip("=")


def read(text: str) -> tuple[datetime, str]:
    """What a cursor says. Raises invalid (`malformed`).

    >>> read(cursor(datetime(2026, 11, 2, tzinfo=UTC), "0193a1b2-0000-7000-8000-00000000000a"))[1]
    '0193a1b2-0000-7000-8000-00000000000a'
    """
    try:
        at, row_id = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
        moment = datetime.fromisoformat(at)
        if moment.tzinfo is None or not is_id(row_id):
            raise ValueError
    except (ValueError, TypeError, RecursionError, binascii.Error):
        raise problem("invalid", "malformed", "cursor", expected="cursor") from None
    return moment, row_id


def after(at: InstrumentedAttribute[datetime], row_id: InstrumentedAttribute[str], text: str) -> ColumnElement[bool]:
    """The condition for rows that come after a cursor, newest first."""
    moment, last = read(text)
    return or_(at < moment, and_(at == moment, row_id < last))


def read_page(
    session: Session,
    rows: Select[M],
    at: InstrumentedAttribute[datetime],
    row_id: InstrumentedAttribute[str],
    before: str | None,
    limit: int,
) -> Slice[M]:
    """A slice of a query's rows, newest first. Raises invalid for a cursor that isn't one. 1 query."""
    wanted = rows.order_by(at.desc(), row_id.desc()).limit(limit + 1)
    if before:
        wanted = wanted.where(after(at, row_id, before))
    return cut(session.scalars(wanted).all(), limit, lambda row: (getattr(row, at.key), getattr(row, row_id.key)))


def cut(rows: Sequence[T], limit: int, key: Callable[[T], tuple[datetime, str]]) -> Slice[T]:
    """A slice of the rows that were read: one more than the limit, so that the end is known without counting.

    >>> cut([3, 2, 1], 2, lambda n: (datetime(2026, 1, n, tzinfo=UTC), str(n))).items
    [3, 2]
    """
    items = list(rows[:limit])
    more: Any = len(rows) > limit and items
    return Slice(items, cursor(*key(items[-1])) if more else None)
