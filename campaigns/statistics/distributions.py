"""Distributions: exact tails on whole numbers, and of chi².

A tail is summed from the ratios of neighbours, beginning at the most probable number: no factorial, so nothing
overflows and nothing is lost to the difference of two huge logarithms, whatever the size of the table.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import erfc, exp, fsum, lgamma, log, sqrt

NEGLIGIBLE = 1e-18
"""Of the smallest weight that counts: what is below can't change a digit of the sum."""
LEAST = 1e-300
"""Of the weight of the mode."""
TIE = 1 + 1e-9
"""Two numbers are equally probable within the rounding of so many products."""


@dataclass(frozen=True)
class Lattice:
    """Probabilities on low..high with one top at `mode`; `rise(k)` is P(k + 1) / P(k)."""

    low: int
    high: int
    mode: int
    rise: Callable[[int], float]


def hypergeometric(marked: int, total: int, drawn: int) -> Lattice:
    """How many marked ones are among those drawn without putting back."""
    low, high = max(0, drawn + marked - total), min(drawn, marked)
    rest = total - marked - drawn + 1
    mode = (drawn + 1) * (marked + 1) // (total + 2)
    return Lattice(low, high, min(high, max(low, mode)), lambda k: (marked - k) * (drawn - k) / ((k + 1) * (rest + k)))


def binomial(n: int, odds: float) -> Lattice:
    """How many of n come about, each with these odds: 1 is as often as not."""
    return Lattice(0, n, min(n, int((n + 1) * (odds / (1 + odds)))), lambda k: (n - k) / (k + 1) * odds)


def two_sided(lattice: Lattice, at: int) -> float:
    """The probability of all that is no more probable than `at`; 0 where a float can't say how little.

    >>> round(two_sided(hypergeometric(10, 20, 10), 9), 10)
    0.0010933339
    """
    below, above, weight = _weights(lattice, at)
    kept = [each for each in (*below, *above[1:]) if each <= weight * TIE] if weight else []
    return min(1.0, fsum(kept) / (fsum(below) + fsum(above[1:])))


def at_least(lattice: Lattice, at: int) -> float:
    """The probability of `at` and all that is higher.

    >>> round(at_least(binomial(3, odds=1.0), 2), 12)
    0.5
    """
    if at <= lattice.low:
        return 1.0
    if at > lattice.high:
        return 0.0
    below, above, _weight = _weights(lattice, at)
    whole = fsum(below) + fsum(above[1:])
    if at > lattice.mode:
        return fsum(above[at - lattice.mode :]) / whole
    return min(1.0, (fsum(above[1:]) + fsum(below[: lattice.mode - at + 1])) / whole)


def _weights(lattice: Lattice, at: int) -> tuple[list[float], list[float], float]:
    """Weights from the mode (1.0, the first of both) downwards and upwards, as far as they count beside that of `at`,
    which is the last.
    """
    away = abs(at - lattice.mode)
    way = -1 if at <= lattice.mode else 1
    near = _walk(lattice, way, away, 1.0)
    weight = near[away] if away < len(near) else 0.0
    far = _walk(lattice, -way, 0, weight or 1.0)
    return (near, far, weight) if way < 0 else (far, near, weight)


def _walk(lattice: Lattice, way: int, least: int, beside: float) -> list[float]:
    """The weights of one side: `least` steps at least (fewer once nothing is left), then until they vanish."""
    room = lattice.high - lattice.mode if way > 0 else lattice.mode - lattice.low
    weights, weight, rise, place = [1.0], 1.0, lattice.rise, lattice.mode
    floor = beside * NEGLIGIBLE
    for step in range(1, room + 1):
        weight = weight * rise(place) if way > 0 else weight / rise(place - 1)
        place += way
        # below, floats lose their digits one by one
        if weight < LEAST:
            break
        weights.append(weight)
        if step == least:
            floor = min(floor, weight * NEGLIGIBLE)
        if weight <= floor and step >= least:
            break
    return weights


def chi_squared_above(value: float, degrees: int) -> float:
    """The probability that chi² of so many degrees is more than the value.

    The sum is finite for whole degrees; its terms are taken as logarithms, so that a huge value gives 0 and no error.
    Source: Abramowitz, Stegun (1964), 26.4.4 and 26.4.5.

    >>> round(chi_squared_above(3.841459, 1), 6), round(chi_squared_above(4.0, 2), 6)
    (0.05, 0.135335)
    """
    if not (value >= 0 and degrees >= 1):
        raise ValueError(f"chi² of {value} with {degrees} degrees can't be")
    if value == 0:
        return 1.0
    half = value / 2
    odd = degrees % 2
    terms = [exp((place + odd / 2) * log(half) - half - lgamma(place + odd / 2 + 1)) for place in range(degrees // 2)]
    return min(1.0, fsum([erfc(sqrt(half)) if odd else 0.0, *terms]))
