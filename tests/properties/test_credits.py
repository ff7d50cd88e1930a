"""Credit, whatever the paths: nothing is lost, nothing is made, and the columns say what the definition says."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.crediting import columns, models
from campaigns.crediting.columns import PARTS, Paths, Weights
from campaigns.crediting.models import HALF_LIFE_DAYS, LOOKBACK_DAYS, MODELS, Fit, Lens, Removal
from campaigns.crediting.paths import Touch, eligible, entity_of
from campaigns.tracking.visits import EPOCH

START = datetime(2026, 1, 1, tzinfo=UTC)
EFFECTS = {"tweet:a": 0.3, "tweet:b": 0.07, "utm": 0.011}
"""What is on no path that was fitted weighs nothing."""
FIT = Fit("fit", START, 200, 2_000, {entity: Removal(effect, effect, effect) for entity, effect in EFFECTS.items()})
evidences = st.sampled_from(["link+x", "link", "link+other", "code", "utm", "direct"])
# whole minutes too, so that touches repeat, tie, and lie at the edge of a window
seconds = st.integers(0, 200 * 1440).map(lambda minutes: minutes * 60) | st.integers(0, 200 * 86400)


def _touch(number: int, at_s: int, tweet_id: str | None, evidence: str) -> Touch:
    return Touch(number, START + timedelta(seconds=at_s), entity_of(tweet_id, evidence), evidence)


paths = st.lists(
    st.builds(_touch, st.integers(0, 10**9), seconds, st.sampled_from(["a", "b", None]), evidences),
    max_size=12,
    unique_by=lambda touch: touch.id,
)
moments = st.integers(0, 250 * 86400).map(lambda s: START + timedelta(seconds=s))
lenses = st.builds(
    Lens,
    st.sampled_from(MODELS),
    st.integers(*LOOKBACK_DAYS),
    st.sampled_from([1 / 24, 0.5, 7]) | st.floats(*HALF_LIFE_DAYS),
    st.sampled_from(["alone", "always"]),
    st.just(FIT),
)
amounts = st.integers(-(10**12), 10**12) | st.integers(-5, 5)
conversions = st.lists(st.tuples(paths, moments, amounts), max_size=6)


def _credit(path: list[Touch], moment: datetime, lens: Lens) -> dict[str | int, Fraction]:
    return {touch.id: weight for touch, weight in models.credit(path, moment, lens) if weight}


@given(paths, moments, lenses)
def test_a_conversion_is_shared_out_whole_or_not_at_all(path: list[Touch], moment: datetime, lens: Lens) -> None:
    whole = sum(_credit(path, moment, lens).values())
    assert whole == (1 if eligible(path, moment, lens.lookback) else 0)


@given(paths, moments, lenses, st.randoms())
def test_the_order_in_which_touches_are_given_changes_nothing(
    path: list[Touch], moment: datetime, lens: Lens, random: Random
) -> None:
    shuffled = path[:]
    random.shuffle(shuffled)
    assert _credit(shuffled, moment, lens) == _credit(path, moment, lens)


@given(paths, moments, lenses)
def test_touches_outside_the_lookback_earn_nothing_and_change_nothing(
    path: list[Touch], moment: datetime, lens: Lens
) -> None:
    late = Touch(10**10, moment + timedelta(microseconds=1), "tweet:late")
    early = Touch(10**10 + 1, moment - lens.lookback - timedelta(microseconds=1), "tweet:early")
    assert _credit([*path, late, early], moment, lens) == _credit(path, moment, lens)


@given(moments, lenses)
def test_both_edges_of_the_lookback_are_inside(moment: datetime, lens: Lens) -> None:
    edges = [Touch(1, moment - lens.lookback, "tweet:a"), Touch(2, moment, "tweet:b")]
    assert models.counting(edges, moment, lens) == edges


@given(paths, moments, lenses)
def test_a_direct_visit_takes_no_credit_from_another_unless_asked(
    path: list[Touch], moment: datetime, lens: Lens
) -> None:
    there = models.counting(path, moment, lens)
    if lens.direct == "alone" and any(not touch.is_direct for touch in there):
        assert not any(touch.is_direct for touch in there)


@given(st.lists(seconds, min_size=1, max_size=9), lenses)
def test_one_tweet_only_has_everything_in_every_model(times: list[int], lens: Lens) -> None:
    path = [_touch(n, at, "a", "link") for n, at in enumerate(times)]
    moment = START + timedelta(seconds=max(times))
    assert sum(_credit(path, moment, lens).values()) == 1


@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=9), amounts)
def test_money_is_split_to_the_last_unit(shares: list[int], amount: int) -> None:
    parts = models.split(amount, [Fraction(share, sum(shares)) for share in shares])
    assert sum(parts) == amount
    assert all(abs(part - Fraction(amount * share, sum(shares))) < 1 for part, share in zip(parts, shares, strict=True))


def _columns(asked: list[tuple[list[Touch], datetime, int]]) -> tuple[Paths, list[list[Touch]]]:
    ordered = [sorted(path, key=lambda touch: (touch.at, touch.id)) for path, _, _ in asked]
    flat = [touch for path in ordered for touch in path]
    keys = [(touch.entity, touch.evidence == "code") for touch in flat]
    numbers = {key: n for n, key in enumerate(dict.fromkeys(keys))}
    return Paths(
        moment=np.array([(moment - EPOCH) // timedelta(microseconds=1) for _, moment, _ in asked], np.int64),
        amount=np.array([amount for _, _, amount in asked], np.int64),
        first=np.cumsum([0, *(len(path) for path in ordered)]),
        at=np.array([(touch.at - EPOCH) // timedelta(microseconds=1) for touch in flat], np.int64),
        entity=np.array([numbers[key] for key in keys], np.int32),
        direct=np.array([touch.is_direct for touch in flat], bool),
        effect=np.array([FIT.weight(touch.entity) for touch in flat]),
    ), ordered


def _sums(values: np.ndarray, first: np.ndarray) -> list[int]:  # type: ignore[type-arg]
    return [int(values[a:b].sum()) for a, b in pairwise(first)]


def _check_whole(paths: Paths, told: Weights) -> None:
    empty = told.unattributed.tolist()
    assert _sums(told.parts, paths.first) == [0 if none else PARTS for none in empty]
    assert _sums(told.cents, paths.first) == [
        0 if none else int(amount) for none, amount in zip(empty, paths.amount, strict=True)
    ]


@given(conversions, lenses)
def test_columns_say_what_the_definition_says(asked: list[tuple[list[Touch], datetime, int]], lens: Lens) -> None:
    given_, ordered = _columns(asked)
    told = columns.weights(given_, lens)
    _check_whole(given_, told)
    for n, (path, moment, amount) in enumerate(asked):
        here = slice(int(given_.first[n]), int(given_.first[n + 1]))
        credited = models.credit(path, moment, lens)
        weight = {touch.id: weight for touch, weight in credited}
        assert told.unattributed[n] == (not credited)
        parts = [float(weight.get(touch.id, 0)) * PARTS for touch in ordered[n]]
        assert told.parts[here].tolist() == pytest.approx(parts, abs=1.01)
        if lens.model not in ("time_decay", "data_driven") or abs(amount) < 10**6:
            money = dict(zip(weight, models.split(amount, list(weight.values())), strict=True)) if weight else {}
            assert told.cents[here].tolist() == [money.get(touch.id, 0) for touch in ordered[n]]


@given(st.integers(1, 10_000), amounts, lenses)
def test_a_path_of_thousands_of_touches_is_whole_too(length: int, amount: int, lens: Lens) -> None:
    moment = 1_800_000_000_000_000
    given_ = Paths(
        moment=np.array([moment]), amount=np.array([amount]), first=np.array([0, length]),
        at=np.sort(moment - np.arange(length, dtype=np.int64) * 300_000_000),
        entity=np.arange(length, dtype=np.int32) % 50,
        direct=np.zeros(length, bool),
        effect=(np.arange(length) % 7) / 7,
    )  # fmt: skip
    _check_whole(given_, columns.weights(given_, lens))
