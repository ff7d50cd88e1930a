"""Rates: leads a click, as pages and files tell them."""

from dataclasses import dataclass

from campaigns.measuring.figures import Figures
from campaigns.statistics import comparisons, intervals


@dataclass(frozen=True)
class Rate:
    """Leads a click: of how many, between which rates; None without clicks."""

    n: int
    rate: float | None
    low: float
    high: float
    is_few: bool


def rate_of(figures: Figures) -> Rate:
    """A row's rate of leads. A form without a counted click before it makes no rate above 1."""
    leads = min(figures.leads, figures.clicks)
    low, high = intervals.wilson(leads, figures.clicks)
    rate = leads / figures.clicks if figures.clicks else None
    return Rate(figures.clicks, rate, low, high, comparisons.too_few(leads, figures.clicks))
