"""Calendars: from the time on somebody's wall to the instant it means, and back."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from campaigns.kernel import zones
from campaigns.kernel.errors import problem

GRACE = timedelta(minutes=1)
"""A form knows minutes only, and takes some seconds to fill: the minute that runs isn't past."""

FARTHEST = timedelta(days=366)
EXAMPLE = "2026-12-13T08:05"


@dataclass(frozen=True)
class Plan:
    """When a tweet is to go out: the instant, and the time and zone as they were typed (None: only an instant was)."""

    at: datetime
    local_time: str | None = None
    zone: str | None = None


def plan(text: str, zone: str | None, now: datetime, field: str = "scheduled_at") -> Plan:
    """A plan from ISO 8601: with an offset it is an instant; without one it is the time in the zone.

    Raises invalid: `malformed`, `required` (no offset and no zone), `zone_unknown`, `time_in_gap`, `time_past`,
    `time_too_far`.

    >>> now = datetime(2026, 11, 2, tzinfo=UTC)
    >>> plan("2026-11-03T08:05", "Europe/Paris", now).at.isoformat()
    '2026-11-03T07:05:00+00:00'
    """
    try:
        read = datetime.fromisoformat(text.strip())
        moment = read.astimezone(UTC) if read.tzinfo else None
    except (ValueError, OverflowError):  # the years 1 and 9999 end at one side of Greenwich
        raise problem("invalid", "malformed", field, expected=f"{EXAMPLE}+01:00") from None
    if zone:
        zones.known(zone)
    if moment:
        check_ahead(moment, now, field)
        return Plan(moment, local(moment, zone) if zone else None, zone or None)
    if not zone:
        raise problem("invalid", "required", "zone")
    wall = read.isoformat(timespec="minutes") if not (read.second or read.microsecond) else read.isoformat()
    return Plan(check_ahead(instant(wall, zone, field), now, field), wall, zone)


def instant(local_time: str, zone: str, field: str = "scheduled_at") -> datetime:
    """The moment at which the clocks of a zone show this time; when they show it twice, the first.

    | argument | meaning |
    |---|---|
    | local_time | ISO 8601 without an offset, as a browser's field gives it |
    | zone | IANA name |

    Raises invalid: `malformed`, `zone_unknown`, `time_in_gap` (the clocks jump over it).

    >>> instant("2026-10-25T02:30", "Europe/Paris").isoformat()
    '2026-10-25T00:30:00+00:00'
    """
    rules = ZoneInfo(zones.known(zone))
    try:
        wall = datetime.fromisoformat(local_time.strip())
    except ValueError:
        raise problem("invalid", "malformed", field, expected=EXAMPLE) from None
    if wall.tzinfo is not None:
        raise problem("invalid", "malformed", field, expected=EXAMPLE)
    try:
        moment = wall.replace(tzinfo=rules, fold=0).astimezone(UTC)
        shown = moment.astimezone(rules).replace(tzinfo=None)
    except OverflowError:  # the years 1 and 9999 end at one side of Greenwich
        raise problem("invalid", "malformed", field, expected=EXAMPLE) from None
    if shown != wall:
        raise problem("invalid", "time_in_gap", field, local=wall.strftime("%Y-%m-%d %H:%M"), zone=zone)
    return moment


def local(moment: datetime, zone: str) -> str:
    """What the clocks of a zone show at a moment.

    >>> from datetime import UTC, datetime
    >>> local(datetime(2026, 7, 1, 10, 0, tzinfo=UTC), "Europe/Paris")
    '2026-07-01T12:00'
    """
    wall = moment.astimezone(ZoneInfo(zones.known(zone))).replace(tzinfo=None)
    return wall.isoformat(timespec="seconds" if wall.second or wall.microsecond else "minutes")


def check_ahead(moment: datetime, now: datetime, field: str = "scheduled_at") -> datetime:
    """The moment when something can be planned for it. Raises invalid: `time_past`, `time_too_far`."""
    if moment < now - GRACE:
        raise problem("invalid", "time_past", field)
    if moment > now + FARTHEST:
        raise problem("invalid", "time_too_far", field)
    return moment
