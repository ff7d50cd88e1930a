"""Charts as plain numbers: what a template needs to draw SVG without any arithmetic of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil, log10

from campaigns.measuring.curves import Day


@dataclass(frozen=True)
class Grid:
    """A horizontal line and its figure."""

    y: float
    value: int


@dataclass(frozen=True)
class Pin:
    """A tweet on the curve: its number in the ledger below; `12+` when others stand too near for one of their own."""

    x: float
    y: float
    told: str
    top: float


@dataclass(frozen=True)
class Bar:
    """A day's leads."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Tick:
    """A day under the chart."""

    x: float
    on: date
    anchor: str


@dataclass(frozen=True)
class Curve:
    """Clicks a day as a line with its area, tweets as pins, leads a day as bars under it."""

    width: int
    height: int
    left: float
    right: float
    base: float
    bars_base: float
    line: str
    area: str
    grid: list[Grid]
    pins: list[Pin]
    bars: list[Bar]
    ticks: list[Tick]
    last: int
    last_y: float
    most_leads: int
    pin_radius: float


@dataclass(frozen=True)
class Frame:
    """The measures of a drawing, in its own units: one for a wide page, one for a phone."""

    width: int
    height: int
    left: float
    right: float
    base: float
    ticks: int
    pin_radius: float


WIDE = Frame(1000, 290, 36, 904, 210, 7, 8.5)
NARROW = Frame(358, 260, 28, 350, 180, 4, 7.5)
TOP, BARS_TOP, BARS = 30.0, 16.0, 42.0
ROWS, ROW, PIN_TOP = 2, 18.0, 10.0
"""Pins stand in two rows at most, so far apart, the first one here."""


def steps(most: int, lines: int = 3) -> int:
    """The distance of grid lines: 1, 2 or 5 times a power of ten.

    >>> steps(277), steps(9), steps(0)
    (100, 5, 1)
    """
    rough = max(most, 1) / lines
    power = 10 ** int(log10(rough)) if rough >= 1 else 1
    return int(next(power * n for n in (1, 2, 5, 10) if power * n >= rough))


def curve(days: Sequence[Day], numbers: Mapping[str, int], frame: Frame) -> Curve | None:
    """The curve of a campaign; None before there is anything to draw. `numbers` are the tweets' rows in the ledger."""
    if not days:
        return None
    step, gap = steps(max(day.clicks for day in days)), (frame.right - frame.left) / max(len(days) - 1, 1)
    most = max(step, ceil(max(day.clicks for day in days) / step) * step)
    xs = [round(frame.left + gap * n, 1) for n in range(len(days))]
    rows = _places(days, numbers, xs, 2 * frame.pin_radius + 3)
    top = TOP + ROW * max((row for row, _told in rows.values()), default=0)
    ys = [round(frame.base - (frame.base - top) * day.clicks / most, 1) for day in days]
    line = "M" + "L".join(f"{x} {y}" for x, y in zip(xs, ys, strict=True))
    most_leads = max(max(day.leads for day in days), 1)
    return Curve(
        width=frame.width, height=frame.height, left=frame.left, right=frame.right, base=frame.base,
        bars_base=frame.base + BARS_TOP + BARS, line=line, area=f"{line}L{xs[-1]} {frame.base}L{xs[0]} {frame.base}Z",
        grid=[Grid(round(frame.base - (frame.base - top) * v / most, 1), v) for v in range(0, most + 1, step)],
        pins=[Pin(xs[n], ys[n], told, PIN_TOP + ROW * row) for n, (row, told) in rows.items()],
        bars=_bars(days, xs, gap, most_leads, frame), ticks=_ticks(days, xs, frame),
        last=days[-1].clicks, last_y=ys[-1], most_leads=most_leads, pin_radius=frame.pin_radius,
    )  # fmt: skip


def _places(
    days: Sequence[Day], numbers: Mapping[str, int], xs: Sequence[float], apart: float
) -> dict[int, tuple[int, str]]:
    """For the days that have a pin: which row it stands in, and its words. Pins that would overlap take a second row;
    where that is full too, the one before speaks for both.
    """
    placed: dict[int, tuple[int, str]] = {}
    last: dict[int, int] = {}  # row → the day of the pin that stands last in it
    for n, day in enumerate(days):
        rows = sorted(numbers[tweet] for tweet in day.tweets if tweet in numbers)
        if not rows:
            continue
        free = next((row for row in range(ROWS) if row not in last or xs[n] - xs[last[row]] >= apart), None)
        if free is None:
            before = max(last.values())
            row, told = placed[before]
            placed[before] = row, f"{told.rstrip('+')}+"
            continue
        last[free] = n
        placed[n] = free, str(rows[0]) if len(rows) == 1 else f"{rows[0]}+"
    return placed


def _bars(days: Sequence[Day], xs: list[float], gap: float, most: int, frame: Frame) -> list[Bar]:
    width = round(min(max(gap / 2, 2), 24), 1)
    foot = frame.base + BARS_TOP + BARS
    tall = [round(BARS * day.leads / most, 1) for day in days]
    return [Bar(round(x - width / 2, 1), round(foot - h, 1), width, h) for x, h in zip(xs, tall, strict=True)]


def _ticks(days: Sequence[Day], xs: list[float], frame: Frame) -> list[Tick]:
    every = max(1, ceil(len(days) / frame.ticks))
    ticks = [Tick(x, day.on, "m") for day, x in list(zip(days, xs, strict=True))[::every]]
    if len(ticks) > 1:
        ticks[0] = Tick(ticks[0].x, ticks[0].on, "")
    return ticks


def share(part: float, most: float, width: float) -> float:
    """The length of a bar.

    >>> share(50, 200, 72)
    18.0
    """
    return round(width * part / most, 1) if most > 0 else 0.0
