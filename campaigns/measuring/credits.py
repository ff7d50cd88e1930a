"""Credits: which touches a conversion is owed to, under a model. Pure: values in, values out.

The report computes the same in SQL (measuring.conversions); tests hold the two together.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

TWEET_EVIDENCE = frozenset({"link+x", "link", "code"})
"""What makes a conversion a tweet's. A link opened from elsewhere than X is spillover: listed apart."""

REPEAT = timedelta(minutes=30)


@dataclass(frozen=True)
class Touch:
    """The start of a visit. `entity` is what may earn credit: `tweet:<id>`, `spillover:<id>`, a source, direct.

    `id` breaks ties of `at`, so that it must sort as it was made: UUIDv7 or a number.
    """

    id: str | int
    at: datetime
    entity: str
    evidence: str = "link"

    @property
    def is_direct(self) -> bool:
        return self.evidence == "direct"


@dataclass(frozen=True)
class Credit:
    """A touch's share of a conversion, in 0..1."""

    touch: Touch
    weight: Fraction


def entity_of(tweet_id: str | None, evidence: str) -> str:
    """What a touch gives credit to.

    >>> entity_of("1", "link+x"), entity_of("1", "link+other"), entity_of(None, "referrer")
    ('tweet:1', 'spillover:1', 'referrer')
    """
    if tweet_id and evidence in TWEET_EVIDENCE:
        return f"tweet:{tweet_id}"
    return f"spillover:{tweet_id}" if tweet_id and evidence == "link+other" else evidence


def eligible(touches: Iterable[Touch], moment: datetime, lookback: timedelta) -> list[Touch]:
    """The touches within the lookback before a conversion, closed at both ends, in their order."""
    inside = (touch for touch in touches if timedelta(0) <= moment - touch.at <= lookback)
    return sorted(inside, key=lambda touch: (touch.at, touch.id))


def distinct(touches: Sequence[Touch], window: timedelta = REPEAT) -> list[Touch]:
    """Touches in their order, the same entity once in a window, which begins with a touch kept and doesn't slide."""
    kept: list[Touch] = []
    counted: dict[str, datetime] = {}
    for touch in touches:
        before = counted.get(touch.entity)
        if before is None or touch.at - before >= window:
            counted[touch.entity] = touch.at
            kept.append(touch)
    return kept


def last_non_direct(touches: Sequence[Touch]) -> list[Fraction]:
    """Everything to the last touch that isn't direct; to a direct one only when there is no other.

    >>> a, b = (Touch(n, datetime(2026, 1, n), "e", how) for n, how in ((1, "link"), (2, "direct")))
    >>> last_non_direct([a, b])
    [Fraction(1, 1), Fraction(0, 1)]
    """
    sourced = [n for n, touch in enumerate(touches) if not touch.is_direct]
    last = sourced[-1] if sourced else len(touches) - 1
    return [Fraction(int(n == last)) for n in range(len(touches))]


Model = Callable[[Sequence[Touch]], list[Fraction]]
MODELS: dict[str, Model] = {"last_non_direct": last_non_direct}
"""Each gives a weight a touch; together they are 1."""


def share(
    touches: Iterable[Touch], moment: datetime, lookback: timedelta, model: Model, window: timedelta = REPEAT
) -> list[Credit]:
    """The credits of one conversion; none: it is unattributed."""
    counted = distinct(eligible(touches, moment, lookback), window)
    return [Credit(touch, weight) for touch, weight in zip(counted, model(counted), strict=True)]


def split(amount: int, weights: Sequence[Fraction]) -> list[int]:
    """An amount in minor units by weights that are 1 together: largest remainder, ties to the earlier. A negative
    amount (a refund) is split as its opposite.

    >>> split(100, [Fraction(1, 3)] * 3), split(-1, [Fraction(1, 2)] * 2)
    ([34, 33, 33], [-1, 0])
    """
    if not weights:
        return []
    sign = -1 if amount < 0 else 1
    exact = [abs(amount) * weight for weight in weights]
    parts = [int(each) for each in exact]
    by_remainder = sorted(range(len(parts)), key=lambda n: (parts[n] - exact[n], n))
    for n in by_remainder[: abs(amount) - sum(parts)]:
        parts[n] += 1
    return [sign * part for part in parts]
