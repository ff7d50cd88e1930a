"""Leagues: rows of a report beside each other, saying only what the numbers carry. A comparison, not an experiment."""

from collections.abc import Sequence
from dataclasses import dataclass

from campaigns.measuring.figures import Figures
from campaigns.measuring.funnels import Row
from campaigns.statistics import comparisons, intervals, shrinkage
from campaigns.statistics.intervals import Interval

MOST = 200
SURE = 0.05


@dataclass(frozen=True)
class Standing:
    """A row in the league.

    | field | meaning |
    |---|---|
    | leads, clicks | whole leads: shares of them are rounded, and never more than clicks |
    | rate, interval | its own, Wilson's; None without clicks |
    | shrunk, rank | towards all others' as far as its numbers are few; ranked by that, so that 1 of 3 isn't first |
    | p | that it differs from all others, after all comparisons made (Benjamini-Hochberg); None: too few to compare |
    """

    row: Row
    leads: int
    clicks: int
    rate: float | None
    interval: Interval
    shrunk: float
    rank: int
    p: float | None

    @property
    def is_few(self) -> bool:
        return self.p is None

    @property
    def is_sure(self) -> bool:
        """Whether it differs from the others, and not by chance alone."""
        return self.p is not None and self.p < SURE


@dataclass(frozen=True)
class Duel:
    """Two rows: the second's rate less the first's, with its interval, and how surprising that is."""

    difference: float
    interval: Interval
    p: float
    second_is_better: float


@dataclass(frozen=True)
class League:
    """Standings, the best first; `duel` when there are two of which both have enough; `average`: of all of them."""

    standings: list[Standing]
    duel: Duel | None
    average: float | None


def league(found: Sequence[Row], keys: Sequence[str] = ()) -> League:
    """The rows with these keys (none: all), those with hits. At most 200, the ones with most clicks."""
    rows = [row for row in found if row.figures.clicks and (not keys or row.key in keys)]
    rows = sorted(rows, key=lambda row: keys.index(row.key) if keys else -row.figures.clicks)[:MOST]
    tallies = [_tally(row.figures) for row in rows]
    if not rows:
        return League([], None, None)
    told = shrinkage.league(tallies)
    fit = [not comparisons.too_few(*tally) for tally in tallies]
    sure = dict(zip(
        (n for n, enough in enumerate(fit) if enough),
        _against_others([tally for tally, enough in zip(tallies, fit, strict=True) if enough]), strict=True,
    ))  # fmt: skip
    standings = [
        Standing(
            row, leads, clicks, leads / clicks, intervals.wilson(leads, clicks), standing.rate, standing.rank,
            sure.get(n),
        )
        for n, (row, (leads, clicks), standing) in enumerate(zip(rows, tallies, told, strict=True))
    ]  # fmt: skip
    whole = sum(clicks for _, clicks in tallies)
    average = sum(leads for leads, _ in tallies) / whole
    return League(sorted(standings, key=lambda each: each.rank), _duel(tallies, fit), average)


def _tally(figures: Figures) -> tuple[int, int]:
    return min(round(figures.leads), figures.clicks), figures.clicks


def _against_others(tallies: list[tuple[int, int]]) -> list[float | None]:
    if len(tallies) < 2:
        return [None] * len(tallies)
    return list(comparisons.benjamini_hochberg(comparisons.against_the_rest(tallies)))


def _duel(tallies: Sequence[tuple[int, int]], fit: Sequence[bool]) -> Duel | None:
    if len(tallies) != 2 or not all(fit):
        return None
    (x1, n1), (x2, n2) = tallies
    return Duel(
        x2 / n2 - x1 / n1, intervals.newcombe(x1, n1, x2, n2), comparisons.fisher(x1, n1, x2, n2),
        comparisons.probability_b_beats_a(x1, n1, x2, n2),
    )  # fmt: skip
