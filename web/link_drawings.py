"""The curve of a link as plain numbers: clicks by hour or by day, visits under them, the tweet's time marked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from zoneinfo import ZoneInfo

from campaigns.measuring.link_reports import LinkCurve, Step
from web.drawings import BARS, BARS_TOP, TOP, Bar, Frame, Grid, steps

HOURS = (1, 2, 3, 6, 12, 24, 48, 96)
"""Whole hours between two ticks."""


@dataclass(frozen=True)
class Mark:
    """The tweet on the curve; its words stand left of it near the right end."""

    x: float
    y: float
    is_late: bool


@dataclass(frozen=True)
class Moment:
    """A moment under the chart; `is_day`: the day says it, not the hour."""

    x: float
    at: datetime
    is_day: bool
    anchor: str


@dataclass(frozen=True)
class Drawn:
    """What a template needs to draw it."""

    frame: Frame
    line: str
    area: str
    grid: list[Grid]
    bars: list[Bar]
    bars_base: float
    most_visits: int
    ticks: list[Moment]
    mark: Mark | None
    last: int
    last_y: float


def draw(curve: LinkCurve, frame: Frame, zone: ZoneInfo, tweeted: datetime | None) -> Drawn:
    """A link's curve in a frame."""
    shown = curve.steps
    step = steps(max(each.clicks for each in shown))
    most = max(step, ceil(max(each.clicks for each in shown) / step) * step)
    gap = (frame.right - frame.left) / max(len(shown) - 1, 1)
    xs = [round(frame.left + gap * n, 1) for n in range(len(shown))]
    ys = [round(frame.base - (frame.base - TOP) * each.clicks / most, 1) for each in shown]
    line = "M" + "L".join(f"{x} {y}" for x, y in zip(xs, ys, strict=True))
    most_visits = max(max(each.visits for each in shown), 1)
    return Drawn(
        frame=frame, line=line, area=f"{line}L{xs[-1]} {frame.base}L{xs[0]} {frame.base}Z",
        grid=[Grid(round(frame.base - (frame.base - TOP) * v / most, 1), v) for v in range(0, most + 1, step)],
        bars=_bars(shown, xs, gap, most_visits, frame), bars_base=frame.base + BARS_TOP + BARS,
        most_visits=most_visits, ticks=_ticks(curve, xs, frame, zone), mark=_mark(shown, xs, ys, frame, tweeted),
        last=shown[-1].clicks, last_y=ys[-1],
    )  # fmt: skip


def _bars(shown: Sequence[Step], xs: list[float], gap: float, most: int, frame: Frame) -> list[Bar]:
    width = round(min(max(gap / 2, 1), 24), 1)
    foot = frame.base + BARS_TOP + BARS
    tall = [round(BARS * each.visits / most, 1) for each in shown]
    return [Bar(round(x - width / 2, 1), round(foot - h, 1), width, h) for x, h in zip(xs, tall, strict=True) if h]


def _mark(
    shown: Sequence[Step], xs: list[float], ys: list[float], frame: Frame, tweeted: datetime | None
) -> Mark | None:
    """Where the tweet stands; None when it went out before or after what is drawn."""
    if tweeted is None or not shown[0].at <= tweeted < shown[-1].at + _length(shown):
        return None
    place = max(n for n, each in enumerate(shown) if each.at <= tweeted)
    gap = xs[place + 1] - xs[place] if place + 1 < len(xs) else 0
    x = round(xs[place] + gap * ((tweeted - shown[place].at) / _length(shown)), 1)
    return Mark(x, ys[place], x > (frame.left + frame.right) / 2)


def _length(shown: Sequence[Step]) -> timedelta:
    return shown[1].at - shown[0].at if len(shown) > 1 else timedelta(days=1)


def _ticks(curve: LinkCurve, xs: list[float], frame: Frame, zone: ZoneInfo) -> list[Moment]:
    """Days at their midnights when there is room for hours of several; else every so many steps."""
    rough = max(1, ceil(len(xs) / frame.ticks))
    if curve.by == "day":
        return [Moment(x, each.at, True, "m") for x, each in list(zip(xs, curve.steps, strict=True))[::rough]]
    every = next((hours for hours in HOURS if hours >= rough), HOURS[-1])
    ticks = []
    for x, step in zip(xs, curve.steps, strict=True):
        here = step.at.astimezone(zone)
        hours = here.toordinal() * 24 + here.hour
        if hours % every == 0:
            ticks.append(Moment(x, step.at, here.hour == 0 or every >= 24, "m"))
    return ticks
