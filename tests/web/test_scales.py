"""Scales: round figures that reach over all values, and words that fit."""

import pytest

from web.scales import LETTER, fitting, ruled, step


@pytest.mark.parametrize(
    "values, figures",
    [
        ([277], [0, 100, 200, 300]),
        ([0.11, 0.07], [0, 0.05, 0.1, 0.15]),
        ([-0.12, 0.5], [-0.5, 0, 0.5]),
        ([-3, -1], [-3, -2, -1, 0]),
        ([1], [0, 0.5, 1]),
        ([1e-7], [0, 5e-8, 1e-7]),
    ],
)
def test_figures_are_round_and_reach_over_all_values(values: list[float], figures: list[float]) -> None:
    found = ruled(values, 0, 100, 3)
    assert found.figures == pytest.approx(figures)
    assert found.scale.low <= min(values) <= max(values) <= found.scale.high


@pytest.mark.parametrize("values", [[], [0], [0, 0]])
def test_without_a_value_there_is_a_scale_still(values: list[float]) -> None:
    assert ruled(values, 0, 100, 3, least=1.0).figures == [0, 1]
    assert ruled(values, 0, 100, 3).scale.at(0) == 0


def test_a_scale_goes_upwards_where_it_ends_above() -> None:
    scale = ruled([10], 200, 100, 4).scale
    assert [scale.at(value) for value in (0, 5, 10, 99)] == [200, 150, 100, 100]


def test_a_count_has_no_half_between_its_figures() -> None:
    assert ruled([2], 0, 100, 4, least=1.0).figures == [0, 1, 2]


def test_percentages_have_decimals_only_where_they_need_them() -> None:
    assert not ruled([0.2], 0, 100, 4).is_fine
    assert ruled([0.012], 0, 100, 4).is_fine


def test_a_step_isnt_lost_to_rounding() -> None:
    assert [step(span, 3) for span in (0.3, 3, 3e6, 0.6)] == pytest.approx([0.1, 1, 1e6, 0.2])


def test_words_that_dont_fit_are_cut_at_a_letter() -> None:
    assert fitting("Short", 100) == "Short"
    assert len(fitting("A" * 100, 20 * LETTER)) == 20
    assert fitting("Anything", 0) == "…"
