"""Intervals: how sure a rate is, or the difference or the ratio of two.

Wilson and Newcombe keep their promise at 0 of n and for few clicks, where the usual ± of a textbook doesn't; neither
ever leaves what is possible.
"""

from functools import lru_cache
from math import inf, isfinite, sqrt
from statistics import NormalDist
from typing import NamedTuple

CONFIDENCE = 0.95


class Interval(NamedTuple):
    """Both ends, which belong to it."""

    low: float
    high: float


@lru_cache(64)
def deviate(conf: float) -> float:
    """How many standard deviations hold so much of a normal curve.

    >>> round(deviate(0.95), 6)
    1.959964
    """
    if not 0 < conf < 1:
        raise ValueError(f"a confidence lies between 0 and 1, not at {conf}")
    return NormalDist().inv_cdf((1 + conf) / 2)


def check(x: float, n: int) -> None:
    """Raises ValueError unless x of n can be. x may be a share of conversions (credit), n counts whole clicks."""
    if not (n >= 0 and n % 1 == 0 and 0 <= x <= n):
        raise ValueError(f"{x} of {n} can't be")


def wilson(x: float, n: int, conf: float = CONFIDENCE) -> Interval:
    """The interval of a rate, x of n. Of nothing at all it is 0..1: nothing is known.

    Raises ValueError when x isn't within 0..n or conf not within 0..1.
    Source: Wilson, JASA 22 (1927) 209-212; recommended by Brown, Cai, DasGupta, Statistical Science 16 (2001).

    >>> low, high = wilson(3, 20)
    >>> round(low, 4), round(high, 4)
    (0.0524, 0.3604)
    """
    check(x, n)
    squared = deviate(conf) ** 2
    if n == 0:
        return Interval(0.0, 1.0)
    rate, doubt = x / n, squared / n
    centre = (rate + doubt / 2) / (1 + doubt)
    half = sqrt(doubt * (rate * (1 - rate) + doubt / 4)) / (1 + doubt)
    # the ends are exact at none and at all; between them rounding must not leave the rate outside
    low = 0.0 if x == 0 else max(0.0, min(rate, centre - half))
    high = 1.0 if x == n else min(1.0, max(rate, centre + half))
    return Interval(low, high)


def newcombe(x1: float, n1: int, x2: float, n2: int, conf: float = CONFIDENCE) -> Interval:
    """The interval of the difference of two rates, the second less the first. With an n of 0 it is -1..1.

    Raises ValueError as wilson.
    Source: Newcombe, Statistics in Medicine 17 (1998) 873-890, method 10 (hybrid score).

    >>> low, high = newcombe(12, 240, 20, 250)
    >>> round(low, 4), round(high, 4)
    (-0.0149, 0.0755)
    """
    first, second = wilson(x1, n1, conf), wilson(x2, n2, conf)
    if n1 == 0 or n2 == 0:
        return Interval(-1.0, 1.0)
    rate1, rate2 = x1 / n1, x2 / n2
    gap = rate2 - rate1
    low = gap - sqrt((rate2 - second.low) ** 2 + (first.high - rate1) ** 2)
    high = gap + sqrt((second.high - rate2) ** 2 + (rate1 - first.low) ** 2)
    return Interval(max(-1.0, low), min(1.0, high))


def poisson_ratio(count1: int, exposure1: float, count2: int, exposure2: float, conf: float = CONFIDENCE) -> Interval:
    """The interval of the second rate over the first, where a count may exceed its exposure (clicks of impressions).

    Given both counts together, the second is binomial, so that its Wilson interval is the ratio's. With nothing
    counted it is 0..∞. Raises ValueError for a negative count or an exposure of nothing.
    Source: Price, Bonett, Statistics in Medicine 19 (2000) 1-13, score method.

    >>> low, high = poisson_ratio(50, 20_000, 80, 21_000)
    >>> round(low, 3), round(high, 3)
    (1.072, 2.166)
    """
    check_exposed(count1, exposure1)
    check_exposed(count2, exposure2)
    part = wilson(count2, count1 + count2, conf)
    scale = exposure1 / exposure2
    return Interval(*(inf if share == 1 else scale * share / (1 - share) for share in part))


def check_exposed(count: int, exposure: float) -> None:
    """Raises ValueError for a negative count or an exposure of nothing."""
    if not (count >= 0 and count % 1 == 0 and exposure > 0 and isfinite(exposure)):
        raise ValueError(f"{count} per {exposure} can't be")
