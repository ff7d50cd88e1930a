"""What a tweet's page draws of its profile: credit under each model, and the delay from its click to a lead."""

from dataclasses import dataclass

from campaigns.kernel.money import Money
from campaigns.measuring.figures import Count, count_of
from campaigns.measuring.profiles import Profile
from web import filters
from web.curve_drawings import NARROW_CURVE, WIDE_CURVE, Stepped, by_delay
from web.marketer.lens_bar import model_words
from web.request import locale
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


def drawn_delays(profile: Profile) -> Delays | None:
    """The curve of leads by their delay; None before the first."""
    curve = profile.to_lead
    if not curve.at:
        return None
    until_s = max(600.0, curve.at[-1] * 1.5)
    wide, narrow = by_delay(curve, WIDE_CURVE, until_s), by_delay(curve, NARROW_CURVE, until_s)
    if wide is None or narrow is None:
        return None
    most = curve.arrived(curve.at[-1])
    half_s = next(at for at in curve.at if curve.arrived(at) >= most / 2)
    return Delays(wide, narrow, half_s, profile.still_expected)
