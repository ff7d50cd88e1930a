from datetime import UTC, datetime, timedelta

import pytest

from campaigns.kernel.errors import Problem
from campaigns.publishing.calendars import Plan, instant, local, plan

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


def fault(text: str, zone: str | None, now: datetime = NOW) -> tuple[str | None, str]:
    with pytest.raises(Problem) as refused:
        plan(text, zone, now)
    assert refused.value.kind == "invalid"
    return refused.value.faults[0].field, refused.value.faults[0].code


@pytest.mark.parametrize(
    "wall,zone,expected",
    [
        ("2026-07-01T12:00", "Europe/Paris", "2026-07-01T10:00:00+00:00"),
        ("2026-12-01T12:00", "Europe/Paris", "2026-12-01T11:00:00+00:00"),
        ("2026-10-25T02:30", "Europe/Paris", "2026-10-25T00:30:00+00:00"),  # twice: the first
        ("2026-11-01T01:30", "America/New_York", "2026-11-01T05:30:00+00:00"),  # twice: the first
        ("2026-11-02T12:00", "Asia/Kathmandu", "2026-11-02T06:15:00+00:00"),
        ("2026-04-05T01:45", "Australia/Lord_Howe", "2026-04-04T14:45:00+00:00"),  # half an hour, twice
    ],
)
def test_a_time_on_the_wall_is_an_instant(wall: str, zone: str, expected: str) -> None:
    assert instant(wall, zone).isoformat() == expected


@pytest.mark.parametrize(
    "wall,zone",
    [
        ("2027-03-28T02:30", "Europe/Paris"),
        ("2027-03-14T02:00", "America/New_York"),
        ("2026-10-04T02:15", "Australia/Lord_Howe"),
    ],
)  # fmt: skip
def test_a_time_that_the_clocks_skip_is_refused(wall: str, zone: str) -> None:
    assert fault(wall, zone, datetime(2026, 10, 1, tzinfo=UTC)) == ("scheduled_at", "time_in_gap")


def test_a_plan_keeps_what_was_typed() -> None:
    typed = plan("2026-11-03T08:05", "Europe/Paris", NOW)
    assert typed == Plan(datetime(2026, 11, 3, 7, 5, tzinfo=UTC), "2026-11-03T08:05", "Europe/Paris")
    assert plan("2026-11-03T08:05:00+01:00", None, NOW) == Plan(typed.at)
    assert plan("2026-11-03T07:05:00Z", "Europe/Paris", NOW) == typed


@pytest.mark.parametrize(
    "text,zone,expected",
    [
        ("2026-11-02T08:58:00Z", None, ("scheduled_at", "time_past")),
        ("2027-11-04T09:00:00Z", None, ("scheduled_at", "time_too_far")),
        ("9999-12-31T23:59:59-12:00", None, ("scheduled_at", "malformed")),
        ("0001-01-01T00:00", "Asia/Tokyo", ("scheduled_at", "malformed")),
        ("tomorrow", "Europe/Paris", ("scheduled_at", "malformed")),
        ("2026-11-31T10:00", "Europe/Paris", ("scheduled_at", "malformed")),
        ("2026-11-03T08:05", "Europe/Quimper", ("zone", "zone_unknown")),
        ("2026-11-03T08:05", "../../etc/passwd", ("zone", "zone_unknown")),
        ("2026-11-03T08:05", "Europe/Paris\x00", ("zone", "zone_unknown")),
        ("2026-11-03T08:05", "\ud83d", ("zone", "zone_unknown")),
        ("2026-11-03T08:05", None, ("zone", "required")),
        ("2026-11-03T08:05Z", "Mars/Olympus", ("zone", "zone_unknown")),
    ],
)
def test_what_is_no_time_ahead_is_refused(text: str, zone: str | None, expected: tuple[str, str]) -> None:
    assert fault(text, zone) == expected


def test_the_minute_that_runs_is_not_past() -> None:
    assert plan("2026-11-02T09:00:00Z", None, NOW + timedelta(seconds=40)).at == NOW


def test_the_wall_shows_the_zone() -> None:
    assert local(NOW, "Europe/Paris") == "2026-11-02T10:00"
    assert local(NOW + timedelta(seconds=5), "Asia/Kathmandu") == "2026-11-02T14:45:05"
