"""Rows on one scale: rates with their intervals one below the other, and parts of a whole as bars."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from web.scales import Ruled, fitting, ruled

TOP, FOOT, REACH = 24.0, 8.0, 10.0
"""Above the first row stand the figures of the scale; its lines reach so far about a mark that has words above it."""


@dataclass(frozen=True)
class Lanes:
    """The measures of rows: on a wide page words, drawing, figures side by side; on a phone the words above."""

    width: int
    start: float
    end: float
    words: float
    row: float
    text: float
    mark: float
    lines: int
    is_stacked: bool


WIDE_ROWS = Lanes(width=1000, start=330, end=780, words=310, row=32, text=20, mark=16, lines=4, is_stacked=False)
NARROW_ROWS = Lanes(width=358, start=6, end=352, words=184, row=52, text=18, mark=36, lines=3, is_stacked=True)


@dataclass(frozen=True)
class Rate:
    """A row: what it is of, the value with its interval, and how these are told. None: nothing was counted."""

    label: str
    value: float | None
    low: float
    high: float
    told: str
    doubt: str
    is_few: bool = False
    before: float | None = None


@dataclass(frozen=True)
class Part:
    """A row: a part of a whole, which a refund may make negative. `is_chosen`: the others are compared with it."""

    label: str
    value: float
    told: str
    doubt: str = ""
    low: float | None = None
    high: float | None = None
    is_chosen: bool = False


@dataclass(frozen=True)
class Figure:
    """A figure of the scale."""

    x: float
    value: float


@dataclass(frozen=True)
class Row:
    """A row as it is drawn; `text` and `mark` are heights, `whole` the label that `label` may be the beginning of."""

    label: str
    whole: str
    told: str
    doubt: str
    text: float
    mark: float
    x: float | None
    start: float
    end: float
    before: float | None
    is_few: bool
    is_chosen: bool


@dataclass(frozen=True)
class Rows:
    """What a template needs to draw rows. `beside`: where the average or the chosen row stands; `runs`: from where to
    where the lines of the scale go down, so that they cross no words.
    """

    lanes: Lanes
    height: float
    runs: list[tuple[float, float]]
    figures: list[Figure]
    is_fine: bool
    zero: float
    beside: float | None
    rows: list[Row]


def rates(values: Sequence[Rate], lanes: Lanes, average: float | None = None, most: float | None = 1.0) -> Rows:
    """Rates, or differences of rates, with their intervals. `most`: where the scale ends at the latest.

    The intervals of what is too few to compare don't stretch the scale: they are cut where it ends.
    """
    sure = [end for rate in values if not rate.is_few for end in (rate.low, rate.high)]
    own = [each for rate in values for each in (rate.value, rate.before) if each is not None]
    scale = ruled([*sure, *own, average or 0.0], lanes.start, lanes.end, lanes.lines, most)
    at = scale.scale.at
    rows = [
        _row(lanes, n, rate.label, rate.told, rate.doubt,
             None if rate.value is None else at(rate.value), at(rate.low), at(rate.high),
             before=None if rate.before is None else at(rate.before), is_few=rate.is_few)
        for n, rate in enumerate(values)
    ]  # fmt: skip
    return _drawn(lanes, scale, rows, None if average is None else at(average))


def parts(values: Sequence[Part], lanes: Lanes, most: float | None = None) -> Rows:
    """Bars from zero on one scale; a dotted line goes through the end of the chosen one."""
    ends: Iterable[float | None] = (end for part in values for end in (part.value, part.low, part.high))
    scale = ruled([end for end in ends if end is not None], lanes.start, lanes.end, lanes.lines, most)
    at = scale.scale.at
    rows = [
        _row(lanes, n, part.label, part.told, part.doubt, at(part.value),
             at(part.value if part.low is None else part.low), at(part.value if part.high is None else part.high),
             is_chosen=part.is_chosen)
        for n, part in enumerate(values)
    ]  # fmt: skip
    return _drawn(lanes, scale, rows, next((row.x for row in rows if row.is_chosen), None))


def _row(
    lanes: Lanes, n: int, label: str, told: str, doubt: str, x: float | None, start: float, end: float, *,
    before: float | None = None, is_few: bool = False, is_chosen: bool = False,
) -> Row:  # fmt: skip
    top = TOP + n * lanes.row
    return Row(
        label=fitting(label, lanes.words), whole=label, told=told, doubt=doubt, text=top + lanes.text,
        mark=top + lanes.mark, x=x, start=start, end=end, before=before, is_few=is_few, is_chosen=is_chosen,
    )  # fmt: skip


def _drawn(lanes: Lanes, values: Ruled, rows: list[Row], beside: float | None) -> Rows:
    foot = TOP + len(rows) * lanes.row
    runs = [(row.mark - REACH, row.mark + REACH) for row in rows] if lanes.is_stacked else [(TOP - 4, foot)]
    at = values.scale.at
    figures = [Figure(at(figure), figure) for figure in values.figures]
    return Rows(lanes, foot + FOOT, runs, figures, values.is_fine, at(0.0), beside, rows)
