"""Time zones: whether one exists, and the day that its calendars show."""

from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from babel.core import get_global

from campaigns.kernel.errors import problem


@lru_cache(1)
def names() -> frozenset[str]:
    """The IANA names known; reading them from the disk takes some 10 ms, so once a process."""
    return frozenset(available_timezones())


@lru_cache(1)
def canonical() -> frozenset[str]:
    """Those that people live in, each by one name: without aliases (US/Pacific) and machines' own (Etc/GMT+5)."""
    aliases = get_global("zone_aliases")
    return frozenset(name for name in names() if "/" in name and not name.startswith("Etc/") and name not in aliases)


def known(name: str, field: str = "zone") -> str:
    """The name of a zone that exists. Raises invalid (`zone_unknown`)."""
    if name not in names():
        raise problem("invalid", "zone_unknown", field, zone=ascii(name[:60])[1:-1])
    return name


def day(moment: datetime, zone: str) -> date:
    """The day that it is in a zone.

    >>> from datetime import UTC
    >>> day(datetime(2026, 11, 2, 23, 30, tzinfo=UTC), "Europe/Paris")
    datetime.date(2026, 11, 3)
    """
    return moment.astimezone(ZoneInfo(zone)).date()
