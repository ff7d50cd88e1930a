"""Postings: every request of ours that X counts or charges for, as it was made. What was spent, and what limits leave.

Noted before the request, in the transaction that claims it: what nobody can tell the outcome of counts as made.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, Index, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from campaigns.kernel.arrays import among
from campaigns.kernel.codes import new_id
from campaigns.kernel.columns import ID, Pk
from campaigns.kernel.db import Base
from campaigns.publishing.prices import micros
from campaigns.settings import Settings

What = Literal["post", "repost", "delete", "read", "profile"]

LIMITS: tuple[tuple[timedelta, int], ...] = ((timedelta(minutes=15), 100), (timedelta(hours=3), 300))
"""How many posts and reposts an account may make in which time: the smallest that X documents."""
APP_LIMIT = (timedelta(hours=24), 10_000)
"""And all accounts together."""


class Posting(Base):
    """A request.

    | column | meaning |
    |---|---|
    | account_id | None: the settings' own account |
    | micros | its price in millionths of a dollar; 0 when X refused it, and when it was rehearsed |
    """

    __tablename__ = "postings"
    __table_args__ = (
        Index("ix_postings_account", "account_id", "at"),  # the limits of an account
        Index("ix_postings_at", "at", "micros"),  # a month's spending
        Index("ix_postings_tweet", "tweet_id"),  # what a tweet cost
    )

    id: Mapped[Pk]
    at: Mapped[datetime]
    account_id: Mapped[str | None] = mapped_column(ID)
    tweet_id: Mapped[str | None] = mapped_column(ID)
    what: Mapped[What]
    micros: Mapped[int] = mapped_column(BigInteger)
    rehearsed: Mapped[bool]


def note(
    session: Session, what: What, price: int, now: datetime, *, account_id: str | None, tweet_id: str | None = None,
    rehearsed: bool = False,
) -> str:  # fmt: skip
    """A request that is about to be made; its id."""
    made = Posting(
        id=new_id(), at=now, account_id=account_id, tweet_id=tweet_id, what=what, micros=0 if rehearsed else price,
        rehearsed=rehearsed,
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made.id


def was_refused(session: Session, tweet_id: str) -> None:
    """X took nothing for the last request for a tweet: it costs nothing. 1 query."""
    last = select(Posting.id).where(Posting.tweet_id == tweet_id).order_by(Posting.id.desc()).limit(1)
    session.execute(update(Posting).where(Posting.id == last.scalar_subquery()).values(micros=0))


def took_nothing(session: Session, posting_id: str) -> None:
    """X refused this request: it costs nothing. 1 query."""
    session.execute(update(Posting).where(Posting.id == posting_id).values(micros=0))


def spent(session: Session, since: datetime, until: datetime) -> int:
    """Millionths of a dollar. 1 query."""
    total = select(func.sum(Posting.micros)).where(Posting.at >= since, Posting.at < until)
    return int(session.scalar(total) or 0)


def dearest_read(session: Session, account_id: str | None, now: datetime) -> int:
    """What the dearest reading of an account in two days cost, in millionths of a dollar: so may the next. 1 query."""
    whose = Posting.account_id == account_id if account_id else Posting.account_id.is_(None)
    lately = (Posting.at > now - timedelta(days=2), Posting.what == "read")
    return int(session.scalar(select(func.max(Posting.micros)).where(whose, *lately)) or 0)


def of_tweets(session: Session, tweet_ids: Collection[str]) -> dict[str, int]:
    """What each cost, in millionths of a dollar, as far as anything was asked for it. 1 query."""
    total = select(Posting.tweet_id, func.sum(Posting.micros)).where(among(session, Posting.tweet_id, tweet_ids))
    return {key: int(micros) for key, micros in session.execute(total.group_by(Posting.tweet_id)) if key}


def month_of(now: datetime) -> tuple[datetime, datetime]:
    """The month that X charges for: by UTC."""
    begins = now.astimezone(ZoneInfo("UTC")).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return begins, (begins + timedelta(days=32)).replace(day=1)


@dataclass(frozen=True)
class Spending:
    """This month's, in millionths of a dollar. `cap`: 0 is none."""

    spent: int
    cap: int

    def allows(self, price: int) -> bool:
        """Whether a price still fits under the cap."""
        return not self.cap or self.spent + price <= self.cap


def spending(session: Session, settings: Settings, now: datetime) -> Spending:
    """What this month cost until now. 1 query."""
    return Spending(spent(session, *month_of(now)), micros(settings.x_monthly_cap))


def free_at(session: Session, account_id: str | None, now: datetime) -> datetime:
    """When an account may post next by X's smallest limits; now, when it may at once. Queries: 3."""
    counted = [Posting.what.in_(("post", "repost")), Posting.rehearsed.is_(False)]
    own = [*counted, Posting.account_id == account_id if account_id else Posting.account_id.is_(None)]
    asks = [(own, *limit) for limit in LIMITS] + [(counted, *APP_LIMIT)]
    free = now
    for conditions, window, most in asks:
        # the oldest of the last `most`: as soon as it is out of the window there is room for one more
        nth = select(Posting.at).where(*conditions, Posting.at > now - window).order_by(Posting.at.desc())
        oldest = session.scalar(nth.offset(most - 1).limit(1))
        if oldest:
            free = max(free, oldest + window)
    return free
