"""Scales of drawings: from a value to its place, round figures along it, and words that fit."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil, floor, log10

LETTER = 6.5
"""The width of a letter of 12 px, in a drawing's units, on the safe side."""


@dataclass(frozen=True)
class Scale:
    """From low..high to start..end; what lies outside stands at its edge."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """Where a value stands.

        >>> Scale(0, 10, 100, 200).at(5), Scale(0, 10, 100, 200).at(99)
        (150.0, 200.0)
        """
        inside = min(max(value, self.low), self.high)
        return round(self.start + (self.end - self.start) * (inside - self.low) / (self.high - self.low), 1)


@dataclass(frozen=True)
class Ruled:
    """A scale that begins and ends at round figures, and these; `is_fine`: a percentage of them needs decimals."""

    scale: Scale
    figures: list[float]

    @property
    def is_fine(self) -> bool:
        return any(abs(figure * 100 - round(figure * 100)) > 1e-9 for figure in self.figures)


def step(span: float, lines: int) -> float:
    """The distance of round figures: 1, 2 or 5 times a power of ten, so that `lines` of them reach across.

    >>> step(0.137, 3), step(277, 3)
    (0.05, 100.0)
    """
    rough = span / lines
    power = 10.0 ** floor(log10(rough))
    return float(f"{next(power * n for n in (1, 2, 5, 10) if power * n >= rough * (1 - 1e-9)):.1g}")


def ruled(
    values: Iterable[float], start: float, end: float, lines: int, most: float | None = None, least: float = 0.0
) -> Ruled:
    """A scale from zero (or from below it, where there are negative values) to the highest, `most` at most. For whole
    numbers `least` is 1: the distance of figures is no less.

    >>> ruled([0.11, 0.07], 0, 100, 3).figures
    [0.0, 0.05, 0.1, 0.15]
    """
    known = list(values)
    low, high = min(0.0, *known, 0.0), max(0.0, *known, 0.0)
    if most is not None:
        high = min(high, most)
    every = max(step(high - low, lines), least) if high > low else least or 1.0
    first, last = floor(low / every + 1e-9), max(ceil(high / every - 1e-9), 1 if low == 0 else 0)
    figures = [round(n * every, 12) for n in range(first, last + 1)]
    return Ruled(Scale(figures[0], figures[-1], start, end), figures)


def fitting(words: str, room: float) -> str:
    """The words, or as many letters of them as there is room for.

    >>> fitting("The plan they followed", 80)
    'The plan th…'
    """
    letters = int(room / LETTER)
    return words if len(words) <= letters else f"{words[: max(letters - 1, 0)].rstrip()}…"
