"""Columns: the models for many conversions at once. What it gives is what crediting.models defines, to the last unit.

All sums are of integers: shares of a conversion are billionths, shares of money minor units, both by largest remainder.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from campaigns.crediting.models import Lens
from campaigns.crediting.paths import REPEAT

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

PARTS = 10**9
"""A whole conversion."""
DAY_US = 86_400_000_000
REPEAT_US = REPEAT // REPEAT.resolution
GRAIN = 2.0**-46
"""Of an amount: remainders of inexact weights that differ by less are the same, but for their rounding."""


@dataclass(frozen=True)
class Paths:
    """N conversions and their T touches, those of conversion i being first[i]:first[i+1], in the order of (at, id).

    | column | of | meaning |
    |---|---|---|
    | moment | N | when the lookback begins, in microseconds since 1970; of a refund its sale's |
    | amount | N | minor units, below zero for what went back; at most 10^12 |
    | first | N+1 | where each one's touches begin |
    | at | T | microseconds since 1970; may be after the moment, or too long before |
    | entity | T | a number for each entity; the codes typed of one are another |
    | direct | T | no other source |
    | effect | T | what would be lost without it, from 0: only the data-driven model asks |
    """

    moment: Ints
    amount: Ints
    first: Ints
    at: Ints
    entity: NDArray[np.int32]
    direct: Bools
    effect: NDArray[np.float64] | None = None


@dataclass(frozen=True)
class Weights:
    """What each touch is owed: `parts` of 10^9 and `cents` of the amount.

    `counts`: which touches the conversion is shared among; `unattributed`: conversions without any such.
    """

    parts: Ints
    cents: Ints
    counts: Bools
    unattributed: Bools


def weights(paths: Paths, lens: Lens, window_us: int = REPEAT_US) -> Weights:
    """The share of every touch. Each conversion sums to PARTS and its amount. The data-driven model needs effects."""
    conversions = len(paths.moment)
    owner = np.repeat(np.arange(conversions), np.diff(paths.first))
    counts = counting(paths, owner, lens, window_us)
    kept = np.flatnonzero(counts)
    whose = owner[kept]
    many = np.bincount(whose, minlength=conversions)
    begins = np.cumsum(many) - many
    rank, of = np.arange(len(kept)) - begins[whose], many[whose]
    parts, cents = np.zeros(len(owner), np.int64), np.zeros(len(owner), np.int64)
    if lens.model in ("time_decay", "data_driven"):
        shares = _inexact(paths, lens, kept, whose, begins, many)
        parts[kept] = _split_inexact(np.full(conversions, PARTS), shares, whose, rank, of)
        cents[kept] = _split_inexact(paths.amount, shares, whose, rank, of)
    else:
        share, whole = _exact(lens, rank, of)
        parts[kept] = _split(np.full(conversions, PARTS), share, whole, whose, rank)
        cents[kept] = _split(paths.amount, share, whole, whose, rank)
    return Weights(parts, cents, counts, many == 0)


def counting(paths: Paths, owner: Ints, lens: Lens, window_us: int = REPEAT_US) -> Bools:
    """Which touches count: within the lookback, once in 30 minutes, direct as the lens says."""
    age = paths.moment[owner] - paths.at
    counts = (age >= 0) & (age <= lens.lookback_days * DAY_US)
    _drop_repeats(counts, paths, owner, window_us)
    if not lens.counts_direct or lens.model == "last_non_direct":
        others = np.bincount(owner[counts & ~paths.direct], minlength=len(paths.moment)) > 0
        counts &= ~(paths.direct & others[owner])
    return counts


def _drop_repeats(counts: Bools, paths: Paths, owner: Ints, window_us: int) -> None:
    """The same entity within 30 minutes of one that counts doesn't. Most conversions have no such touch."""
    several = np.flatnonzero(counts & (np.bincount(owner[counts], minlength=len(paths.moment)) > 1)[owner])
    order = several[np.lexsort((several, paths.entity[several], owner[several]))]
    whose, entity, at = owner[order], paths.entity[order], paths.at[order]
    again = (whose[1:] == whose[:-1]) & (entity[1:] == entity[:-1])
    begins = np.concatenate([[True], ~again])[: len(order)]
    group = np.cumsum(begins) - 1
    close = np.zeros(len(order), bool)
    close[1:] = again & (at[1:] - at[:-1] < window_us)
    touched = np.unique(group[close])
    last: dict[int, int] = {}
    for n in np.flatnonzero(np.isin(group, touched)).tolist():
        before = last.get(group[n])
        if before is not None and at[n] - before < window_us:
            counts[order[n]] = False
        else:
            last[group[n]] = at[n]


def _exact(lens: Lens, rank: Ints, of: Ints) -> tuple[Ints, Ints]:
    """Each touch's weight as a fraction of whole numbers."""
    one = np.ones(len(rank), np.int64)
    if lens.model in ("last_touch", "last_non_direct"):
        return (rank == of - 1).astype(np.int64), one
    if lens.model == "first_touch":
        return (rank == 0).astype(np.int64), one
    if lens.model == "linear":
        return one, of
    between = of - 2
    ends = (rank == 0) | (rank == of - 1)
    return np.where(between > 0, np.where(ends, 2 * between, 1), one), np.where(between > 0, 5 * between, of)


def _inexact(paths: Paths, lens: Lens, kept: Ints, whose: Ints, begins: Ints, many: Ints) -> NDArray[np.float64]:
    """The shares of the touches that count, where they are no simple fractions."""
    if lens.model == "time_decay":
        return _decay(paths.at[kept], whose, begins, many, lens.half_life_days)
    if paths.effect is None:
        raise ValueError("the data-driven model needs effects")
    effect = np.maximum(paths.effect[kept], 0)
    whole = np.bincount(whose, effect, minlength=len(many))
    effect[(whole == 0)[whose]] = 1
    return effect / np.where(whole == 0, many, whole)[whose]


def _decay(at: Ints, whose: Ints, begins: Ints, many: Ints, half_life_days: float) -> NDArray[np.float64]:
    last = np.zeros(len(many), np.int64)
    has = many > 0
    last[has] = at[(begins + many - 1)[has]]
    weight = np.exp2(-((last[whose] - at) / (half_life_days * DAY_US)))
    return weight / np.bincount(whose, weight, minlength=len(many))[whose]


def _split(amount: Ints, share: Ints, whole: Ints, whose: Ints, rank: Ints) -> Ints:
    """An amount shared by largest remainder, ties to the earlier."""
    size = np.abs(amount)[whose]
    got, rest = np.divmod(size * share, whole)
    left = np.abs(amount) - _sum(got, whose, len(amount))
    return _handed_out(amount, got, rest, left, whose, rank)


def _split_inexact(amount: Ints, share: NDArray[np.float64], whose: Ints, rank: Ints, of: Ints) -> Ints:
    size = np.abs(amount)[whose]
    exact = np.where(of == 1, size, size * share)
    got, grain = np.floor(exact), np.maximum(size, 1) * GRAIN
    rest = np.rint((exact - got) / grain) * grain
    is_one = rest >= 1 - grain
    got, rest = (got + is_one).astype(np.int64), np.where(is_one, 0, rest)
    left = np.abs(amount) - _sum(got, whose, len(amount))
    return _handed_out(amount, got, rest, left, whose, rank)


def _sum(values: Ints, whose: Ints, conversions: int) -> Ints:
    summed = np.zeros(conversions, np.int64)
    np.add.at(summed, whose, values)
    return summed


def _handed_out(
    amount: Ints, got: Ints, rest: NDArray[np.int64] | NDArray[np.float64], left: Ints, whose: Ints, rank: Ints
) -> Ints:
    """What is left, one unit each to the largest remainders."""
    some = np.flatnonzero((left != 0)[whose])
    order = some[np.lexsort((rank[some], -rest[some], whose[some]))]
    group = whose[order]
    begins = np.flatnonzero(np.concatenate([[True], group[1:] != group[:-1]])[: len(group)])
    lengths = np.diff(np.concatenate([begins, [len(group)]]))
    turn = np.arange(len(group)) - np.repeat(begins, lengths)
    got[order[turn < left[group]]] += 1
    return np.where(amount[whose] < 0, -got, got)
