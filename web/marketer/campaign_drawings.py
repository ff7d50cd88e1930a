"""What a campaign's page draws beside its ledger: the week by hour."""

from collections.abc import Sequence
from dataclasses import dataclass

from campaigns.measuring.funnels import Row
from web.heat_drawings import NARROW_WEEK, WIDE_WEEK, Week, week
from web.request import zone

DAYS, HOURS = 7, 24


@dataclass(frozen=True)
class Hours:
    """Clicks by the weekday and the hour in which their tweet went out, drawn twice; `rows`: those with any."""

    wide: Week
    narrow: Week
    rows: list[tuple[int, int, int, int]]


def drawn_hours(rows: Sequence[Row]) -> Hours | None:
    """In the viewer's zone; None before the first click."""
    clicks, tweets = ([[0] * HOURS for _ in range(DAYS)] for _ in range(2))
    for row in rows:
        if row.tweet and row.tweet.sent_at and not row.elsewhere:
            at = row.tweet.sent_at.astimezone(zone())
            clicks[at.weekday()][at.hour] += row.figures.clicks
            tweets[at.weekday()][at.hour] += 1
    if not any(map(any, clicks)):
        return None
    told = [
        (day, hour, tweets[day][hour], clicks[day][hour])
        for day in range(DAYS) for hour in range(HOURS) if tweets[day][hour]
    ]  # fmt: skip
    return Hours(week(clicks, WIDE_WEEK), week(clicks, NARROW_WEEK), told)
