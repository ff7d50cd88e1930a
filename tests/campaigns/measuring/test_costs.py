"""Costs: the whole budget goes to the tweets that were sent, to the last cent."""

from datetime import UTC, datetime

import pytest

from campaigns.kernel.money import Money
from campaigns.measuring import costs
from campaigns.measuring.figures import Figures
from campaigns.measuring.funnels import Row
from campaigns.planning.campaigns import Campaign
from campaigns.publishing.tweets import Tweet


def row(key: str, *, sent: bool = True, elsewhere: bool = False, **figures: object) -> Row:
    tweet = Tweet(id=key, sent_at=datetime(2026, 11, 2, tzinfo=UTC) if sent else None)
    return Row(key, tweet, None, elsewhere, Figures(**figures), {}, Figures())  # type: ignore[arg-type]


def test_the_budget_goes_to_the_cent_to_the_tweets_that_were_sent() -> None:
    campaign = Campaign(budget_amount=10_000, budget_currency="EUR")
    earned = {"clicks": 100, "leads": 4, "customers": 2, "net_revenue": [Money(6_668, "EUR")]}
    rows = [row("a", **earned), row("b"), row("c", clicks=7), row("d", sent=False), row("e", elsewhere=True)]
    told = costs.shared(campaign, rows)
    assert [(cost.key, cost.whole.amount) for cost in told] == [("a", 3_334), ("b", 3_333), ("c", 3_333), ("", 10_000)]
    first, second, _, whole = told
    assert (first.a_click, first.a_lead, first.a_customer) == (Money(33, "EUR"), Money(834, "EUR"), Money(1_667, "EUR"))
    assert (first.earned, second.a_click, second.earned) == (2, None, 0)
    assert whole.earned == pytest.approx(0.6668)


def test_money_in_another_currency_is_no_return_on_this_budget() -> None:
    campaign = Campaign(budget_amount=100, budget_currency="EUR")
    [cost, _] = costs.shared(campaign, [row("a", net_revenue=[Money(5, "USD")])])
    assert cost.earned is None


@pytest.mark.parametrize("budget,rows", [(None, [row("a")]), (100, []), (100, [row("a", sent=False)])])
def test_without_a_budget_or_a_tweet_nothing_is_said(budget: int | None, rows: list[Row]) -> None:
    assert costs.shared(Campaign(budget_amount=budget, budget_currency="EUR"), rows) == []
