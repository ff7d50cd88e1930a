"""Figures: what is counted, from hit to money, and the three counts that everything else is made of."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Subquery, func, or_, select
from sqlalchemy.orm import Session

from campaigns.capturing.leads import Lead
from campaigns.kernel.money import Money, total
from campaigns.measuring.conversions import NET, Group, Where
from campaigns.publishing.tweets import Tweet
from campaigns.selling.sales import EARNED, Sale
from campaigns.tracking.links import Link
from campaigns.tracking.rollups import EVER, Period, counted


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
    leads: int = 0
    sales: int = 0
    net_revenue: list[Money] = field(default_factory=list)

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(
            self.hits + other.hits,
            self.clicks + other.clicks,
            self.leads + other.leads,
            self.sales + other.sales,
            total([*self.net_revenue, *other.net_revenue]),
        )


def owed(leads: Iterable[Group], sales: Iterable[Group]) -> Iterable[tuple[Group, Figures]]:
    """Groups of conversions with their figures."""
    for group in leads:
        yield group, Figures(leads=group.count)
    for group in sales:
        yield group, Figures(sales=group.count, net_revenue=[Money(group.net, group.currency or "")])


def real(column: Any, rehearsal: bool) -> list[ColumnElement[bool]]:
    """Leave out what was rehearsed, unless it is to be counted too."""
    return [] if rehearsal else [column.is_(False)]


def real_links(rehearsal: bool) -> list[ColumnElement[bool]]:
    """Leave out the links of rehearsed tweets, unless they are to be counted too."""
    rehearsed = select(Tweet.id).where(Tweet.rehearsed.is_(True))
    return [] if rehearsal else [or_(Link.tweet_id.is_(None), Link.tweet_id.not_in(rehearsed))]


def hits_by_tweet(session: Session, followed: Followed, rehearsal: bool) -> dict[str | None, Figures]:
    """Hits and clicks by the tweet of their link; None: a link of no tweet. Queries: 1."""
    rows = _rows(followed)
    query = (
        select(Link.tweet_id, func.sum(rows.c.hits), func.sum(rows.c.human))
        .join(rows, rows.c.link_id == Link.id)
        .outerjoin(Tweet, Tweet.id == Link.tweet_id)
        .where(*followed.where, *_of_real_tweets(rehearsal))
        .group_by(Link.tweet_id)
    )
    return {tweet_id: Figures(int(hits), int(clicks)) for tweet_id, hits, clicks in session.execute(query)}


def _rows(followed: Followed) -> Subquery:
    # the condition goes into the sums too, or a database would first make those of all links
    among = select(Link.id).where(*followed.where) if followed.where else None
    return counted(followed.period, among)


def _of_real_tweets(rehearsal: bool) -> list[ColumnElement[bool]]:
    return [] if rehearsal else [or_(Tweet.id.is_(None), Tweet.rehearsed.is_(False))]


def count(session: Session, links: Followed, leads: Where, sales: Where, rehearsal: bool) -> Figures:
    """Everything that fits, without looking at any touch or at whose credit it is. Queries: 3.

    | argument | conditions on |
    |---|---|
    | links | Link, and the period |
    | leads, sales | Lead; Sale, of which only those in a state of EARNED count |
    """
    rows = _rows(links)
    summed = select(func.sum(rows.c.hits), func.sum(rows.c.human)).join(Link, Link.id == rows.c.link_id)
    hits, clicks = session.execute(summed.where(*links.where, *real_links(rehearsal))).one()
    people = select(func.count()).select_from(Lead).where(*leads, *real(Lead.rehearsed, rehearsal))
    sold = (
        select(Sale.currency, func.count(), func.sum(NET))
        .where(Sale.state.in_(EARNED), *sales, *real(Sale.rehearsed, rehearsal))
        .group_by(Sale.currency)
    )
    sums = [(number, Money(int(net), currency)) for currency, number, net in session.execute(sold)]
    return Figures(
        hits=int(hits or 0),
        clicks=int(clicks or 0),
        leads=session.scalar(people) or 0,
        sales=sum(number for number, _ in sums),
        net_revenue=total(money for _, money in sums),
    )
