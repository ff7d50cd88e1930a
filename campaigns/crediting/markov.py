"""The data-driven model: what would be lost without an entity, by a Markov chain of order 1 over all paths.

Exact: one matrix inverse gives every removal effect, since P(convert) falls by P(ever visit k) × P(convert from k).
The chain is fitted to paths that converted and paths that didn't; its P(convert) is the observed rate. Not causal: it
tells what stood on the way, not what made anyone go. Source: Anderl et al., "Mapping the customer journey" (2016).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

LEAST_CONVERSIONS, LEAST_PATHS = 200, 2_000
RESAMPLES = 200
Z = 0.95


@dataclass(frozen=True)
class TooFew:
    """Why there is no such model yet. `paths`: all, with those that led to nothing."""

    conversions: int
    paths: int


@dataclass(frozen=True)
class Journeys:
    """Different paths, each with how often it was gone.

    | field | meaning |
    |---|---|
    | entities | how many; paths hold their numbers, from 0 |
    | paths | in the order of the touches, none of them empty |
    | converted, lost | how often each one ended in a conversion, and in nothing |
    """

    entities: int
    paths: Sequence[tuple[int, ...]]
    converted: Ints
    lost: Ints


@dataclass(frozen=True)
class Effects:
    """P(convert), and by entity how much of it would be lost without it, in 0..1."""

    rate: float
    effect: Floats


@dataclass(frozen=True)
class Steps:
    """The steps of all paths in columns, so that they are counted anew for each resample: path, from, to."""

    path: Ints
    cell: Ints


def too_few(journeys: Journeys) -> TooFew | None:
    """What is missing, if something is."""
    conversions = int(journeys.converted.sum())
    paths = conversions + int(journeys.lost.sum())
    return TooFew(conversions, paths) if conversions < LEAST_CONVERSIONS or paths < LEAST_PATHS else None


def fit(journeys: Journeys) -> Effects:
    """The chain of these journeys and its removal effects."""
    return _solve(_counts(journeys, _steps(journeys), journeys.converted, journeys.lost))


def _steps(journeys: Journeys) -> Steps:
    """From the start (state m) over the entities; the ends stand in columns m (converted) and m + 1 (lost)."""
    states = journeys.entities
    path = [n for n, each in enumerate(journeys.paths) for _ in each]
    cell = [
        before * (states + 2) + after
        for each in journeys.paths
        for before, after in zip((states, *each), each, strict=False)
    ]
    return Steps(np.array(path, np.int64), np.array(cell, np.int64))


def _counts(journeys: Journeys, steps: Steps, converted: Ints, lost: Ints) -> Floats:
    """How often each step was taken: from (the entities, then the start) to (the entities, converted, lost)."""
    states = journeys.entities
    gone = (converted + lost)[steps.path]
    flat: Floats = np.bincount(steps.cell, gone, minlength=(states + 1) * (states + 2)).astype(float)
    counts = flat.reshape(states + 1, states + 2)
    last = np.array([each[-1] for each in journeys.paths], np.int64)
    counts[:states, states] += np.bincount(last, converted, minlength=states)
    counts[:states, states + 1] += np.bincount(last, lost, minlength=states)
    return counts


def _solve(counts: Floats) -> Effects:
    states = len(counts) - 1
    whole = counts.sum(axis=1, keepdims=True)
    chance = np.divide(counts, whole, out=np.zeros_like(counts), where=whole > 0)
    visits = np.linalg.inv(np.eye(states) - chance[:states, :states])
    converts = visits @ chance[:states, states]
    start = chance[states, :states]
    rate = float(start @ converts)
    ever = start @ visits / np.diag(visits)
    return Effects(rate, ever * converts / rate if rate else np.zeros(states))


def intervals(journeys: Journeys, seed: int = 0, resamples: int = RESAMPLES) -> tuple[Floats, Floats]:
    """Between which effects the middle 95 % of resamples lie: the paths are drawn again, as often as there were."""
    steps, dice = _steps(journeys), np.random.default_rng(seed)
    every = np.concatenate([journeys.converted, journeys.lost])
    kinds, drawn = len(journeys.paths), []
    for _ in range(resamples):
        again = dice.multinomial(every.sum(), every / every.sum())
        drawn.append(_solve(_counts(journeys, steps, again[:kinds], again[kinds:])).effect)
    low, high = np.quantile(np.array(drawn), [(1 - Z) / 2, (1 + Z) / 2], axis=0)
    return low, high


def share(path: Sequence[int], effect: Floats) -> Floats:
    """A converting path's touches, each with its share: they sum to 1. Where no effect is known, all the same.

    >>> share([0, 1], np.array([0.2, 0.6])).round(2).tolist()
    [0.25, 0.75]
    """
    weight = effect[np.array(path)]
    whole = weight.sum()
    return weight / whole if whole > 0 else np.full(len(path), 1 / len(path))


def gather(paths: Mapping[tuple[int, ...], tuple[int, int]], entities: int) -> Journeys:
    """Journeys from (converted, lost) by path."""
    told = np.array(list(paths.values()), np.int64).reshape(-1, 2)
    return Journeys(entities, list(paths), told[:, 0], told[:, 1])
