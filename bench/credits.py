"""Weighing conversions: every model by columns, beside its definition in fractions, on the same paths.

make bench-credits   # or: PYTHONPATH=. .venv/bin/python bench/credits.py --conversions 1000000
"""

import argparse
import json
import time
from datetime import timedelta

import numpy as np

from campaigns.crediting import columns, markov, models
from campaigns.crediting.columns import DAY_US, Paths
from campaigns.crediting.models import MODELS, Lens
from campaigns.crediting.paths import Touch
from campaigns.tracking.visits import EPOCH

PIECE = 16_384  # as packs come
BY_DEFINITION = 5_000
TWEETS, MARKOV_PATHS = 200, 50_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--conversions", type=int, default=1_000_000)
    args = parser.parse_args()
    dice = np.random.default_rng(5)
    pieces = [drawn(dice, min(PIECE, args.conversions - n)) for n in range(0, args.conversions, PIECE)]
    slow = touches_of(pieces[0], BY_DEFINITION)
    print(f"{'model':<16}{'conversions/s':>15}{'by definition':>15}{'times':>8}")
    for model in MODELS:
        if model != "data_driven":
            weigh(Lens(model), pieces, args.conversions, slow)
    chain(dice)


def weigh(lens: Lens, pieces: list[Paths], conversions: int, slow: list[tuple[list[Touch], int, int]]) -> None:
    began = time.process_time()
    for piece in pieces:
        columns.weights(piece, lens)
    quick = conversions / (time.process_time() - began)
    began = time.process_time()
    for path, moment, amount in slow:
        told = models.credit(path, EPOCH + timedelta(microseconds=moment), lens)
        models.split(amount, [weight for _, weight in told])
    definition = len(slow) / (time.process_time() - began)
    print(f"{lens.model:<16}{quick:>15,.0f}{definition:>15,.0f}{quick / definition:>8.0f}   wanted 300,000/s")
    told_ = {"model": lens.model, "conversions_per_s": round(quick), "by_definition_per_s": round(definition)}
    print(json.dumps({"bench": "credits", **told_}))


def drawn(dice: np.random.Generator, count: int) -> Paths:
    """Conversions of 0 to 8 touches, 1.8 in the middle; one in twelve with money."""
    many = np.minimum(dice.geometric(0.55, count), 8) - (dice.random(count) < 0.05)
    first = np.concatenate([[0], np.cumsum(many)])
    moment = dice.integers(1_780_000_000, 1_800_000_000, count) * 1_000_000
    owner = np.repeat(np.arange(count), many)
    at = moment[owner] - (dice.exponential(12, len(owner)) * DAY_US).astype(np.int64)
    entity = np.minimum(dice.zipf(1.4, len(owner)), TWEETS).astype(np.int32)
    order = np.lexsort((at, owner))
    amount = np.where(dice.random(count) < 1 / 12, dice.integers(900, 90_000, count), 0)
    return Paths(moment, amount, first, at[order], entity[order], dice.random(len(owner)) < 0.1)


def touches_of(paths: Paths, count: int) -> list[tuple[list[Touch], int, int]]:
    found = []
    for n in range(min(count, len(paths.moment))):
        path = [
            Touch(t, EPOCH + timedelta(microseconds=int(paths.at[t])), str(paths.entity[t]),
                  "direct" if paths.direct[t] else "link")
            for t in range(paths.first[n], paths.first[n + 1])
        ]  # fmt: skip
        found.append((path, int(paths.moment[n]), int(paths.amount[n])))
    return found


def chain(dice: np.random.Generator) -> None:
    """The data-driven model over many different paths."""
    told: dict[tuple[int, ...], tuple[int, int]] = {}
    for _ in range(MARKOV_PATHS):
        path = tuple(int(each) % TWEETS for each in dice.zipf(1.4, int(dice.geometric(0.5))))
        converted, lost = told.get(path, (0, 0))
        is_converted = bool(dice.random() < 0.08)
        told[path] = (converted + is_converted, lost + (not is_converted))
    journeys = markov.gather(told, TWEETS)
    began = time.process_time()
    markov.fit(journeys)
    fitted = time.process_time() - began
    began = time.process_time()
    markov.intervals(journeys)
    resampled = time.process_time() - began
    print(f"data_driven: {TWEETS} tweets, {len(told):,} different paths of {MARKOV_PATHS:,}: fitted in {fitted:.3f} s"
          f" (wanted 2 s), {markov.RESAMPLES} resamples in {resampled:.2f} s")  # fmt: skip
    print(json.dumps({"bench": "credits", "model": "data_driven", "fit_s": fitted, "intervals_s": resampled}))


if __name__ == "__main__":
    main()
