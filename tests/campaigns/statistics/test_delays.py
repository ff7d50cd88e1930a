"""Delays with some still waiting: what has come, what may come, and what nobody can say."""

from math import inf, nan
from random import Random
from time import perf_counter

import pytest

from campaigns.statistics.delays import kaplan_meier, matured


def test_before_the_first_all_wait_and_after_the_last_it_stays() -> None:
    curve = kaplan_meier(came=[(2, 1)], waiting=[(5, 1)])
    assert [curve.share(age) for age in (0, 1.9, 2, 4, 99)] == [1, 1, 0.5, 0.5, 0.5]
    assert curve.arrived(99) == 0.5
    assert curve.total == 2


def test_where_all_still_wait_nothing_is_known() -> None:
    curve = kaplan_meier(came=[], waiting=[(1, 10), (9, 1)])
    assert (curve.share(100), curve.median, curve.band(100)) == (1, None, (1, 1))
    assert matured(curve, [(5, 10)]) is None


def test_of_nobody_nothing_is_known() -> None:
    curve = kaplan_meier([], [])
    assert (curve.total, curve.share(1), curve.median) == (0, 1, None)


def test_without_anyone_waiting_it_is_the_plain_share() -> None:
    curve = kaplan_meier(came=[(n, 1) for n in range(1, 11)], waiting=[])
    assert curve.shares == (0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.0)
    assert curve.median == 5
    assert (curve.quantile(0.9), curve.quantile(1)) == (9, 10)


def test_who_is_last_seen_as_another_converts_was_still_at_risk() -> None:
    assert kaplan_meier(came=[(3, 1)], waiting=[(3, 1)]).share(3) == 0.5
    assert kaplan_meier(came=[(3, 1)], waiting=[(2.9, 1)]).share(3) == 0


def test_ties_are_one_step_however_they_are_told() -> None:
    one = kaplan_meier(came=[(1, 3), (2, 1)], waiting=[(1, 2), (4, 0)])
    assert one == kaplan_meier(came=[(2, 1), (1, 1), (1, 2)], waiting=[(1, 1), (1, 1)])
    assert one.at == (1, 2)
    assert one.censored == ((1, 2),)


def test_a_conversion_at_once_counts() -> None:
    assert kaplan_meier(came=[(0, 1)], waiting=[(1, 3)]).share(0) == 0.75


def test_the_band_holds_the_curve_and_widens_with_doubt() -> None:
    few, many = (kaplan_meier(came=[(1, 3 * n), (4, 4 * n)], waiting=[(2, n), (9, 2 * n)]) for n in (1, 1000))
    for curve in (few, many):
        for age in (1, 4):
            low, high = curve.band(age)
            assert 0 <= low < curve.share(age) < high <= 1
    assert few.band(1).high - few.band(1).low > 10 * (many.band(1).high - many.band(1).low)
    # 7 of 10 waiting, by hand: 0.7 to the power of exp(±1.96 · √(3/70) / |ln 0.7|)
    assert few.band(1) == pytest.approx((0.3287, 0.8919), abs=1e-4)


def test_where_nobody_waits_any_more_the_band_says_that_few_were_left() -> None:
    curve = kaplan_meier(came=[(1, 1), (2, 1)], waiting=[])
    assert curve.share(2) == 0
    assert curve.band(2) == (0, curve.band(1).high)
    assert kaplan_meier(came=[(1, 1)], waiting=[]).band(1) == (0, 1)


def test_young_clicks_are_maturing() -> None:
    curve = kaplan_meier(came=[(1, 6), (10, 2)], waiting=[(30, 92)])
    assert matured(curve, [(0.5, 100)]) == 0
    assert matured(curve, [(1, 100)]) == pytest.approx(0.75)
    assert matured(curve, [(1, 1), (10, 3)]) == pytest.approx((0.75 + 3) / 4)
    assert matured(curve, [(400, 7)]) == 1
    assert matured(curve, []) is None


def test_a_million_delays_are_told_by_tallies_in_time() -> None:
    random = Random(3)
    came = [(at, random.randrange(1, 1000)) for at in range(1000)]
    waiting = [(at + 0.5, random.randrange(1, 1000)) for at in range(1000)]
    begun = perf_counter()
    curve = kaplan_meier(came, waiting)
    assert perf_counter() - begun < 0.5
    assert curve.total == sum(number for _at, number in [*came, *waiting]) > 900_000


@pytest.mark.parametrize("delay, number", [(-1, 1), (-1e-9, 1), (nan, 1), (inf, 1), (1, -1), (1, 0.5)])
def test_what_cant_be_is_refused(delay: float, number: int) -> None:
    with pytest.raises(ValueError):
        kaplan_meier([(delay, number)], [])
    with pytest.raises(ValueError):
        kaplan_meier([], [(delay, number)])
    with pytest.raises(ValueError):
        matured(kaplan_meier([(1, 1)], []), [(delay, number)])


@pytest.mark.parametrize("came", [0, -1, 1.5, nan])
def test_no_delay_has_a_share_that_cant_be(came: float) -> None:
    with pytest.raises(ValueError):
        kaplan_meier([(1, 1)], []).quantile(came)
