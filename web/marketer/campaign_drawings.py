"""What a campaign's page draws beside its ledger: the week by hour, and what would be lost without each tweet."""

from collections.abc import Sequence
from dataclasses import dataclass

from campaigns.crediting.models import Fit, Removal
from campaigns.measuring.funnels import Row
from web import filters
from web.heat_drawings import NARROW_WEEK, WIDE_WEEK, Week, week
from web.request import locale, zone
from web.row_drawings import NARROW_ROWS, WIDE_ROWS, Rate, Rows, rates

DAYS, HOURS = 7, 24
MOST_DRAWN = 40


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


@dataclass(frozen=True)
class Removals:
    """What share of the leads would be lost without each tweet, the most first; drawn twice, with the intervals."""

    wide: Rows
    narrow: Rows
    rows: list[tuple[str, str, Removal]]


def drawn_removals(rows: Sequence[Row], fit: Fit | None) -> Removals | None:
    """Of the tweets that were on any path; None without a fit."""
    known = [(row, fit.effects[f"tweet:{row.key}"]) for row in rows if fit and f"tweet:{row.key}" in fit.effects]
    if not known:
        return None
    told = [
        (row.key, row.tweet.text.replace("{link}", "").strip() if row.tweet else "—", removal)
        for row, removal in sorted(known, key=lambda each: -each[1].effect)
    ]
    drawn = [
        Rate(words, each.effect, each.low, each.high, filters.rate(each.effect, locale()), "")
        for _, words, each in told[:MOST_DRAWN]
    ]
    return Removals(rates(drawn, WIDE_ROWS), rates(drawn, NARROW_ROWS), told)
