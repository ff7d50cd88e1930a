"""The reference journeys and populations: credit by touch as exact fractions, money to the cent, removal effects."""

import csv
import json
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from campaigns.crediting import columns, markov, models
from campaigns.crediting.columns import PARTS, Paths
from campaigns.crediting.models import Lens, Model
from campaigns.crediting.paths import Touch
from campaigns.tracking.visits import EPOCH

FOLDER = Path(__file__).parents[2] / "reference/attribution"
CASES = json.loads((FOLDER / "cases.json").read_text())["cases"]
EXPECTED = json.loads((FOLDER / "population_expected.json").read_text())
NAMES: dict[str, Model] = {
    "first": "first_touch", "last": "last_touch", "last_non_direct": "last_non_direct", "linear": "linear",
    "position_40_20_40": "position", "time_decay_7d": "time_decay",
}  # fmt: skip
ASKED = [
    pytest.param(case, direct, name, id=f"{case['name']}-{direct}-{name}")
    for case in CASES
    for option, direct in (("all_touches", "always"), ("direct_only_if_alone", "alone"))
    for name in NAMES
    if option in case["expected"]
]
OPTIONS = {"always": "all_touches", "alone": "direct_only_if_alone"}


def touches_of(case: dict[str, Any]) -> list[Touch]:
    """As the product stores them: machines and mere views never become touches."""
    return [
        Touch(
            each["id"], EPOCH + timedelta(seconds=each["at"]), each["entity"],
            "direct" if each.get("direct") else "link",
        )
        for each in case["touches"]
        if not each.get("bot") and not each.get("member") and each.get("kind") != "view"
    ]  # fmt: skip


def lens_of(case: dict[str, Any], name: str, direct: Any) -> Lens:
    return Lens(NAMES[name], case["lookback_s"] // 86400, case["half_life_s"] / 86400, direct)


@pytest.mark.parametrize("case,direct,name", ASKED)
def test_a_journey_by_its_definition(case: dict[str, Any], direct: str, name: str) -> None:
    expected = case["expected"][OPTIONS[direct]][name]
    window = timedelta(seconds=case["dedupe_s"])
    moment = EPOCH + timedelta(seconds=case["conversion_at"])
    told = models.credit(touches_of(case), moment, lens_of(case, name, direct), window)
    if "unattributed" in expected:
        assert told == []
        return
    for touch, weight in told:
        if "exact" in expected:
            assert weight == Fraction(expected["exact"][str(touch.id)])
        assert float(weight) == pytest.approx(expected["touches"][str(touch.id)], abs=1e-12)
    assert len(told) == len(expected["touches"])
    money = models.split(case["revenue_minor"], [weight for _, weight in told])
    assert {str(touch.id): cents for (touch, _), cents in zip(told, money, strict=True)} == expected["revenue_minor"]


@pytest.mark.parametrize("case,direct,name", [each for each in ASKED if each.values[0]["dedupe_s"] in (0, 1800)])
def test_a_journey_by_columns(case: dict[str, Any], direct: str, name: str) -> None:
    expected = case["expected"][OPTIONS[direct]][name]
    touches = sorted(touches_of(case), key=lambda touch: (touch.at, touch.id))
    window = 0 if case["dedupe_s"] == 0 else columns.REPEAT_US
    told = columns.weights(columns_of(case, touches), lens_of(case, name, direct), window)
    by_id = {str(touch.id): n for n, touch in enumerate(touches)}
    if "unattributed" in expected:
        assert told.unattributed.tolist() == [True]
        assert not told.parts.any()
        return
    assert told.parts.sum() == PARTS
    for touch_id, weight in expected["touches"].items():
        assert told.parts[by_id[touch_id]] == pytest.approx(weight * PARTS, abs=1)
        assert told.cents[by_id[touch_id]] == expected["revenue_minor"][touch_id]
    assert told.cents.sum() == case["revenue_minor"]


def columns_of(case: dict[str, Any], touches: list[Touch]) -> Paths:
    numbers = {entity: n for n, entity in enumerate(dict.fromkeys(touch.entity for touch in touches))}
    return Paths(
        moment=np.array([case["conversion_at"] * 10**6]),
        amount=np.array([case["revenue_minor"]]),
        first=np.array([0, len(touches)]),
        at=np.array([(touch.at - EPOCH) // timedelta(microseconds=1) for touch in touches], np.int64),
        entity=np.array([numbers[touch.entity] for touch in touches], np.int32),
        direct=np.array([touch.is_direct for touch in touches], bool),
    )


def test_every_case_but_the_excluded_conversion_is_asked() -> None:
    """What doesn't count is kept, flagged, and never reaches a model: the flows' tests see to that."""
    assert [case["name"] for case in CASES if not case["expected"]] == ["self_conversion"]
    assert len(CASES) == 27


def population(name: str) -> tuple[markov.Journeys, list[str], list[int]]:
    rows = list(csv.DictReader((FOLDER / f"population_{name}.csv").read_text().splitlines()))
    steps = [[each.strip() for each in row["path"].split(">")] for row in rows]
    names = sorted({each for path in steps for each in path})
    told = {tuple(names.index(each) for each in path): (int(row["conversions"]), int(row["nulls"]))
            for path, row in zip(steps, rows, strict=True)}  # fmt: skip
    return markov.gather(told, len(names)), names, [int(row["value_minor"]) for row in rows]


@pytest.mark.parametrize("name", ["textbook", "small"])
def test_removal_effects_of_a_population(name: str) -> None:
    journeys, names, _ = population(name)
    expected = EXPECTED[name]["markov_order1"]
    told = markov.fit(journeys)
    assert told.rate == pytest.approx(expected["p_conversion"], abs=1e-12)
    assert told.rate == pytest.approx(journeys.converted.sum() / (journeys.converted + journeys.lost).sum(), abs=1e-12)
    assert dict(zip(names, told.effect.tolist(), strict=True)) == pytest.approx(expected["removal_effect"], abs=1e-12)


@pytest.mark.parametrize("name", ["textbook", "small"])
def test_conversions_shared_inside_each_path(name: str) -> None:
    journeys, names, _ = population(name)
    effect, shared = markov.fit(journeys).effect, np.zeros(journeys.entities)
    for path, converted in zip(journeys.paths, journeys.converted, strict=True):
        np.add.at(shared, list(path), markov.share(path, effect) * converted)
    expected = EXPECTED[name]["markov_order1"]["conversions_per_path"]
    assert {each: n for each, n in zip(names, shared.tolist(), strict=True) if n} == pytest.approx(expected, abs=1e-9)
    assert shared.sum() == pytest.approx(journeys.converted.sum())


@pytest.mark.parametrize("name", ["textbook", "small"])
@pytest.mark.parametrize("model", ["first", "last", "linear", "position_40_20_40"])
def test_heuristics_over_a_population(name: str, model: str) -> None:
    journeys, names, values = population(name)
    lens = Lens(NAMES[model], 395, direct="always")
    shared, money = np.zeros(journeys.entities), np.zeros(journeys.entities)
    for path, converted, value in zip(journeys.paths, journeys.converted, values, strict=True):
        touches = [Touch(n, EPOCH + timedelta(days=n), f"{each}") for n, each in enumerate(path)]
        for touch, weight in models.credit(touches, EPOCH + timedelta(days=len(path)), lens):
            shared[int(touch.entity)] += float(weight) * converted
            money[int(touch.entity)] += float(weight) * value
    for told, kind in ((shared, "conversions"), (money, "value_minor")):
        expected = EXPECTED[name][f"heuristics_{kind}"][model]
        assert {n: told[names.index(n)] for n in expected} == pytest.approx(expected, abs=1e-9)
