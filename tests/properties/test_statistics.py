"""Statistics, whatever the counts."""

from fractions import Fraction
from math import comb, lgamma

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from campaigns.statistics.comparisons import (
    benjamini_hochberg,
    fisher,
    poisson_ratio_p,
    probability_b_beats_a,
    sample_ratio,
    sequential_p,
    z_test,
)
from campaigns.statistics.delays import kaplan_meier, matured
from campaigns.statistics.intervals import newcombe, poisson_ratio, wilson
from campaigns.statistics.shrinkage import Prior, fit, league, shrunk


def _tallies(most: int) -> st.SearchStrategy[tuple[int, int]]:
    return st.integers(0, most).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


small, tallies, huge = _tallies(12), _tallies(5000), _tallies(10**7)
confidences = st.floats(0.5, 0.999)
ps = st.lists(st.floats(0, 1), max_size=20)
delay_tallies = st.lists(st.tuples(st.one_of(st.integers(0, 20), st.floats(0, 20)), st.integers(0, 30)), max_size=15)


@given(huge, confidences)
def test_an_interval_holds_its_rate_and_stays_within_0_to_1(tally: tuple[int, int], conf: float) -> None:
    x, n = tally
    low, high = wilson(x, n, conf)
    assert 0 <= low <= (x / n if n else 0.5) <= high <= 1


@given(huge, confidences)
def test_who_doesnt_convert_has_the_mirrored_interval(tally: tuple[int, int], conf: float) -> None:
    x, n = tally
    low, high = wilson(x, n, conf)
    assert wilson(n - x, n, conf) == pytest.approx((1 - high, 1 - low), abs=1e-12)


@given(huge, st.floats(0.5, 0.99))
def test_more_confidence_is_wider(tally: tuple[int, int], conf: float) -> None:
    narrow, wide = wilson(*tally, conf), wilson(*tally, conf + 0.009)
    assert wide.low <= narrow.low <= narrow.high <= wide.high


@given(huge, huge, confidences)
def test_a_difference_is_mirrored_when_the_rates_change_places(
    a: tuple[int, int], b: tuple[int, int], conf: float
) -> None:
    low, high = newcombe(*a, *b, conf)
    assert -1 <= low <= high <= 1
    assert newcombe(*b, *a, conf) == pytest.approx((-high, -low), abs=1e-12)
    if a[1] and b[1]:
        assert low - 1e-12 <= b[0] / b[1] - a[0] / a[1] <= high + 1e-12


@given(st.integers(0, 1000), st.integers(1, 10**6), st.integers(1, 1000), st.integers(1, 10**6))
def test_a_ratio_lies_in_its_interval(count1: int, exposure1: int, count2: int, exposure2: int) -> None:
    low, high = poisson_ratio(count1, exposure1, count2, exposure2)
    assert 0 <= low <= high
    if count1:
        assert low * (1 - 1e-9) <= (count2 / exposure2) / (count1 / exposure1) <= high * (1 + 1e-9)


def _all_tables(x1: int, n1: int, x2: int, n2: int) -> Fraction:
    """Fisher's p by the definition, in whole numbers."""
    marked = x1 + x2
    ways = [comb(n1, k) * comb(n2, marked - k) for k in range(marked + 1)]
    return Fraction(sum(way for way in ways if way <= ways[x1]), sum(ways))


@given(small, small)
def test_fishers_p_is_the_sum_over_all_tables(a: tuple[int, int], b: tuple[int, int]) -> None:
    assert fisher(*a, *b) == pytest.approx(float(_all_tables(*a, *b)), rel=1e-12)


@given(_tallies(300), _tallies(300))
def test_fishers_p_is_the_sum_over_all_larger_tables(a: tuple[int, int], b: tuple[int, int]) -> None:
    assert fisher(*a, *b) == pytest.approx(float(_all_tables(*a, *b)), rel=1e-9)


@given(huge, huge)
def test_two_rates_are_as_different_as_the_other_way_round(a: tuple[int, int], b: tuple[int, int]) -> None:
    assert fisher(*a, *b) == pytest.approx(fisher(*b, *a), rel=1e-6, abs=1e-300)
    z, p = z_test(*a, *b)
    assert z_test(*b, *a) == pytest.approx((-z, p))
    assert sequential_p(*a, *b) == pytest.approx(sequential_p(*b, *a))
    assert probability_b_beats_a(*a, *b) == pytest.approx(1 - probability_b_beats_a(*b, *a), abs=1e-9)


@given(huge, huge)
def test_a_p_lies_within_0_to_1(a: tuple[int, int], b: tuple[int, int]) -> None:
    found = [fisher(*a, *b), z_test(*a, *b)[1], sequential_p(*a, *b), probability_b_beats_a(*a, *b)]
    assert all(0 <= p <= 1 for p in found)


@given(small, small)
def test_the_probability_to_beat_is_the_sum_over_all_orders(a: tuple[int, int], b: tuple[int, int]) -> None:
    # P(Beta(i, j) < Beta(k, l)) for whole parameters (Cook, 2005), in whole numbers
    i, j, k, m = a[0] + 1, a[1] - a[0] + 1, b[0] + 1, b[1] - b[0] + 1
    n = i + j + k + m - 2
    ways = sum(comb(i + j - 1, first) * comb(k + m - 1, i + k - 1 - first) for first in range(i, min(i + j, i + k)))
    assert probability_b_beats_a(*a, *b) == pytest.approx(ways / comb(n, i + k - 1), rel=1e-12, abs=1e-15)


@given(st.integers(0, 30), st.integers(0, 30), st.integers(1, 9), st.integers(1, 9))
def test_a_ratios_p_is_the_sum_over_all_splits(count1: int, count2: int, exposure1: int, exposure2: int) -> None:
    n = count1 + count2
    ways = [comb(n, k) * exposure1**k * exposure2 ** (n - k) for k in range(n + 1)]
    p = Fraction(sum(way for way in ways if way <= ways[count1]), sum(ways))
    assert poisson_ratio_p(count1, exposure1, count2, exposure2) == pytest.approx(float(p), rel=1e-9)


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(1, 100)), min_size=2, max_size=9), st.randoms())
def test_a_deal_is_as_fair_in_any_order(arms: list[tuple[int, int]], random: object) -> None:
    p = sample_ratio([count for count, _share in arms], [share for _count, share in arms])
    assert 0 <= p <= 1
    random.shuffle(arms)  # type: ignore[attr-defined]
    assert sample_ratio([c for c, _ in arms], [s for _, s in arms]) == pytest.approx(p, rel=1e-6, abs=1e-300)


@given(ps)
def test_a_q_is_no_less_than_its_p_and_keeps_their_order(found: list[float]) -> None:
    qs = benjamini_hochberg(found)
    assert all(p <= q <= 1 for p, q in zip(found, qs, strict=True))
    assert [q for _p, q in sorted(zip(found, qs, strict=True))] == sorted(qs)


@given(tallies, st.floats(0, 1), st.floats(0, 1e6))
def test_a_shrunk_rate_lies_between_its_own_and_the_priors(
    tally: tuple[int, int], mean: float, strength: float
) -> None:
    x, n = tally
    rate = shrunk(Prior(mean, strength), x, n)
    own = x / n if n else mean
    assert min(own, mean) <= rate <= max(own, mean)


@given(st.lists(tallies, min_size=1, max_size=30))
def test_a_league_shrinks_to_what_is_known_of_all(all_of: list[tuple[int, int]]) -> None:
    assume(any(n for _x, n in all_of))
    prior = fit(all_of)
    assert 0 <= prior.mean <= 1
    assert prior.strength > 0
    standings = league(all_of)
    assert sorted(standings, key=lambda each: -each.rate) == sorted(standings, key=lambda each: each.rank)
    assert {each.rank for each in standings} >= {1}


@given(st.lists(_tallies(400), min_size=3, max_size=12), st.floats(-0.2, 0.2), st.floats(-0.5, 0.5))
def test_no_prior_near_the_fitted_one_is_more_probable(
    all_of: list[tuple[int, int]], mean_by: float, strength_by: float
) -> None:
    assume(any(n for _x, n in all_of))
    prior = fit(all_of)
    assume(1 < prior.strength < 1e5)
    other = prior.mean * (1 + mean_by * (1 - prior.mean)), max(1.0, prior.strength * (1 + strength_by))
    best = _likelihood(all_of, prior.mean, prior.strength)
    assert _likelihood(all_of, *other) <= best + 1e-7 * abs(best)


def _likelihood(all_of: list[tuple[int, int]], mean: float, strength: float) -> float:
    a, b = mean * strength, (1 - mean) * strength
    whole = lgamma(a + b) - lgamma(a) - lgamma(b)
    return sum(lgamma(x + a) + lgamma(n - x + b) - lgamma(n + a + b) + whole for x, n in all_of)


@given(delay_tallies, delay_tallies)
def test_who_waits_only_ever_gets_fewer(came: list[tuple[float, int]], waiting: list[tuple[float, int]]) -> None:
    curve = kaplan_meier(came, waiting)
    assert list(curve.shares) == sorted(curve.shares, reverse=True)
    assert all(0 <= share < 1 for share in curve.shares)
    for age in curve.at:
        low, high = curve.band(age)
        assert 0 <= low <= curve.share(age) <= high <= 1


@given(st.lists(st.tuples(st.floats(0, 20), st.integers(0, 30))), st.floats(0, 30))
def test_where_nothing_came_all_wait(waiting: list[tuple[float, int]], age: float) -> None:
    curve = kaplan_meier([], waiting)
    assert curve.share(age) == 1
    assert curve.arrived(age) == 0


@given(delay_tallies, delay_tallies, st.floats(0, 30), st.floats(0, 30))
def test_older_clicks_are_riper(
    came: list[tuple[float, int]], waiting: list[tuple[float, int]], age: float, other: float
) -> None:
    curve = kaplan_meier(came, waiting)
    younger, older = (matured(curve, [(each, 1)]) for each in sorted([age, other]))
    if younger is None or older is None:
        assert curve.at == ()
    else:
        assert 0 <= younger <= older <= 1
