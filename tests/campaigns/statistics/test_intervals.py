"""Intervals of rates: at the ends, of huge numbers, and what they refuse."""

from math import inf, nan

import pytest

from campaigns.statistics.intervals import newcombe, poisson_ratio, wilson


def test_of_nothing_at_all_nothing_is_known() -> None:
    assert wilson(0, 0) == (0, 1)
    assert newcombe(0, 0, 5, 10) == newcombe(5, 10, 0, 0) == (-1, 1)
    assert poisson_ratio(0, 10, 0, 10) == (0, inf)


def test_the_ends_are_exact_at_none_and_at_all() -> None:
    assert wilson(0, 7).low == 0
    assert wilson(7, 7).high == 1


def test_a_huge_number_of_clicks_makes_it_narrow_and_no_error() -> None:
    low, high = wilson(10**17, 10**18)
    assert low <= 0.1 <= high
    assert high - low < 1e-8


def test_a_share_of_a_lead_counts_as_such() -> None:
    assert wilson(1, 50).high < wilson(1.5, 50).high < wilson(2, 50).high


def test_a_difference_is_as_sure_as_the_less_sure_rate() -> None:
    low, high = newcombe(1, 2, 500_000, 1_000_000)
    one = wilson(1, 2)
    assert (low, high) == pytest.approx((0.5 - one.high, 0.5 - one.low), abs=1e-3)


def test_clicks_may_exceed_impressions() -> None:
    low, high = poisson_ratio(30, 10, 60, 10)
    assert low < 2 < high


@pytest.mark.parametrize("x, n", [(-1, 10), (11, 10), (1, 0), (0, -1), (nan, 10), (1, 2.5), (1, inf), (1, nan)])
def test_what_cant_be_is_refused(x: float, n: int) -> None:
    with pytest.raises(ValueError):
        wilson(x, n)
    with pytest.raises(ValueError):
        newcombe(1, 10, x, n)


@pytest.mark.parametrize("conf", [0, 1, -0.5, 95, nan])
def test_a_confidence_outside_0_to_1_is_refused(conf: float) -> None:
    with pytest.raises(ValueError):
        wilson(1, 10, conf)


@pytest.mark.parametrize("count, exposure", [(-1, 10), (1, 0), (1, -3), (0.5, 3), (1, inf), (1, nan)])
def test_a_ratio_needs_counts_and_something_counted_on(count: int, exposure: float) -> None:
    with pytest.raises(ValueError):
        poisson_ratio(count, exposure, 1, 1)
    with pytest.raises(ValueError):
        poisson_ratio(1, 1, count, exposure)
