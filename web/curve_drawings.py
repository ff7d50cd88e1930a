"""Curves with their doubt: a figure over time with its tweets, and what share came by which delay."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from math import ceil
from zoneinfo import ZoneInfo

from campaigns.statistics.delays import Waiting
from web.drawings import Frame
from web.link_drawings import HOURS, Moment
from web.scales import LETTER, Ruled, Scale, fitting, ruled

WIDE_CURVE = Frame(1000, 262, 44, 912, 228, 8, 8.5)
NARROW_CURVE = Frame(358, 250, 40, 314, 216, 4, 7.5)
LINES = 4
FLAG_TOP, FLAG_ROW, FLAG_ROWS, FLAG_GAP = 10.0, 20.0, 3, 8.0
"""Flags stand in so many rows above the curve, the first one here, their words so far apart."""
SHORT = 9
"""Letters below which a label says nothing more than its number."""
HEADROOM = 1.8
"""An interval may reach so far above the highest value; of a wider one the end is cut off, or the curve lies flat."""


@dataclass(frozen=True)
class Point:
    """A figure at a time with its interval; None where there was nothing to count."""

    at: datetime
    value: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Posted:
    """A tweet: when, its number in the table below, and its first words."""

    at: datetime
    told: str
    label: str


@dataclass(frozen=True)
class Flag:
    """A tweet above the curve: its number in a pin, its words beside it where there is room; `3+` speaks for others."""

    x: float
    y: float
    top: float
    told: str
    label: str
    is_late: bool


@dataclass(frozen=True)
class Height:
    """A horizontal line and its figure."""

    y: float
    value: float


@dataclass(frozen=True)
class Banded:
    """What a template needs to draw a curve over time."""

    frame: Frame
    line: str
    band: str
    dots: list[tuple[float, float]]
    heights: list[Height]
    is_fine: bool
    ticks: list[Moment]
    flags: list[Flag]
    last: float
    last_y: float


@dataclass(frozen=True)
class Elapsed:
    """A delay under the chart: so many minutes, hours or days."""

    x: float
    count: int
    unit: str


@dataclass(frozen=True)
class Half:
    """Where half of what will come has come; its words stand left of it near the right end."""

    x: float
    y: float
    seconds: float
    is_late: bool


@dataclass(frozen=True)
class Stepped:
    """What a template needs to draw a share by delay."""

    frame: Frame
    line: str
    band: str
    censored: list[tuple[float, float]]
    heights: list[Height]
    is_fine: bool
    ticks: list[Elapsed]
    half: Half | None
    last: float
    last_y: float


def over_time(
    points: Sequence[Point], posted: Sequence[Posted], frame: Frame, zone: ZoneInfo, *, is_rate: bool
) -> Banded | None:
    """A figure over time. None where there is nothing to draw; a tweet outside of the time shown isn't."""
    known = [point for point in points if point.value is not None]
    if not known:
        return None
    begun, ended = points[0].at.timestamp(), points[-1].at.timestamp()
    times = Scale(begun, max(ended, begun + 1), frame.left, frame.right)
    shown = [tweet for tweet in sorted(posted, key=lambda tweet: tweet.at) if begun <= tweet.at.timestamp() <= ended]
    places = _places([(times.at(tweet.at.timestamp()), tweet) for tweet in shown], frame)
    top = FLAG_TOP + FLAG_ROW * max((place.row + 1 for place in places), default=0)
    values = _ruled(known, frame.base, top, is_rate)
    spots = [(times.at(each.at.timestamp()), values.scale.at(each.value)) for each in known if each.value is not None]
    runs = _runs(points, times, values.scale)
    return Banded(
        frame=frame, line="".join(_path(run) for run in runs if len(run) > 1), band=_band(points, times, values.scale),
        dots=[run[0] for run in runs if len(run) == 1], heights=_heights(values), is_fine=values.is_fine,
        ticks=_ticks(points, times, frame, zone),
        flags=[
            Flag(each.x, _height(spots, each.x), FLAG_TOP + FLAG_ROW * each.row, each.told, each.label, each.is_late)
            for each in places
        ],
        last=known[-1].value or 0.0, last_y=spots[-1][1],
    )  # fmt: skip


def by_delay(curve: Waiting, frame: Frame, until_s: float) -> Stepped | None:
    """The share that came by each delay (in seconds), up to `until_s`, with its interval, those still waiting marked.

    None while nobody is followed. Of thousands of steps those are drawn that a line can show.
    """
    if curve.total == 0:
        return None
    times = Scale(0.0, max(until_s, 1.0), frame.left, frame.right)
    at = [moment for moment in curve.at if moment <= times.high]
    came = [curve.arrived(moment) for moment in at]
    doubts = _thin([(times.at(moment), moment) for moment in at])
    bands = [(x, curve.band(moment)) for x, moment in doubts]
    values = ruled([*came, *_near([1 - band.low for _x, band in bands], came)], frame.base, FLAG_ROW, LINES, most=1.0)
    place = values.scale.at
    tops = [(x, place(1 - band.low)) for x, band in bands]
    feet = [(x, place(1 - band.high)) for x, band in bands]
    begin = times.at(0), place(0)
    upper, lower = _stairs([begin, *tops], frame.right), _stairs([begin, *feet], frame.right)
    line = _stairs([begin, *((x, place(curve.arrived(moment))) for x, moment in doubts)], frame.right)
    end = came[-1] if came else 0.0
    return Stepped(
        frame=frame, line=_path(line), band=_between(upper, lower),
        censored=_censored(curve, times, values.scale), heights=_heights(values), is_fine=values.is_fine,
        ticks=_delays(times, frame), half=_half(curve, times, values.scale), last=end, last_y=place(end),
    )  # fmt: skip


def _ruled(known: Sequence[Point], base: float, top: float, is_rate: bool) -> Ruled:
    values = [point.value for point in known if point.value is not None]
    highs = _near([point.high for point in known if point.high is not None], values)
    return ruled([*values, *highs], base, top, LINES, most=1.0 if is_rate else None, least=0.0 if is_rate else 1.0)


def _near(highs: Sequence[float], values: Sequence[float]) -> list[float]:
    """The upper ends as far as they count for the height of the drawing."""
    return [min(high, HEADROOM * max(values)) for high in highs] if any(values) else list(highs)


def _heights(values: Ruled) -> list[Height]:
    return [Height(values.scale.at(figure), figure) for figure in values.figures]


_Spot = tuple[float, float]


def _path(spots: Sequence[_Spot]) -> str:
    return "M" + "L".join(f"{x} {y}" for x, y in spots)


def _between(tops: Sequence[_Spot], feet: Sequence[_Spot]) -> str:
    return f"{_path([*tops, *reversed(feet)])}Z"


def _runs(points: Sequence[Point], times: Scale, values: Scale) -> list[list[_Spot]]:
    """The figures without the gaps between them: where nothing was counted there is no line."""
    runs: list[list[_Spot]] = [[]]
    for point in points:
        if point.value is None:
            runs.append([])
        else:
            runs[-1].append((times.at(point.at.timestamp()), values.at(point.value)))
    return [run for run in runs if run]


def _band(points: Sequence[Point], times: Scale, values: Scale) -> str:
    drawn, tops, feet = "", list[_Spot](), list[_Spot]()
    for point in [*points, Point(points[-1].at, None)]:
        if point.value is not None and point.low is not None and point.high is not None:
            x = times.at(point.at.timestamp())
            tops.append((x, values.at(point.high)))
            feet.append((x, values.at(point.low)))
        elif tops:
            drawn += _between(tops, feet) if len(tops) > 1 else ""
            tops, feet = [], []
    return drawn


def _height(spots: Sequence[_Spot], x: float) -> float:
    """Where the curve stands at x."""
    after = next((n for n, spot in enumerate(spots) if spot[0] >= x), len(spots) - 1)
    (x1, y1), (x2, y2) = spots[max(after - 1, 0)], spots[after]
    return y2 if x2 <= x1 or x >= x2 else round(y1 + (y2 - y1) * max(x - x1, 0) / (x2 - x1), 1)


@dataclass(frozen=True)
class _Place:
    """Where a flag stands: its row and what it covers, from `start` to `end`."""

    row: int
    x: float
    start: float
    end: float
    told: str
    label: str
    is_late: bool

    def meets(self, other: "_Place") -> bool:
        """Whether one covers the other, or the stem of one goes through the words of the other."""
        if self.row == other.row:
            return self.start - FLAG_GAP < other.end and other.start - FLAG_GAP < self.end
        upper, lower = (self, other) if self.row < other.row else (other, self)
        return lower.start - 3 < upper.x < lower.end + 3


def _places(tweets: Sequence[tuple[float, Posted]], frame: Frame) -> list[_Place]:
    """Each tweet's flag where it covers no other: first the numbers, one for several where there is no room for each,
    then as many words as fit beside them, in whichever row.
    """
    placed: list[_Place] = []
    for x, tweet in tweets:
        place = _free(_numbers(x, tweet, frame), placed)
        if place:
            placed.append(place)
        else:
            told = placed[-1].told.rstrip("+")
            placed[-1] = replace(placed[-1], told=f"{told}+", label="")
    for n, place in enumerate(placed):
        placed[n] = _free(_worded(place, frame), placed[:n] + placed[n + 1 :]) or place
    bare = 2 * frame.pin_radius + 1
    return [replace(each, label="") if each.end - each.start < bare else each for each in placed]


def _free(choices: Iterable[_Place], placed: Sequence[_Place]) -> _Place | None:
    return next((each for each in choices if not any(each.meets(other) for other in placed)), None)


def _numbers(x: float, tweet: Posted, frame: Frame) -> list[_Place]:
    """Where a number alone may stand."""
    ends = x - frame.pin_radius, x + frame.pin_radius
    return [_Place(row, x, *ends, tweet.told, tweet.label, False) for row in range(FLAG_ROWS)]


def _worded(place: _Place, frame: Frame) -> Iterator[_Place]:
    """Where it may stand with its words, the best first: with most of them, right of the pin, high up."""
    x, radius, least = place.x, frame.pin_radius, min(SHORT, len(place.label))
    for share in (1.0, 0.6, 0.4):
        label = fitting(place.label, share * frame.width / 4)
        room = len(label) * LETTER + 4
        for row in range(FLAG_ROWS if label and len(label) >= least else 0):
            if x + radius + room <= frame.width:
                yield _Place(row, x, x - radius, x + radius + room, place.told, label, False)
            if x - radius - room >= 0:
                yield _Place(row, x, x - radius - room, x + radius, place.told, label, True)


def _ticks(points: Sequence[Point], times: Scale, frame: Frame, zone: ZoneInfo) -> list[Moment]:
    """Days where a point is a day, else whole hours of the viewer's zone, midnights told as days."""
    length = points[1].at - points[0].at if len(points) > 1 else None
    rough = max(1, ceil(len(points) / frame.ticks))
    if length is None or length.total_seconds() > 20 * 3600:
        return [Moment(times.at(each.at.timestamp()), each.at, True, "m") for each in points[::rough]]
    every = next((hours for hours in HOURS if hours >= rough * length.total_seconds() / 3600), HOURS[-1])
    ticks = []
    for point in points:
        here = point.at.astimezone(zone)
        if (here.toordinal() * 24 + here.hour) % every == 0 and here.minute == 0:
            ticks.append(Moment(times.at(point.at.timestamp()), point.at, here.hour == 0 or every >= 24, "m"))
    return ticks


def _thin(steps: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The last step at each place: others beside it would be drawn over one another."""
    return list({round(x): (x, moment) for x, moment in steps}.values())


def _stairs(spots: Sequence[_Spot], right: float) -> list[_Spot]:
    """Level until the next spot, then straight up, and level to the right edge."""
    drawn = [spots[0]]
    for x, y in spots[1:]:
        drawn += [(x, drawn[-1][1]), (x, y)]
    return [*drawn, (right, drawn[-1][1])]


def _censored(curve: Waiting, times: Scale, values: Scale) -> list[_Spot]:
    """Marks on the curve where some were still waiting when last looked at, 4 apart at least."""
    drawn: dict[int, _Spot] = {}
    for moment, _number in curve.censored:
        x = times.at(moment)
        if moment <= times.high and int(x // 4) not in drawn:
            drawn[int(x // 4)] = x, values.at(curve.arrived(moment))
    return list(drawn.values())


def _half(curve: Waiting, times: Scale, values: Scale) -> Half | None:
    """Where half of all have come, should so many ever."""
    median = curve.median
    if median is None or median > times.high:
        return None
    x = times.at(median)
    return Half(x, values.at(0.5), median, x > (times.start + times.end) / 2)


UNITS = (("min", 60), ("h", 3600), ("d", 86400))
ROUND = {"min": (1, 2, 5, 10, 15, 30), "h": (1, 2, 3, 6, 12), "d": (1, 2, 5, 7, 14, 30, 60, 90)}
LONG = 180 * 86400


def _delays(times: Scale, frame: Frame) -> list[Elapsed]:
    """Whole delays under the curve, in the unit that they are told in."""
    rough = times.high / frame.ticks
    steps = ((unit, count, count * length) for unit, length in UNITS for count in ROUND[unit])
    longest = ceil(rough / LONG) * LONG
    unit, count, every = next((each for each in steps if each[2] >= rough), ("d", longest // 86400, longest))
    found = int(times.high / every)
    return [Elapsed(times.at(n * every), n * count, unit) for n in range(found + 1)]
