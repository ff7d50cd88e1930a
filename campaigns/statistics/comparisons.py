"""Comparisons: whether two rates differ, with what certainty, and how many clicks it would take to tell.

No winner is named here. A probability that B beats A never stands alone: 3 of 1,000 against 9 of 1,000 is
"95 % to beat", and chance does it one time in seven.
"""

from collections.abc import Sequence
from math import asin, ceil, erfc, exp, inf, lgamma, log, sqrt
from statistics import NormalDist

from campaigns.statistics.distributions import at_least, binomial, chi_squared_above, hypergeometric, two_sided
from campaigns.statistics.intervals import check, check_exposed

FEWEST_CONVERSIONS, FEWEST_CLICKS = 10, 100
"""Below either, a rate is too few to compare."""
USUAL_VARIANCE = 1e-4
"""Of the mixture: the differences of rates that are looked for are of the order of its root, 0.01."""
POWER, SIGNIFICANCE = 0.8, 0.05


def too_few(conversions: float, clicks: int) -> bool:
    """Whether a rate stands on too little to be compared with another.

    >>> too_few(9, 5000), too_few(10, 100)
    (True, False)
    """
    check(conversions, clicks)
    return conversions < FEWEST_CONVERSIONS or clicks < FEWEST_CLICKS


def fisher(x1: int, n1: int, x2: int, n2: int) -> float:
    """The exact two-sided p of two rates being one: the tables with these sums that are no more probable than this.

    Time: as the standard deviation of the smaller sum; 5 ms for 10⁶ clicks. Raises ValueError for what can't be.
    Source: Fisher, JRSS 98 (1935) 39-82; two-sided by probability, as R and scipy.

    >>> round(fisher(3, 1000, 9, 1000), 6)
    0.144786
    """
    _check_whole(x1, n1)
    _check_whole(x2, n2)
    return two_sided(hypergeometric(x1 + x2, n1 + n2, n1), x1)


def z_test(x1: int, n1: int, x2: int, n2: int) -> tuple[float, float]:
    """The pooled z of the second rate less the first, and its two-sided p. 0 and 1 where nothing can differ.

    Raises ValueError for what can't be.
    Source: Fleiss, Levin, Paik, Statistical Methods for Rates and Proportions (2003), 3.2, uncorrected.

    >>> z, p = z_test(12, 240, 20, 250)
    >>> round(z, 4), round(p, 4)
    (1.3437, 0.1791)
    """
    _check_whole(x1, n1)
    _check_whole(x2, n2)
    if n1 == 0 or n2 == 0 or x1 + x2 in (0, n1 + n2):
        return 0.0, 1.0
    pooled = (x1 + x2) / (n1 + n2)
    z = (x2 / n2 - x1 / n1) / sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n2))
    return z, erfc(abs(z) / sqrt(2))


def probability_b_beats_a(x1: int, n1: int, x2: int, n2: int) -> float:
    """The probability that the second rate is the higher one, both uniform before. Never to be shown alone.

    Exact: of n1 + 1 and n2 + 1 uniform numbers, the (x1 + 1)-th of the ones comes before the (x2 + 1)-th of the
    others, which is a hypergeometric tail. Raises ValueError for what can't be.
    Source: Altham, JRSS B 31 (1969) 261-269.

    >>> round(probability_b_beats_a(3, 1000, 9, 1000), 6)
    0.954381
    """
    _check_whole(x1, n1)
    _check_whole(x2, n2)
    return at_least(hypergeometric(n1 + 1, n1 + n2 + 2, x1 + x2 + 1), x1 + 1)


def bayes_factor(x1: int, n1: int, x2: int, n2: int) -> float:
    """How much more probable the counts are under two rates than under one, all uniform before; ∞ past 10³⁰⁸.

    Raises ValueError for what can't be. Source: Kass, Raftery, JASA 90 (1995) 773-795.

    >>> round(bayes_factor(0, 10, 0, 10), 6)
    0.173554
    """
    _check_whole(x1, n1)
    _check_whole(x2, n2)
    value = _log_beta(x1, n1) + _log_beta(x2, n2) - _log_beta(x1 + x2, n1 + n2)
    return exp(value) if value < 709 else inf


def sequential_p(x1: int, n1: int, x2: int, n2: int, variance: float = USUAL_VARIANCE, before: float = 1.0) -> float:
    """The p of a running experiment, valid at every look (mixture sequential probability ratio test).

    before    the p of the look before (1 at the first): a look can only lower it
    variance  of the differences that are looked for, their mean being 0

    1 as long as neither arm has both outcomes: no variance is known. Raises ValueError for what can't be.
    Source: Johari, Koomen, Pekelis, Walsh, Operations Research 70 (2022) 1806-1821.

    >>> round(sequential_p(25, 800, 31, 620), 6)
    0.668854
    """
    _check_whole(x1, n1)
    _check_whole(x2, n2)
    if not (0 < variance < inf and 0 <= before <= 1):
        raise ValueError(f"a variance of {variance} after a p of {before} can't be")
    if n1 == 0 or n2 == 0:
        return before
    rate1, rate2 = x1 / n1, x2 / n2
    noise = rate1 * (1 - rate1) / n1 + rate2 * (1 - rate2) / n2
    if noise == 0:
        return before
    gap = rate2 - rate1
    evidence = (log(noise / (noise + variance)) + variance * gap * gap / (noise * (noise + variance))) / 2
    return min(before, 1.0, exp(-evidence) if evidence > 0 else 1.0)


def sample_ratio(counts: Sequence[int], shares: Sequence[float]) -> float:
    """The p of visitors having been dealt to the arms as they were meant to be; a small one means a fault in the deal.

    shares: in proportion, all positive. Raises ValueError for what can't be.
    Source: Pearson's chi²; Fabijan et al., KDD 2019, on sample ratio mismatch.

    >>> f"{sample_ratio([5300, 4700], [0.5, 0.5]):.2g}"
    '2e-09'
    """
    if len(counts) != len(shares) or len(counts) < 2:
        raise ValueError("counts and shares are of two arms or more, one each")
    if not all(count >= 0 for count in counts) or not all(0 < share < inf for share in shares):
        raise ValueError(f"{list(counts)} in {list(shares)} can't be")
    whole, total = sum(shares), sum(counts)
    if total == 0:
        return 1.0
    meant = [total * share / whole for share in shares]
    value = sum((count - each) ** 2 / each for count, each in zip(counts, meant, strict=True))
    return chi_squared_above(value, len(counts) - 1)


def poisson_ratio_p(count1: int, exposure1: float, count2: int, exposure2: float) -> float:
    """The exact two-sided p of two rates being one, where a count may exceed its exposure (clicks of impressions).

    Raises ValueError for a negative count or an exposure of nothing.
    Source: Przyborowski, Wilenski, Biometrika 31 (1940) 313-323 (conditional on the sum).

    >>> round(poisson_ratio_p(3, 1000, 9, 1000), 6)
    0.145996
    """
    check_exposed(count1, exposure1)
    check_exposed(count2, exposure2)
    return two_sided(binomial(count1 + count2, exposure1 / exposure2), count1)


def benjamini_hochberg(ps: Sequence[float]) -> list[float]:
    """For each p, the share of false finds among those at least as good (its q), in the same order.

    Raises ValueError for a p that isn't within 0..1.
    Source: Benjamini, Hochberg, JRSS B 57 (1995) 289-300.

    >>> benjamini_hochberg([0.01, 0.5, 0.04])
    [0.03, 0.5, 0.06]
    """
    if not all(0 <= p <= 1 for p in ps):
        raise ValueError("a p lies within 0..1")
    found, least = [0.0] * len(ps), 1.0
    for rank, place in sorted(enumerate(sorted(range(len(ps)), key=ps.__getitem__), 1), reverse=True):
        least = min(least, ps[place] * (len(ps) / rank))
        found[place] = least
    return found


def against_the_rest(tallies: Sequence[tuple[int, int]]) -> list[float]:
    """For each (conversions, clicks), Fisher's p against all the others together. Pass it to benjamini_hochberg.

    >>> [round(p, 3) for p in against_the_rest([(9, 100), (1, 100), (2, 100)])]
    [0.003, 0.067, 0.349]
    """
    x, n = sum(each[0] for each in tallies), sum(each[1] for each in tallies)
    return [fisher(x1, n1, x - x1, n - n1) for x1, n1 in tallies]


def sample_size(p1: float, p2: float, power: float = POWER, significance: float = SIGNIFICANCE) -> int:
    """The clicks that each of two arms needs for a two-sided z-test to tell one rate from the other.

    Raises ValueError for equal rates, and for what isn't between 0 and 1.
    Source: Fleiss, Levin, Paik (2003), 4.2, uncorrected.

    >>> sample_size(0.02, 0.03)
    3826
    """
    certain, found = _deviates(p1, p2, power, significance)
    middle = (p1 + p2) / 2
    spread = certain * sqrt(2 * middle * (1 - middle)) + found * sqrt(p1 * (1 - p1) + p2 * (1 - p2))
    return ceil((spread / (p2 - p1)) ** 2)


def sample_size_by_arcsine(p1: float, p2: float, power: float = POWER, significance: float = SIGNIFICANCE) -> int:
    """The same by the arcsine of the rates (Cohen's h), as statsmodels gives it; a little less for small rates.

    Raises ValueError as sample_size. Source: Cohen, Statistical Power Analysis (1988), 6.4.

    >>> sample_size_by_arcsine(0.02, 0.03)
    3789
    """
    certain, found = _deviates(p1, p2, power, significance)
    effect = 2 * asin(sqrt(p2)) - 2 * asin(sqrt(p1))
    return ceil(2 * ((certain + found) / effect) ** 2)


def _deviates(p1: float, p2: float, power: float, significance: float) -> tuple[float, float]:
    if not all(0 < each < 1 for each in (p1, p2, power, significance)) or p1 == p2:
        raise ValueError(f"no number of clicks tells {p1} from {p2} (power {power}, significance {significance})")
    normal = NormalDist()
    return normal.inv_cdf(1 - significance / 2), normal.inv_cdf(power)


def _log_beta(x: int, n: int) -> float:
    """The logarithm of the probability of one order of x among n, the rate being uniform before."""
    return lgamma(x + 1) + lgamma(n - x + 1) - lgamma(n + 2)


def _check_whole(x: int, n: int) -> None:
    check(x, n)
    if x % 1:
        raise ValueError(f"{x} is no count")
