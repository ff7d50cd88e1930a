"""Weeklies: last week's figures as a letter, the same as home shows for those days."""

from collections.abc import Sequence
from decimal import Decimal

from babel.numbers import format_currency, format_decimal, format_percent

from campaigns.kernel.letters import Letter
from campaigns.kernel.money import Money, decimals
from campaigns.measuring.figures import Figures
from campaigns.measuring.funnels import Overview, Row
from campaigns.publishing import weights
from campaigns.settings import Settings
from campaigns.statistics import intervals
from campaigns.words import gettext

FEWEST = 10
"""Under so many a change says nothing."""
BEST = 3


def letter(settings: Settings, locale: str, overview: Overview, since: str, until: str, unsubscribe: str) -> Letter:
    """What the week brought, beside the week before, and the tweets that brought most.

    | argument | meaning |
    |---|---|
    | since, until | first and last day as ISO dates, for the address of the same figures |
    | unsubscribe | where one press ends these mails |
    """
    _ = gettext(locale)
    now, before = overview.figures, overview.before
    leads, earned = _number(now.leads, locale), _sum(now.net_revenue, locale)
    told = [
        _("Leads: %(count)s%(change)s.", count=leads, change=_change(now.leads, before.leads, locale)),
        _("Clicks: %(count)s%(change)s.", count=_number(now.clicks, locale),
          change=_change(now.clicks, before.clicks, locale)),
        _("Sales: %(count)s. Net revenue: %(sum)s.", count=_number(now.sales, locale), sum=earned),
    ]  # fmt: skip
    if now == Figures():
        told = [_("Nothing came in last week: no click, no lead, no sale.")]
    best = [row for row in overview.best if row.tweet][:BEST]
    if best:
        told.append(_("What brought most:"))
        told += [_best(row, locale) for row in best]
    return Letter(
        subject=_("Last week: %(sum)s, leads: %(leads)s", leads=leads, sum=earned),
        paragraphs=told, button=_("See the week"), url=f"{settings.public_url}/?from={since}&to={until}",
        foot=_("You asked for these figures each Monday. To end it: %(address)s", address=unsubscribe),
    )  # fmt: skip


def _best(row: Row, locale: str) -> str:
    _ = gettext(locale)
    text = weights.without_links(row.tweet.text) if row.tweet else ""
    figures = row.figures
    return _(
        "“%(tweet)s” (leads: %(leads)s, clicks: %(clicks)s)", tweet=text[:100], leads=_number(figures.leads, locale),
        clicks=_number(figures.clicks, locale),
    )  # fmt: skip


def _number(value: float, locale: str) -> str:
    return str(format_decimal(round(value, 1), locale=locale))


def _sum(sums: Sequence[Money], locale: str) -> str:
    """Several currencies one after the other: they are never added."""
    told = [
        format_currency(Decimal(money.amount).scaleb(-decimals(money.currency)), money.currency, locale=locale)
        for money in sums
    ]
    return ", ".join(told) or "0"


def _change(value: float, before: float, locale: str) -> str:
    """Against the week before with its interval; nothing where either week is too small to tell."""
    _ = gettext(locale)
    one, other = round(value), round(before)
    if min(one, other) < FEWEST:
        return _(" (the week before: %(count)s)", count=_number(before, locale))
    low, high = intervals.poisson_ratio(other, 1.0, one, 1.0)
    shares = [_signed(each - 1, locale) for each in (one / other, low, high)]
    return _(" (%(change)s on the week before, %(low)s to %(high)s)", change=shares[0], low=shares[1], high=shares[2])


def _signed(changed: float, locale: str) -> str:
    return f"{'−' if changed < 0 else '+'}{format_percent(abs(changed), locale=locale)}"
