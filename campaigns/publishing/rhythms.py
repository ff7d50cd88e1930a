"""Rhythms: the days on which a tweet comes again, at the same time by the clocks of its zone."""

from calendar import monthrange
from datetime import datetime, timedelta
from typing import Literal, get_args

from campaigns.kernel.errors import Problem
from campaigns.publishing import calendars
from campaigns.publishing.calendars import Plan

Every = Literal["week", "two_weeks", "four_weeks", "month"]
EVERY: tuple[Every, ...] = get_args(Every)
MOST = 12
WEEKS = {"week": 1, "two_weeks": 2, "four_weeks": 4}


def times(local_time: str, zone: str, every: Every, count: int, now: datetime) -> list[Plan]:
    """The next times after now, so many. A time that the clocks jump over comes an hour later, that day alone.

    >>> from datetime import UTC, datetime
    >>> [
    ...     plan.local_time
    ...     for plan in times("2026-01-31T08:05", "Europe/Paris", "month", 2, datetime(2026, 2, 1, tzinfo=UTC))
    ... ]
    ['2026-02-28T08:05', '2026-03-31T08:05']
    """
    first, found, n = datetime.fromisoformat(local_time), list[Plan](), 0
    while len(found) < count:
        n += 1
        plan = _plan(_shifted(first, every, n), zone)
        if plan.at > now:
            found.append(plan)
    return found


def _shifted(first: datetime, every: Every, n: int) -> datetime:
    if every != "month":
        return first + timedelta(weeks=WEEKS[every] * n)
    month = first.month - 1 + n
    year, month = first.year + month // 12, month % 12 + 1
    return first.replace(year=year, month=month, day=min(first.day, monthrange(year, month)[1]))


def _plan(wall: datetime, zone: str) -> Plan:
    try:
        return Plan(calendars.instant(wall.isoformat(), zone), wall.isoformat(timespec="minutes"), zone)
    except Problem:
        later = wall + timedelta(hours=1)
        return Plan(calendars.instant(later.isoformat(), zone), later.isoformat(timespec="minutes"), zone)
