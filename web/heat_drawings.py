"""The week by hour: seven days and twenty-four hours, each with its count."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

DAYS, HOURS, STEPS = 7, 24, 5
"""Five steps of colour, and one for nothing."""


@dataclass(frozen=True)
class Weave:
    """The measures of a week: the hours across on a wide page, down on a phone, where a count needs the width."""

    width: int
    left: float
    cell: float
    height: float
    hours_across: bool


WIDE_WEEK = Weave(width=1000, left=40, cell=40, height=28, hours_across=True)
NARROW_WEEK = Weave(width=358, left=22, cell=48, height=20, hours_across=False)
GAP, TOP, KEY_TOP, KEY_ROW, KEY_CELL = 2.0, 20.0, 12.0, 20.0, 108.0


@dataclass(frozen=True)
class Cell:
    """An hour of a weekday: its step 0..5 and its count, "" for none."""

    x: float
    y: float
    step: int
    count: int
    told: str
    day: int
    hour: int


@dataclass(frozen=True)
class Word:
    """The name of a day or an hour, by its number."""

    x: float
    y: float
    number: int


@dataclass(frozen=True)
class Key:
    """A colour's place in the key, and the counts it stands for; 0 and 0 for the step of nothing."""

    x: float
    y: float
    step: int
    least: int
    most: int


@dataclass(frozen=True)
class Week:
    """What a template needs to draw it."""

    weave: Weave
    height: float
    width: float
    tall: float
    cells: list[Cell]
    days: list[Word]
    hours: list[Word]
    key: list[Key]


def week(counts: Sequence[Sequence[int]], weave: Weave) -> Week:
    """Counts by weekday (Monday first) and hour, in the viewer's zone. Raises ValueError unless they are 7 by 24.

    The steps are equally wide, so that twice the colour is about twice the count.
    """
    if len(counts) != DAYS or any(len(day) != HOURS for day in counts):
        raise ValueError("a week has seven days of twenty-four hours")
    most = max(max(day) for day in counts)
    size = max(ceil(most / STEPS), 1)
    cells = [
        Cell(*_place(day, hour, weave), ceil(count / size), count, told(count), day, hour)
        for day, hours in enumerate(counts)
        for hour, count in enumerate(hours)
    ]
    down = (DAYS if weave.hours_across else HOURS) * weave.height
    key_rows = 1 if weave.hours_across else 2
    return Week(
        weave=weave, height=TOP + down + KEY_TOP + KEY_ROW * key_rows,
        width=weave.cell - GAP, tall=weave.height - GAP, cells=cells,
        days=[_name(day, weave, across=not weave.hours_across) for day in range(DAYS)],
        hours=[_name(hour, weave, across=weave.hours_across) for hour in range(HOURS)],
        key=_key(most, size, TOP + down + KEY_TOP, weave),
    )  # fmt: skip


def told(count: int) -> str:
    """A count in the room of a cell; nothing for none.

    >>> told(0), told(9999), told(123456)
    ('', '9999', '123k')
    """
    if count >= 10**5:
        return f"{count // 1000}k"
    return str(count) if count else ""


def _place(day: int, hour: int, weave: Weave) -> tuple[float, float]:
    across, down = (hour, day) if weave.hours_across else (day, hour)
    return weave.left + across * weave.cell, TOP + down * weave.height


def _name(number: int, weave: Weave, *, across: bool) -> Word:
    if across:
        return Word(weave.left + number * weave.cell + (weave.cell - GAP) / 2, TOP - 7, number)
    return Word(weave.left - 8, TOP + number * weave.height + (weave.height - GAP) / 2 + 4, number)


def _key(most: int, size: int, top: float, weave: Weave) -> list[Key]:
    bounds = [(0, 0), *((step * size + 1, min((step + 1) * size, most)) for step in range(STEPS))]
    used = [(step, least, last) for step, (least, last) in enumerate(bounds) if least <= last]
    in_row = STEPS + 1 if weave.hours_across else (STEPS + 1) // 2
    return [
        Key(weave.left + n % in_row * KEY_CELL, top + n // in_row * KEY_ROW, step, least, last)
        for n, (step, least, last) in enumerate(used)
    ]
