"""Figures: what is counted, from hit to money, and the counts by link that everything else is made of."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Subquery, func, or_, select
from sqlalchemy.orm import Session

from campaigns.crediting.columns import PARTS
from campaigns.kernel.money import Money, total
from campaigns.measuring.accounts import Shares
from campaigns.publishing.tweets import Tweet
from campaigns.tracking.links import Link
from campaigns.tracking.rollups import EVER, Period, counted

Where = Sequence[ColumnElement[bool]]
Count = int | float
"""A number of conversions: whole, or parts of them where a model shares them out."""


@dataclass(frozen=True)
class Followed:
    """Which hits count: those of links that fit, in a period. `where`: conditions on Link."""

    where: Where = ()
    period: Period = EVER


@dataclass(frozen=True)
class Figures:
    """From hit to money. `net_revenue`: paid − tax − refunded − disputed, one sum a currency."""

    hits: int = 0
    clicks: int = 0
    visits: int = 0
    leads: Count = 0
    qualified: Count = 0
    customers: Count = 0
    sales: Count = 0
    net_revenue: list[Money] = field(default_factory=list)

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(
            self.hits + other.hits, self.clicks + other.clicks, self.visits + other.visits,
            _sum(self.leads, other.leads), _sum(self.qualified, other.qualified),
            _sum(self.customers, other.customers), _sum(self.sales, other.sales),
            total([*self.net_revenue, *other.net_revenue]),
        )  # fmt: skip


def figures_of(shares: Shares, followed: Figures | None = None) -> Figures:
    """What is credited, beside the hits."""
    seen = followed or Figures()
    return Figures(
        seen.hits, seen.clicks, seen.visits, count_of(shares, "lead"), count_of(shares, "qualified"),
        count_of(shares, "customer"), count_of(shares, "sale"), shares.money,
    )  # fmt: skip


def count_of(shares: Shares, kind: Any) -> Count:
    """How many conversions of a kind: whole where they are whole."""
    parts = shares.parts.get(kind, 0)
    return parts // PARTS if parts % PARTS == 0 else parts / PARTS


def _sum(one: Count, other: Count) -> Count:
    summed = round(one + other, 9)  # exact: all are billionths
    return int(summed) if summed == int(summed) else summed


def real(column: Any, rehearsal: bool) -> list[ColumnElement[bool]]:
    """Leave out what was rehearsed, unless it is to be counted too."""
    return [] if rehearsal else [column.is_(False)]


def real_links(rehearsal: bool) -> list[ColumnElement[bool]]:
    """Leave out the links of rehearsed tweets, unless they are to be counted too."""
    rehearsed = select(Tweet.id).where(Tweet.rehearsed.is_(True))
    return [] if rehearsal else [or_(Link.tweet_id.is_(None), Link.tweet_id.not_in(rehearsed))]


@dataclass(frozen=True)
class OfLink:
    """A link that was followed, and how often."""

    link_id: str
    tweet_id: str | None
    channel: str
    contact: str | None
    campaign_id: str
    figures: Figures


def hits_by_link(session: Session, followed: Followed, rehearsal: bool) -> list[OfLink]:
    """Hits, clicks and confirmed visits of each link. Queries: 1."""
    rows = _rows(followed)
    query = (
        select(
            Link.id, Link.tweet_id, Link.channel, Link.contact, Link.campaign_id,
            func.sum(rows.c.hits), func.sum(rows.c.human), func.sum(rows.c.visits),
        )
        .join(rows, rows.c.link_id == Link.id)
        .outerjoin(Tweet, Tweet.id == Link.tweet_id)
        .where(*followed.where, *_of_real_tweets(rehearsal))
        .group_by(Link.id, Link.tweet_id, Link.channel, Link.contact, Link.campaign_id)
    )  # fmt: skip
    return [
        OfLink(link_id, tweet_id, channel, contact, campaign_id, Figures(int(hits), int(clicks), int(visits)))
        for link_id, tweet_id, channel, contact, campaign_id, hits, clicks, visits in session.execute(query)
    ]


def _rows(followed: Followed) -> Subquery:
    # the condition goes into the sums too, or a database would first make those of all links
    among = select(Link.id).where(*followed.where) if followed.where else None
    return counted(followed.period, among)


def _of_real_tweets(rehearsal: bool) -> list[ColumnElement[bool]]:
    return [] if rehearsal else [or_(Tweet.id.is_(None), Tweet.rehearsed.is_(False))]


def followed_in(session: Session, links: Followed, rehearsal: bool) -> Figures:
    """Hits, clicks and visits of all that fit, counted apart from any grouping. Queries: 1."""
    rows = _rows(links)
    summed = select(func.sum(rows.c.hits), func.sum(rows.c.human), func.sum(rows.c.visits))
    summed = summed.join(Link, Link.id == rows.c.link_id).where(*links.where, *real_links(rehearsal))
    hits, clicks, visits = session.execute(summed).one()
    return Figures(int(hits or 0), int(clicks or 0), int(visits or 0))
