"""A report’s rows as a sheet: a line for each, then the unattributed and the total."""

from collections.abc import Iterator
from decimal import Decimal

from campaigns.kernel.money import decimals
from campaigns.measuring.exports import Cell, Line
from campaigns.measuring.figures import Count, Figures
from campaigns.measuring.funnels import Report
from campaigns.statistics import intervals

COUNTED = (
    "key", "name", "sent_at", "hits", "clicks", "visits", "leads", "qualified", "customers", "sales", "lead_rate",
    "lead_rate_low", "lead_rate_high",
)  # fmt: skip
PLACES = Decimal("0.000001")


def header(report: Report) -> list[str]:
    """The columns: what is counted, then net revenue, one column a currency."""
    return [*COUNTED, *(f"net_{currency}" for currency in _currencies(report))]


def lines(report: Report, names: dict[str, str]) -> Iterator[Line]:
    """The rows in the report's order, `unattributed` and `total`; rows and unattributed sum to the total."""
    currencies = _currencies(report)
    for row in report.rows:
        sent_at = row.tweet.sent_at if row.tweet else None
        yield Line([row.key, names.get(row.key, row.key), sent_at, *_cells(row.figures, currencies)], frozenset())
    yield Line(["unattributed", "", None, *_cells(report.unattributed, currencies)], frozenset())
    yield Line(["total", "", None, *_cells(report.totals, currencies)], frozenset())


def _currencies(report: Report) -> list[str]:
    return sorted({money.currency for money in report.totals.net_revenue})


def _cells(figures: Figures, currencies: list[str]) -> list[Cell]:
    part = min(figures.leads, figures.clicks)
    low, high = intervals.wilson(part, figures.clicks)
    rates = [part / figures.clicks, low, high] if figures.clicks else [None] * 3
    net = {money.currency: Decimal(money.amount).scaleb(-decimals(money.currency)) for money in figures.net_revenue}
    return [
        figures.hits, figures.clicks, figures.visits, _count(figures.leads), _count(figures.qualified),
        _count(figures.customers), _count(figures.sales),
        *(None if rate is None else Decimal(rate).quantize(PLACES) for rate in rates),
        *(net.get(currency, Decimal(0)) for currency in currencies),
    ]  # fmt: skip


def _count(number: Count) -> Cell:
    return number if isinstance(number, int) else Decimal(number).quantize(Decimal("0.000000001")).normalize()
