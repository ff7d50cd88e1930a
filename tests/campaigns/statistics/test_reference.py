"""The reference figures: what scipy, statsmodels and lifelines made of the same numbers."""

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest

from campaigns.statistics import comparisons, delays, intervals, shrinkage

FIGURES: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "reference/attribution/stats_expected.json").read_text()
)


def close(value: Any) -> Any:
    return pytest.approx(value, rel=1e-9, abs=1e-15)


@pytest.mark.parametrize("case", FIGURES["wilson"], ids=lambda case: f"{case['x']}-of-{case['n']}-{case['conf']}")
def test_intervals_of_a_rate(case: dict[str, Any]) -> None:
    assert intervals.wilson(case["x"], case["n"], case["conf"]) == close((case["low"], case["high"]))


@pytest.mark.parametrize("case", FIGURES["two_proportions"], ids=lambda case: f"{case['a']}-{case['b']}")
def test_two_rates(case: dict[str, Any]) -> None:
    both = (*case["a"], *case["b"])
    assert intervals.newcombe(*both) == close(tuple(case["newcombe95_b_minus_a"]))
    assert comparisons.fisher(*both) == close(case["fisher_two_sided"])
    assert comparisons.z_test(*both) == close((case["z_pooled"], case["p_z"]))
    assert comparisons.probability_b_beats_a(*both) == close(case["p_b_beats_a_uniform_prior"])
    assert comparisons.bayes_factor(*both) == close(case["bayes_factor_two_rates_vs_one"])
    assert comparisons.sequential_p(*both, variance=1e-4) == close(case["msprt_p_one_look_tau2_1e-4"])


@pytest.mark.parametrize("case", FIGURES["sample_size"], ids=lambda case: f"{case['p1']}-{case['p2']}")
def test_clicks_needed(case: dict[str, Any]) -> None:
    asked = case["p1"], case["p2"], case["power"], case["alpha"]
    assert comparisons.sample_size(*asked) == case["n_per_arm_normal"]
    assert comparisons.sample_size_by_arcsine(*asked) == case["n_per_arm_cohen_h_statsmodels"]


@pytest.mark.parametrize("case", FIGURES["srm_chi2"], ids=lambda case: str(case["counts"]))
def test_sample_ratios(case: dict[str, Any]) -> None:
    assert comparisons.sample_ratio(case["counts"], case["expected"]) == close(case["p"])


def test_many_tweets() -> None:
    figures = FIGURES["many_tweets"]
    tallies = [(leads, clicks) for clicks, leads in figures["clicks_leads"]]
    ps = comparisons.against_the_rest(tallies)
    assert ps == close(figures["fisher_vs_rest"])
    assert comparisons.benjamini_hochberg(ps) == close(figures["bh_q"])


def test_shrunk_rates() -> None:
    figures = FIGURES["many_tweets"]
    tallies = [(leads, clicks) for clicks, leads in figures["clicks_leads"]]
    prior = shrinkage.fit(tallies)
    # the figures' own optimiser stopped at the seventh digit
    assert [prior.alpha, prior.beta] == pytest.approx(figures["beta_prior_mle"], rel=1e-6)
    league = shrinkage.league(tallies)
    assert [each.rate for each in league] == pytest.approx(figures["shrunk_rate"], rel=1e-6)
    assert [each.own for each in league] == close(figures["raw_rate"])


def test_delays() -> None:
    figures = FIGURES["conversion_delay_km"]
    followed = list(zip(figures["days"], figures["converted"], strict=True))
    came, waiting = ([(at, 1) for at, known in followed if known == which] for which in (1, 0))
    curve = delays.kaplan_meier(came, waiting)
    assert curve.median == figures["median_days"]
    assert {day: curve.share(float(day)) for day in figures["S"]} == close(figures["S"])


@pytest.mark.parametrize("case", FIGURES["poisson_rate_ratio_exact"], ids=lambda case: str(case["clicks1"]))
def test_rates_per_impression(case: dict[str, Any]) -> None:
    asked = case["clicks1"], case["impressions1"], case["clicks2"], case["impressions2"]
    assert comparisons.poisson_ratio_p(*asked) == close(case["p_two_sided"])


def test_looking_fifty_times_finds_winners_where_there_are_none_only_with_a_test_for_one_look() -> None:
    from_figures = FIGURES["peeking_50_looks_false_positive_rate"]
    naive, always_valid = _false_winners(experiments=300, looks=50)
    assert naive == pytest.approx(from_figures["naive_z_0.05"], abs=0.08)
    assert always_valid == pytest.approx(from_figures["msprt_0.05"], abs=0.03)


def _false_winners(experiments: int, looks: int) -> tuple[float, float]:
    """Of A/A experiments at 5 %, 200 clicks an arm and a look: the share that ends with a winner, by either test."""
    random, naive, sequential = Random(4), 0, 0
    for _ in range(experiments):
        x1 = x2 = 0
        least = p = 1.0
        for look in range(1, looks + 1):
            # leads of 200 clicks, near enough
            x1, x2 = (x + max(0, round(random.gauss(10, 9.5**0.5))) for x in (x1, x2))
            counts = x1, 200 * look, x2, 200 * look
            least = min(least, comparisons.z_test(*counts)[1])
            p = comparisons.sequential_p(*counts, before=p)
        naive += least < 0.05
        sequential += p < 0.05
    return naive / experiments, sequential / experiments
