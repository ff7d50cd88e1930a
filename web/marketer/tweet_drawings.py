"""What a tweet's page draws of its profile: credit under each model, and the delay from its click to a lead."""

from dataclasses import dataclass

from campaigns.kernel.money import Money
from campaigns.measuring.figures import Count, count_of
from campaigns.measuring.profiles import Hour, Profile
from campaigns.statistics.delays import Waiting
from web import filters
from web.curve_drawings import NARROW_CURVE, WIDE_CURVE, Banded, Point, Posted, Stepped, by_delay, over_time
from web.marketer.lens_bar import model_words
from web.request import locale, zone
from web.row_drawings import NARROW_ROWS, WIDE_ROWS, Part, Rows, parts

USUAL = "last_non_direct"


@dataclass(frozen=True)
class ModelRow:
    """What a tweet gets under a model."""

    model: str
    name: str
    leads: Count
    sales: Count
    net_revenue: list[Money]


@dataclass(frozen=True)
class Models:
    """The models side by side: rows of a table, and bars of leads; no bars without any lead."""

    rows: list[ModelRow]
    wide: Rows | None
    narrow: Rows | None


def drawn_models(profile: Profile) -> Models:
    """Credit under each model, the usual one marked."""
    words = model_words()
    rows = [
        ModelRow(model, words[model], count_of(shares, "lead"), count_of(shares, "sale"), shares.money)
        for model, shares in profile.by_model.items()
    ]
    bars = [
        Part(row.name, row.leads, filters.number(round(row.leads, 1), locale()), is_chosen=row.model == USUAL)
        for row in rows
    ]
    if not any(row.leads for row in rows):
        return Models(rows, None, None)
    return Models(rows, parts(bars, WIDE_ROWS), parts(bars, NARROW_ROWS))


@dataclass(frozen=True)
class Delays:
    """What share of the clicks had led to a lead by which delay; `half_s`: until half of those came."""

    wide: Stepped
    narrow: Stepped
    half_s: float
    expected: float | None


def drawn_delays(curve: Waiting, expected: float | None = None) -> Delays | None:
    """The curve of leads, or of sales, by their delay; None before the first."""
    if not curve.at:
        return None
    until_s = max(600.0, curve.at[-1] * 1.5)
    wide, narrow = by_delay(curve, WIDE_CURVE, until_s), by_delay(curve, NARROW_CURVE, until_s)
    if wide is None or narrow is None:
        return None
    most = curve.arrived(curve.at[-1])
    half_s = next(at for at in curve.at if curve.arrived(at) >= most / 2)
    return Delays(wide, narrow, half_s, expected)


@dataclass(frozen=True)
class Hours:
    """Clicks of each hour after the tweet went out, drawn twice; the hours with any click or lead."""

    wide: Banded
    narrow: Banded
    rows: list[Hour]
    last: int


def drawn_hours(hours: list[Hour], marks: list[Posted]) -> Hours | None:
    """The first 72 hours. `marks`: when it, or a repost of it, went out. None before the first click."""
    if len(hours) < 2 or not any(hour.clicks for hour in hours):
        return None
    points = [Point(hour.at, float(hour.clicks), float(hour.clicks), float(hour.clicks)) for hour in hours]
    wide, narrow = (over_time(points, marks, frame, zone(), is_rate=False) for frame in (WIDE_CURVE, NARROW_CURVE))
    if wide is None or narrow is None:
        return None
    return Hours(wide, narrow, [hour for hour in hours if hour.clicks or hour.leads], hours[-1].clicks)
