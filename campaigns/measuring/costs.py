"""Costs: a campaign's budget shared among its tweets, and what a click, a lead and a customer cost then."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from sqlalchemy.orm import Session

from campaigns.crediting.models import split
from campaigns.kernel.money import Money
from campaigns.measuring.figures import Count, Figures
from campaigns.measuring.funnels import Row
from campaigns.planning.campaigns import Campaign
from campaigns.publishing import postings


@dataclass(frozen=True)
class Cost:
    """What a row cost, all told and for each; None: there was none to share it. `earned`: net revenue for each unit
    spent, in the budget's currency; None: it earned in another one, or cost nothing.
    """

    key: str
    whole: Money
    a_click: Money | None
    a_lead: Money | None
    a_customer: Money | None
    earned: float | None


def shared(campaign: Campaign, rows: Sequence[Row]) -> list[Cost]:
    """The budget in equal parts to the tweets that were sent, to the last cent; the total last, with an empty key.

    Nothing without a budget, or before the first tweet.
    """
    sent = [row for row in rows if row.tweet and row.tweet.sent_at and not row.elsewhere]
    if not sent or campaign.budget_amount is None or campaign.budget_currency is None:
        return []
    parts = split(campaign.budget_amount, [Fraction(1, len(sent))] * len(sent))
    currency = campaign.budget_currency
    costs = [_cost(row.key, Money(part, currency), row) for row, part in zip(sent, parts, strict=True)]
    figures = sum((row.figures for row in sent[1:]), sent[0].figures)
    whole = Row("", None, None, False, figures, {}, figures)
    return [*costs, _cost("", Money(campaign.budget_amount, currency), whole)]


def _cost(key: str, cost: Money, row: Row) -> Cost:
    figures = row.figures
    earned = [money.amount for money in figures.net_revenue if money.currency == cost.currency]
    return Cost(
        key, cost, _each(cost, figures.clicks), _each(cost, figures.leads), _each(cost, figures.customers),
        sum(earned) / cost.amount if cost.amount and len(earned) == len(figures.net_revenue) else None,
    )  # fmt: skip


def _each(cost: Money, number: Count) -> Money | None:
    return Money(round(cost.amount / number), cost.currency) if number else None


@dataclass(frozen=True)
class Asked:
    """What X asked for a tweet, in millionths of a dollar: in all, and for each; None: there was none to share it."""

    key: str
    micros: int
    a_click: int | None
    a_lead: int | None
    a_customer: int | None


def asked(session: Session, rows: Sequence[Row]) -> list[Asked]:
    """Of the tweets that cost anything, the total last, with an empty key. It isn't added to a budget in another
    currency. 1 query."""
    sent = {row.key: row for row in rows if row.tweet and not row.elsewhere}
    spent = postings.of_tweets(session, sent)
    costs = [_asked(key, spent[key], row.figures) for key, row in sent.items() if spent.get(key)]
    if not costs:
        return []
    figures = [sent[cost.key].figures for cost in costs]
    return [*costs, _asked("", sum(cost.micros for cost in costs), sum(figures[1:], figures[0]))]


def _asked(key: str, micros: int, figures: Figures) -> Asked:
    each = (round(micros / number) if number else None for number in (figures.clicks, figures.leads, figures.customers))
    return Asked(key, micros, *each)
