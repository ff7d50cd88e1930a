"""The funnel as home and a campaign's page show it: each step beside the period before, each rate with its base."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from campaigns.kernel.money import Money
from campaigns.measuring.figures import Count, Figures
from campaigns.statistics import comparisons, intervals
from web import filters
from web.request import locale, say

FEWEST = 10
"""Under so many a change says nothing."""
BASES = {"clicks": "hits", "visits": "clicks", "leads": "clicks", "qualified": "leads", "customers": "leads"}
"""What each step is a share of."""


@dataclass(frozen=True)
class Step:
    """A step: its figure and that of the period before, as numbers or as sums of money.

    | field | meaning |
    |---|---|
    | before | None: there is no period before, as when all of time is shown |
    | base, n | what the rate is of, and how many those are; an empty base: there is no rate |
    | is_few | under 10 of it, or of 100 it is a share of: not to be compared |
    | change | against the period before, with its interval; empty: too few, or nothing before |
    | href | the rows that it counts |
    """

    key: str
    name: str
    value: Count | list[Money]
    before: Count | list[Money] | None
    base: str
    n: int
    rate: float | None
    low: float
    high: float
    is_few: bool
    change: str
    href: str


def steps(
    is_now: Figures, before: Figures | None, opens: Mapping[str, str], seen: Sequence[int | None] = (None, None)
) -> list[Step]:
    """From hit to net revenue. `opens`: the rows of a step, by its key; `seen`: impressions, first where known, and
    those of the period before."""
    names = {
        "hits": say("Hits"), "clicks": say("Clicks"), "visits": say("Visits confirmed"), "leads": say("Leads"),
        "qualified": say("Qualified"), "customers": say("Customers"),
    }  # fmt: skip
    shown = [] if seen[0] is None else [_plain("impressions", say("Impressions"), seen[0], seen[1], "")]
    counted = [_step(key, name, is_now, before, opens.get(key, "")) for key, name in names.items()]
    earlier = before.net_revenue if before else None
    earned = _plain("net", say("Net revenue"), is_now.net_revenue, earlier, opens.get("net", ""))
    return [*shown, *counted, earned]


def _plain(key: str, name: str, value: Count | list[Money], before: Count | list[Money] | None, href: str) -> Step:
    return Step(key, name, value, before, "", 0, None, 0, 0, False, "", href)


def _step(key: str, name: str, is_now: Figures, before: Figures | None, href: str) -> Step:
    value, base = getattr(is_now, key), BASES.get(key, "")
    earlier = getattr(before, key) if before else None
    n = round(getattr(is_now, base)) if base else 0
    part = min(value, n)  # a form may come without a click that was counted, a customer without a form
    low, high = intervals.wilson(part, n)
    return Step(
        key, name, value, earlier, base, n, part / n if n else None, low, high, comparisons.too_few(part, n),
        "" if earlier is None else change(value, earlier), href,
    )  # fmt: skip


def change(value: Count, before: Count) -> str:
    """How much more than in the period before, as far as both carry it."""
    one, other = round(value), round(before)
    if min(one, other) < FEWEST:
        return ""
    low, high = intervals.poisson_ratio(other, 1.0, one, 1.0)
    told = [_signed(each - 1) for each in (one / other, low, high)]
    return say("%(change)s (%(low)s to %(high)s)", change=told[0], low=told[1], high=told[2])


def _signed(changed: float) -> str:
    return f"{'−' if changed < 0 else '+'}{filters.rate(abs(changed), locale(), 0)}"
