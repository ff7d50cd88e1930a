"""Profiles: one tweet from all sides: its credit under each model, and how long it takes from its click to a lead."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from campaigns.capturing.conversions import KINDS, Kind
from campaigns.crediting.columns import Weights
from campaigns.crediting.models import MODELS, Fit, Lens, Model
from campaigns.measuring import accounts, packs, sums
from campaigns.measuring.accounts import Shares
from campaigns.measuring.packs import HOUR_US, Facts
from campaigns.measuring.questions import Asked
from campaigns.measuring.sums import Sums
from campaigns.publishing.tweets import Tweet
from campaigns.statistics.delays import Waiting, kaplan_meier, matured
from campaigns.tracking.hits import EVIDENCES
from campaigns.tracking.links import Link
from campaigns.tracking.rollups import LinkHour
from campaigns.tracking.visits import EPOCH

SHOWN: tuple[Model, ...] = tuple(model for model in MODELS if model != "data_driven")
HALF_HOUR, HOUR, SHOWN_HOURS = timedelta(minutes=30), timedelta(hours=1), timedelta(hours=72)
MINUTE_US = 60_000_000


@dataclass(frozen=True)
class Hour:
    """An hour after a tweet went out: clicks in it, and leads that are owed to it (last non-direct touch)."""

    at: datetime
    clicks: int
    leads: int


@dataclass(frozen=True)
class Profile:
    """A tweet from all sides.

    | field | meaning |
    |---|---|
    | by_model | its share of the campaign's conversions under each model, the rest of the lens being the same |
    | to_lead, to_sale | what share of its clicks had led there by which delay, in seconds; the others still may |
    | hours | each of the first 72 after it went out; empty: it didn't |
    | still_expected | of the leads that its clicks will bring, the share yet to come; None: nobody knows |
    """

    by_model: dict[Model, Shares]
    to_lead: Waiting
    to_sale: Waiting
    hours: list[Hour]
    still_expected: float | None


def of_tweet(
    session: Session, campaign_id: str, tweet_id: str, asked: Asked, now: datetime, fit: Fit | None = None
) -> Profile:
    """The profile of a tweet within its campaign. Queries: those of packs.all_pieces, and 1.

    `fit`: of the data-driven model, which is left out without one.
    """
    lenses: dict[Model, Lens] = {model: replace(asked.lens, model=model) for model in SHOWN}
    if fit:
        lenses["data_driven"] = replace(asked.lens, model="data_driven", fit=fit)
    by_model = {model: Shares() for model in lenses}
    delays: dict[Kind, Counter[float]] = {"lead": Counter(), "sale": Counter()}
    came: Counter[datetime] = Counter()
    question = asked.question([campaign_id])
    for whole in accounts.facts_of(session, question):
        facts = touched_by(whole, f"tweet:{tweet_id}")
        if facts is None:
            continue
        mine = _Mine(facts, question, f"tweet:{tweet_id}")
        for model, lens in lenses.items():
            told = accounts.weigh(facts, lens)
            by_model[model] += mine.credit(told)
            if model == "last_non_direct":
                for kind, delay in delays.items():
                    delay.update(mine.delays(told, kind))
                came.update(mine.hours(told))
    ages = _ages(session, tweet_id, now)
    to_lead, to_sale = (_curve(delays[kind], ages) for kind in ("lead", "sale"))
    share = matured(to_lead, ages)
    hours = _hours(session, tweet_id, came, now)
    return Profile(by_model, to_lead, to_sale, hours, None if share is None else 1 - share)


def touched_by(facts: Facts, entity: str) -> Facts | None:
    """Of a piece only the conversions with a touch of an entity; None: there are none."""
    if entity not in facts.entities:
        return None
    owner = np.repeat(np.arange(len(facts)), np.diff(facts.first))
    some = np.unique(owner[facts.entity == facts.entities.index(entity)])
    kept = np.isin(owner, some)
    first = np.concatenate([[0], np.cumsum(np.diff(facts.first)[some])])
    return replace(
        facts, id=facts.id.reshape(-1, 16)[some].ravel(), kind=facts.kind[some], at=facts.at[some],
        moment=facts.moment[some], amount=facts.amount[some], currency=facts.currency[some],
        rehearsed=facts.rehearsed[some], first=first, touch_at=facts.touch_at[kept], entity=facts.entity[kept],
        evidence=facts.evidence[kept],
    )  # fmt: skip


class _Mine:
    """What of a piece is an entity's, which must be in it."""

    def __init__(self, facts: Facts, question: accounts.Question, entity: str) -> None:
        self._facts = facts
        self._owner = np.repeat(np.arange(len(facts)), np.diff(facts.first))
        self._wanted = (facts.entity == facts.entities.index(entity)) & accounts.chosen(facts, question)[self._owner]
        self._proved = np.array([not question.evidence or each in question.evidence for each in EVIDENCES])

    def credit(self, told: Weights) -> Shares:
        """Its share of all conversions."""
        earns = np.flatnonzero(self._wanted & self._proved[self._facts.evidence] & (told.parts > 0))
        number = sums.numbered(self._facts, self._owner[earns], 0)
        cells = sums.folded([number], [told.parts[earns]], [told.cents[earns]])
        shares = Shares()
        for _, _, kind, currency, parts, cents in Sums([""], self._facts.currencies, *cells).cells():
            accounts.book(shares, kind, parts, currency, cents)
        return shares

    def delays(self, told: Weights, kind: Kind) -> Counter[float]:
        """How long after the click it is owed to each conversion came, to the minute, by seconds."""
        which = self._owed(told, kind)
        minutes = (self._facts.at[self._owner[which]] - self._facts.touch_at[which]) // MINUTE_US
        return _counted(np.maximum(minutes, 0) * 60.0)

    def hours(self, told: Weights) -> Counter[datetime]:
        """The hours in which leads that are owed to it came."""
        hours = _counted(self._facts.at[self._owner[self._owed(told, "lead")]] // HOUR_US)
        return Counter({EPOCH + int(hour) * HOUR: count for hour, count in hours.items()})

    def _owed(self, told: Weights, kind: Kind) -> packs.Ints:
        is_of = (self._facts.kind == KINDS.index(kind))[self._owner]
        return np.flatnonzero(self._wanted & is_of & (told.parts > 0))


def _counted(values: NDArray[Any]) -> Counter[float]:
    each, many = np.unique(values, return_counts=True)
    return Counter(dict(zip(each.tolist(), many.tolist(), strict=True)))


def _hours(session: Session, tweet_id: str, came: Counter[datetime], now: datetime) -> list[Hour]:
    """The hours after it went out, by whole hours as clicks are counted. Queries: 2."""
    tweet = session.get(Tweet, tweet_id)
    if tweet is None or tweet.sent_at is None:
        return []
    first = tweet.sent_at.replace(minute=0, second=0, microsecond=0)
    rows = session.execute(
        select(LinkHour.hour, func.sum(LinkHour.human))
        .join(Link, Link.id == LinkHour.link_id)
        .where(Link.tweet_id == tweet_id, LinkHour.hour >= first, LinkHour.hour < first + SHOWN_HOURS)
        .group_by(LinkHour.hour)
    )
    clicks = {hour: int(count) for hour, count in rows}
    many = int(min(now - first, SHOWN_HOURS - HOUR) / HOUR) + 1
    return [Hour(at, clicks.get(at, 0), came[at]) for at in (first + n * HOUR for n in range(many))]


def _ages(session: Session, tweet_id: str, now: datetime) -> list[tuple[float, int]]:
    """How long ago its clicks came, by the hour."""
    rows = session.execute(
        select(LinkHour.hour, func.sum(LinkHour.human))
        .join(Link, Link.id == LinkHour.link_id)
        .where(Link.tweet_id == tweet_id)
        .group_by(LinkHour.hour)
    )
    return [(max((now - hour - HALF_HOUR).total_seconds(), 0.0), int(clicks)) for hour, clicks in rows if clicks]


def _curve(came: Counter[float], ages: Sequence[tuple[float, int]]) -> Waiting:
    """The clicks that led there, and the others, still waiting since they came; the oldest are taken for those."""
    left, waiting = sum(came.values()), []
    for age, clicks in sorted(ages, reverse=True):
        gone = min(left, clicks)
        left -= gone
        if clicks > gone:
            waiting.append((age, clicks - gone))
    return kaplan_meier(list(came.items()), waiting)
