"""Attention: what a marketer should see to before anything else, each with its count and where it stands."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from campaigns.capturing.leads import Lead
from campaigns.measuring.figures import real
from campaigns.planning.offers import Offer
from campaigns.publishing.tweets import Tweet

UNANSWERED = timedelta(days=2)
LOW = 0.1
MOST = 5


@dataclass(frozen=True)
class Need:
    """Something to see to.

    | kind | about | count |
    |---|---|---|
    | failed, unsure, proposed | a tweet, its id and text | – |
    | stock | an offer, its id and title | codes left |
    | leads | – | leads nobody answered for two days; `since` is the oldest |
    """

    kind: str
    id: str = ""
    text: str = ""
    count: int = 0
    of: int = 0
    since: datetime | None = None


def needed(session: Session, now: datetime, *, rehearsal: bool) -> list[Need]:
    """What needs attention, the worst first, five of a kind at most. Queries: 3.

    `rehearsal`: what was rehearsed needs it too; otherwise nobody waits for an answer to it.
    """
    return [*_tweets(session, rehearsal), *_leads(session, now, rehearsal), *_stock(session)]


def _tweets(session: Session, rehearsal: bool) -> list[Need]:
    wanted = select(Tweet).where(Tweet.state.in_(("failed", "unsure", "proposed")), *real(Tweet.rehearsed, rehearsal))
    found = session.scalars(wanted.order_by(Tweet.updated_at.desc()).limit(MOST))
    return [Need(tweet.state, tweet.id, tweet.text, since=tweet.updated_at) for tweet in found]


def _leads(session: Session, now: datetime, rehearsal: bool) -> list[Need]:
    waiting = select(func.count(), func.min(Lead.created_at)).where(
        Lead.state == "new",
        Lead.excluded.is_(None),
        Lead.created_at < now - UNANSWERED,
        *real(Lead.rehearsed, rehearsal),
    )
    count, oldest = session.execute(waiting).one()
    return [Need("leads", count=count, since=oldest)] if count else []


def _stock(session: Session) -> list[Need]:
    low = select(Offer).where(Offer.stock.is_not(None), Offer.stock - Offer.issued <= Offer.stock * LOW)
    offers = session.scalars(low.order_by(Offer.created_at.desc()).limit(MOST))
    return [Need("stock", o.id, o.title, (o.stock or 0) - o.issued, o.stock or 0) for o in offers]
