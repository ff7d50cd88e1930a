"""Comparisons at the ends, of huge numbers, with ties, and what they refuse."""

from collections.abc import Callable
from math import inf, nan
from time import perf_counter

import pytest

from campaigns.statistics.comparisons import (
    against_the_rest,
    bayes_factor,
    benjamini_hochberg,
    fisher,
    poisson_ratio_p,
    probability_b_beats_a,
    sample_ratio,
    sample_size,
    sample_size_by_arcsine,
    sequential_p,
    too_few,
    z_test,
)

OF_TWO_RATES = [fisher, z_test, probability_b_beats_a, bayes_factor, sequential_p]


@pytest.mark.parametrize("other", [(0, 0), (0, 10), (3, 10), (10, 10)])
def test_an_arm_without_clicks_says_nothing(other: tuple[int, int]) -> None:
    assert fisher(0, 0, *other) == 1
    assert z_test(0, 0, *other) == (0, 1)
    assert sequential_p(0, 0, *other) == 1
    assert bayes_factor(0, 0, *other) == pytest.approx(1)


def test_an_arm_without_clicks_has_every_rate_alike() -> None:
    # after 10 of 10 only one uniform number in twelve is higher still
    found = [probability_b_beats_a(*a, 0, 0) for a in ((0, 0), (10, 10), (0, 10))]
    assert found == pytest.approx([1 / 2, 1 / 12, 11 / 12])


def test_where_nothing_or_all_converts_there_is_no_difference() -> None:
    assert fisher(0, 10, 0, 99) == fisher(10, 10, 99, 99) == 1
    assert z_test(0, 10, 0, 99) == z_test(10, 10, 99, 99) == (0, 1)
    assert sequential_p(0, 10, 0, 99) == sequential_p(10, 10, 99, 99) == 1


def test_tables_as_probable_as_this_one_count_as_well() -> None:
    # equal arms: the mirror of each table is exactly as probable
    assert fisher(2, 12345, 9, 12345) == pytest.approx(fisher(9, 12345, 2, 12345), rel=1e-12)
    assert fisher(4_990, 10_000, 5_010, 10_000) > 0.7
    assert fisher(7, 30, 8, 30) == 1


def test_huge_numbers_neither_overflow_nor_last() -> None:
    begun = perf_counter()
    assert fisher(500_000, 10**6, 500_400, 10**6) == pytest.approx(0.5726, abs=1e-3)
    assert fisher(0, 10**6, 10**6, 10**6) == 0
    assert fisher(490_000, 10**6, 510_400, 10**6) < 1e-100
    assert perf_counter() - begun < 0.5
    assert bayes_factor(0, 10**6, 10**6, 10**6) == inf
    assert sequential_p(1, 10**6, 10**6 - 1, 10**6) == 0
    assert probability_b_beats_a(10**5, 10**9, 10**5, 10**9) == pytest.approx(0.5)
    assert sample_ratio([10**15, 10**15 // 2], [1, 1]) == 0
    assert poisson_ratio_p(10**6, 10**9, 10**6, 10**9) == 1


def test_for_many_clicks_the_exact_p_is_that_of_z() -> None:
    tables = [(30_000, 10**6, 30_600, 10**6), (50_000, 10**6, 3_100, 60_000)]
    assert [fisher(*table) for table in tables] == pytest.approx([z_test(*table)[1] for table in tables], rel=0.02)


def test_a_running_experiment_keeps_the_best_p_it_had() -> None:
    early = sequential_p(100, 2000, 200, 2000)
    assert early < 0.05
    assert sequential_p(1000, 20_000, 1001, 20_000, before=early) == early


def test_too_few_is_told_at_its_thresholds() -> None:
    told = [too_few(9, 100), too_few(10, 99), too_few(9.99, 5000), too_few(10, 100)]
    assert told == [True, True, True, False]


def test_a_tie_has_one_q_and_none_is_lost() -> None:
    assert benjamini_hochberg([]) == []
    assert benjamini_hochberg([0.2, 0.01, 0.2, 0.01]) == pytest.approx([0.2, 0.02, 0.2, 0.02])
    assert benjamini_hochberg([1.0, 0.9]) == [1.0, 1.0]


def test_one_tweet_has_no_rest_to_differ_from() -> None:
    assert against_the_rest([]) == []
    assert against_the_rest([(3, 10)]) == [1]


def test_a_deal_is_judged_by_its_proportions() -> None:
    assert sample_ratio([600, 300, 100], [6, 3, 1]) == 1
    assert sample_ratio([0, 0], [1, 1]) == 1
    assert sample_ratio([860, 140], [90, 10]) == pytest.approx(sample_ratio([860, 140], [0.9, 0.1]))
    # chi² with 2 degrees is an exponential
    assert sample_ratio([10, 20, 30], [1, 1, 1]) == pytest.approx(2.718281828459045**-5)


def test_telling_closer_rates_takes_more_clicks() -> None:
    assert sample_size(0.02, 0.021) > sample_size(0.02, 0.03) == sample_size(0.03, 0.02)


@pytest.mark.parametrize("test", OF_TWO_RATES, ids=lambda test: test.__name__)
@pytest.mark.parametrize("x, n", [(-1, 10), (11, 10), (0.5, 10), (0, -1), (nan, 10), (1, inf)])
def test_what_cant_be_is_refused(test: Callable[..., object], x: int, n: int) -> None:
    with pytest.raises(ValueError):
        test(x, n, 1, 10)
    with pytest.raises(ValueError):
        test(1, 10, x, n)


@pytest.mark.parametrize("size", [sample_size, sample_size_by_arcsine])
@pytest.mark.parametrize("asked", [(0.1, 0.1), (0, 0.1), (0.1, 1), (0.1, 0.2, 1), (0.1, 0.2, 0.8, 0), (nan, 0.1)])
def test_no_number_of_clicks_tells_what_cant_be_told(size: Callable[..., int], asked: tuple[float, ...]) -> None:
    with pytest.raises(ValueError):
        size(*asked)


@pytest.mark.parametrize(
    "call",
    [
        lambda: benjamini_hochberg([0.5, 1.1]),
        lambda: benjamini_hochberg([nan]),
        lambda: sample_ratio([1], [1]),
        lambda: sample_ratio([1, 2], [1, 1, 1]),
        lambda: sample_ratio([-1, 2], [1, 1]),
        lambda: sample_ratio([1, 2], [0, 1]),
        lambda: sequential_p(1, 10, 2, 10, variance=0),
        lambda: sequential_p(1, 10, 2, 10, before=1.5),
        lambda: poisson_ratio_p(1, 0, 1, 1),
        lambda: poisson_ratio_p(-1, 1, 1, 1),
        lambda: too_few(11, 10),
    ],
)
def test_other_impossible_numbers_are_refused(call: Callable[[], object]) -> None:
    with pytest.raises(ValueError):
        call()
