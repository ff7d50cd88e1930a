"""Conversions by the touch they are owed to, counted in SQL: one query for leads and one for sales, however many.

The model is last non-direct. The views v_leads and v_sales say the same with a lookback of 90 days.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, String, and_, cast, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from campaigns.capturing.leads import Lead
from campaigns.capturing.touches import Touch
from campaigns.crediting.paths import TWEET_EVIDENCE
from campaigns.selling.sales import EARNED, Sale

NET = Sale.amount - Sale.tax - Sale.refunded - Sale.disputed

Where = Sequence[ColumnElement[bool]]


@dataclass(frozen=True)
class Group:
    """Conversions with the same touch's tweet and evidence, and for sales the same currency."""

    touched_tweet_id: str | None
    evidence: str
    count: int
    currency: str | None = None
    net: int = 0

    @property
    def tweet_id(self) -> str | None:
        """The tweet that they are the credit of; None: unattributed."""
        return self.touched_tweet_id if self.evidence in TWEET_EVIDENCE else None


def lead_groups(session: Session, where: Where, lookback_days: int) -> list[Group]:
    """Leads by the touch they are owed to. Queries: 1."""
    touch = aliased(Touch)
    query = (
        select(touch.tweet_id, func.coalesce(touch.evidence, "direct"), func.count())
        .select_from(Lead)
        .outerjoin(touch, touch.id == last_touch(session, Lead.person_id, Lead.created_at, lookback_days))
        .where(*where)
        .group_by(touch.tweet_id, touch.evidence)
    )
    return [Group(tweet_id, evidence, count) for tweet_id, evidence, count in session.execute(query)]


def sale_groups(session: Session, where: Where, lookback_days: int) -> list[Group]:
    """Sales by the touch they are owed to, and by currency. Queries: 1."""
    touch = aliased(Touch)
    query = (
        select(touch.tweet_id, func.coalesce(touch.evidence, "direct"), func.count(), Sale.currency, func.sum(NET))
        .select_from(Sale)
        .outerjoin(touch, touch.id == last_touch(session, Sale.person_id, Sale.paid_at, lookback_days))
        .where(Sale.state.in_(EARNED), *where)
        .group_by(touch.tweet_id, touch.evidence, Sale.currency)
    )
    # PostgreSQL's sum of a bigint is a numeric
    rows = session.execute(query)
    return [Group(tweet_id, evidence, count, currency, int(net)) for tweet_id, evidence, count, currency, net in rows]


def last_touch(
    session: Session, person: InstrumentedAttribute[Any], moment: InstrumentedAttribute[Any], lookback_days: int
) -> ColumnElement[Any]:
    """The id of a person's last touch that isn't direct, within the lookback before a moment. Index: person_at."""
    inner = aliased(Touch)
    inside = and_(inner.at <= moment, inner.at >= _since(session, moment, lookback_days))
    return (
        select(inner.id)
        .where(inner.person_id == person, inner.evidence != "direct", inside)
        .order_by(inner.at.desc(), inner.id.desc())
        .limit(1)
        .correlate(person.class_)
        .scalar_subquery()
    )


def _since(session: Session, moment: InstrumentedAttribute[Any], days: int) -> ColumnElement[Any]:
    """A moment less some days, to the microsecond on both databases."""
    if session.get_bind().dialect.name == "postgresql":
        return moment - func.make_interval(0, 0, 0, 0, days * 24)
    # SQLite counts in milliseconds: the fraction is taken over as text
    text = cast(moment, String)
    whole = func.strftime("%Y-%m-%d %H:%M:%S", func.substr(text, 1, 19), f"-{days} days", type_=String)
    return whole.concat(func.substr(text, 20, type_=String))
