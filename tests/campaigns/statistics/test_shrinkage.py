"""League tables: who is first, who is alike, and what a prior is made of."""

from math import inf
from random import Random
from time import perf_counter

import pytest

from campaigns.statistics.shrinkage import Prior, fit, league, shrunk

TALLIES = [(91, 1346), (23, 637), (37, 1637), (82, 2686), (8, 217), (60, 900)]


def test_one_of_three_isnt_first() -> None:
    standings = league([*TALLIES, (1, 3)])
    assert standings[-1].own == pytest.approx(1 / 3)
    assert standings[-1].rank > 1
    assert standings[0].rank == 1


def test_equal_rates_share_the_better_rank() -> None:
    prior = Prior(0.03, 100)
    ranks = [each.rank for each in league([(5, 100), (9, 100), (5, 100), (1, 100)], prior)]
    assert ranks == [2, 1, 2, 4]


def test_without_clicks_a_tweet_has_the_rate_of_the_others_and_none_of_its_own() -> None:
    standing = league([*TALLIES, (0, 0)])[-1]
    assert standing.own is None
    assert standing.rate == fit(TALLIES).mean


def test_alike_tweets_have_one_rate() -> None:
    standings = league([(10, 100), (20, 200), (5, 50)])
    assert {each.rate for each in standings} == {0.1}
    assert {each.rank for each in standings} == {1}


@pytest.mark.parametrize("tallies, mean", [([(0, 10), (0, 300)], 0), ([(4, 4), (7, 7)], 1)])
def test_where_nothing_or_all_converts_so_does_the_next(tallies: list[tuple[int, int]], mean: int) -> None:
    prior = fit(tallies)
    assert prior == Prior(mean, inf)
    assert {each.rate for each in league(tallies)} == {mean}


def test_one_tweet_is_no_spread() -> None:
    assert fit([(3, 10)]) == Prior(0.3, inf)


def test_a_handful_of_clicks_never_makes_a_rate_its_own() -> None:
    standings = league([(1, 1), (0, 1), (0, 1), (1, 1), (0, 2)])
    assert min(each.rate for each in standings) > 0
    assert max(each.rate for each in standings) < 0.8


def test_the_prior_that_made_the_tweets_is_found_again_in_time() -> None:
    random = Random(7)
    tallies = []
    for _ in range(1000):
        clicks, rate = int(random.lognormvariate(6, 1.2)), random.betavariate(9, 291)
        tallies.append((sum(random.random() < rate for _click in range(clicks)), clicks))
    begun = perf_counter()
    prior = fit(tallies)
    assert perf_counter() - begun < 0.5
    assert prior.mean == pytest.approx(0.03, rel=0.05)
    assert prior.strength == pytest.approx(300, rel=0.25)


def test_huge_tallies_are_fitted_too() -> None:
    prior = fit([(10**8, 10**9), (10**8 + 10**6, 10**9), (10**8 - 10**6, 10**9)])
    assert prior.mean == pytest.approx(0.1, rel=1e-3)
    # three rates a hundredth of 0.1 apart: their variance is 2/3 · 10⁻⁶
    assert prior.strength == pytest.approx(0.09 / (2e-6 / 3), rel=0.01)


def test_nothing_clicked_is_no_league() -> None:
    assert league([]) == []
    with pytest.raises(ValueError):
        fit([])
    with pytest.raises(ValueError):
        fit([(0, 0), (0, 0)])
    assert league([(0, 0)], Prior(0.1, 10))[0].rate == 0.1


@pytest.mark.parametrize("x, n", [(-1, 10), (11, 10), (1, 0), (0, -1)])
def test_what_cant_be_is_refused(x: int, n: int) -> None:
    with pytest.raises(ValueError):
        fit([(1, 10), (x, n)])
    with pytest.raises(ValueError):
        shrunk(Prior(0.1, 10), x, n)
