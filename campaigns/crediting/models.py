"""Models: how a conversion is shared among the touches of its path. The definition, in exact fractions.

Each takes the touches that count, in their order, and gives a weight for each; they sum to 1.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Literal, NamedTuple, get_args

from campaigns.crediting.exchange import Exchange
from campaigns.crediting.paths import REPEAT, Touch, distinct, eligible

Model = Literal["last_touch", "last_non_direct", "first_touch", "linear", "position", "time_decay", "data_driven"]
MODELS: tuple[Model, ...] = get_args(Model)
LOOKBACK_DAYS = (1, 395)
HALF_LIFE_DAYS = (1, 90)
Weights = list[Fraction]


class Removal(NamedTuple):
    """What share of the conversions would be lost without an entity, in 0..1, and between which values."""

    effect: float
    low: float
    high: float


@dataclass(frozen=True)
class Fit:
    """The data-driven model as it was fitted: to how many paths, and how many of them converted.

    `effects`: by entity; one that isn't there was on no path of theirs.
    """

    id: str
    made_at: datetime
    conversions: int
    paths: int
    effects: Mapping[str, Removal]

    def weight(self, entity: str) -> float:
        """What an entity weighs on a path."""
        known = self.effects.get(entity)
        return known.effect if known else 0.0


@dataclass(frozen=True)
class Lens:
    """How conversions are looked at.

    | field | meaning |
    |---|---|
    | lookback_days | 1 to 395: older touches have no credit |
    | half_life_days | of time decay: after so long a touch weighs half |
    | direct | alone: direct visits count only where there is nothing else; always: as any other touch |
    | fit | of the data-driven model, which says nothing without one |
    | exchange | tells money in one currency; None: as it was paid |
    """

    model: Model = "last_non_direct"
    lookback_days: int = 90
    half_life_days: float = 7
    direct: Literal["alone", "always"] = "alone"
    fit: Fit | None = field(default=None, compare=False)
    exchange: Exchange | None = None

    @property
    def lookback(self) -> timedelta:
        return timedelta(days=self.lookback_days)

    @property
    def counts_direct(self) -> bool:
        """Whether a direct visit counts beside others."""
        return self.direct == "always"


def last_touch(touches: Sequence[Touch], _lens: Lens) -> Weights:
    """Everything to the last."""
    return [Fraction(int(n == len(touches) - 1)) for n in range(len(touches))]


def last_non_direct(touches: Sequence[Touch], _lens: Lens) -> Weights:
    """Everything to the last that isn't direct; to a direct one only when there is no other."""
    last = max((n for n, touch in enumerate(touches) if not touch.is_direct), default=len(touches) - 1)
    return [Fraction(int(n == last)) for n in range(len(touches))]


def first_touch(touches: Sequence[Touch], _lens: Lens) -> Weights:
    """Everything to the first."""
    return [Fraction(int(n == 0)) for n in range(len(touches))]


def linear(touches: Sequence[Touch], _lens: Lens) -> Weights:
    """The same to each."""
    return [Fraction(1, len(touches))] * len(touches)


def position(touches: Sequence[Touch], lens: Lens) -> Weights:
    """40 % to the first, 40 % to the last, the rest to those between; of two, a half each."""
    between = len(touches) - 2
    if between <= 0:
        return linear(touches, lens)
    return [Fraction(2, 5), *[Fraction(1, 5 * between)] * between, Fraction(2, 5)]


def time_decay(touches: Sequence[Touch], lens: Lens) -> Weights:
    """Half the weight for each half-life before the last touch: counted from there, so that nothing underflows."""
    half_life = timedelta(days=lens.half_life_days)
    weights = [Fraction(2 ** -((touches[-1].at - touch.at) / half_life)) for touch in touches]
    whole = sum(weights)
    return [weight / whole for weight in weights]


def data_driven(touches: Sequence[Touch], lens: Lens) -> Weights:
    """To each what would be lost without it, beside the others of the path; where nothing is known, the same to each.

    Raises ValueError without a fit.
    """
    if lens.fit is None:
        raise ValueError("the data-driven model needs a fit")
    effects = [Fraction(max(lens.fit.weight(touch.entity), 0.0)) for touch in touches]
    whole = sum(effects)
    return [effect / whole for effect in effects] if whole else linear(touches, lens)


SHARES: dict[Model, Callable[[Sequence[Touch], Lens], Weights]] = {
    "last_touch": last_touch, "last_non_direct": last_non_direct, "first_touch": first_touch, "linear": linear,
    "position": position, "time_decay": time_decay, "data_driven": data_driven,
}  # fmt: skip


def counting(touches: Sequence[Touch], moment: datetime, lens: Lens, window: timedelta = REPEAT) -> list[Touch]:
    """The touches that a conversion is shared among: eligible, once in 30 minutes, direct as the lens says."""
    there = distinct(eligible(touches, moment, lens.lookback), window)
    if lens.counts_direct:
        return there
    return [touch for touch in there if not touch.is_direct] or there


def credit(
    touches: Sequence[Touch], moment: datetime, lens: Lens, window: timedelta = REPEAT
) -> list[tuple[Touch, Fraction]]:
    """Who is owed a conversion, and how much of it; empty: nobody."""
    there = counting(touches, moment, lens, window)
    return list(zip(there, SHARES[lens.model](there, lens), strict=True)) if there else []


def split(amount: int, weights: Sequence[Fraction]) -> list[int]:
    """An amount shared to the last unit: largest remainder, ties to the earlier. A refund is split as its sale.

    >>> split(100, [Fraction(1, 3)] * 3), split(-100, [Fraction(1, 3)] * 3)
    ([34, 33, 33], [-34, -33, -33])
    """
    sign, whole = (-1 if amount < 0 else 1), abs(amount)
    exact = [weight * whole for weight in weights]
    shares = [int(share) for share in exact]
    by_remainder = sorted(range(len(shares)), key=lambda n: (shares[n] - exact[n], n))
    for n in by_remainder[: whole - sum(shares)]:
        shares[n] += 1
    return [sign * share for share in shares]
