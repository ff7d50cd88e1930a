"""Credit, whatever the path: nothing is lost, nothing is made."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from campaigns.measuring.credits import MODELS, Credit, Touch, eligible, entity_of, share, split

START = datetime(2026, 1, 1, tzinfo=UTC)
LOOKBACK = timedelta(days=90)
evidences = st.sampled_from(["link+x", "link", "link+other", "code", "utm", "direct"])


def _touch(number: int, at_s: int, tweet_id: str | None, evidence: str) -> Touch:
    return Touch(number, START + timedelta(seconds=at_s), entity_of(tweet_id, evidence), evidence)


paths = st.lists(
    st.builds(_touch, st.integers(0, 10**9), st.integers(0, 200 * 86400), st.sampled_from(["a", "b", None]), evidences),
    max_size=12,
    unique_by=lambda touch: touch.id,
)
moments = st.integers(0, 250 * 86400).map(lambda s: START + timedelta(seconds=s))
models = st.sampled_from(sorted(MODELS))


def _share(path: list[Touch], moment: datetime, model: str) -> list[Credit]:
    return share(path, moment, LOOKBACK, MODELS[model])


@given(paths, moments, models)
def test_a_conversion_is_shared_out_whole_or_not_at_all(path: list[Touch], moment: datetime, model: str) -> None:
    whole = sum(credit.weight for credit in _share(path, moment, model))
    assert whole == (1 if eligible(path, moment, LOOKBACK) else 0)


@given(paths, moments, models, st.randoms())
def test_the_order_in_which_touches_are_given_changes_nothing(
    path: list[Touch], moment: datetime, model: str, random: object
) -> None:
    shuffled = path[:]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert _share(shuffled, moment, model) == _share(path, moment, model)


@given(paths, moments, models)
def test_touches_outside_the_lookback_earn_nothing_and_change_nothing(
    path: list[Touch], moment: datetime, model: str
) -> None:
    late = Touch(10**10, moment + timedelta(seconds=1), "tweet:late")
    early = Touch(10**10 + 1, moment - LOOKBACK - timedelta(seconds=1), "tweet:early")
    assert _share([*path, late, early], moment, model) == _share(path, moment, model)


@given(paths, moments)
def test_a_direct_visit_never_takes_credit_from_another(path: list[Touch], moment: datetime) -> None:
    earning = {credit.touch for credit in _share(path, moment, "last_non_direct") if credit.weight}
    sourced = [touch for touch in eligible(path, moment, LOOKBACK) if not touch.is_direct]
    assert not sourced or not any(touch.is_direct for touch in earning)


weights = st.lists(st.integers(1, 100), min_size=1, max_size=9).map(
    lambda parts: [Fraction(part, sum(parts)) for part in parts]
)


@given(st.integers(-(10**13), 10**13), weights)
def test_money_is_split_to_the_cent(amount: int, weights: list[Fraction]) -> None:
    parts = split(amount, weights)
    assert sum(parts) == amount
    assert all(abs(part - amount * weight) < 1 for part, weight in zip(parts, weights, strict=True))


@given(st.integers(0, 10**9), weights)
def test_a_refund_takes_back_exactly_what_was_given(amount: int, weights: list[Fraction]) -> None:
    assert split(-amount, weights) == [-part for part in split(amount, weights)]
