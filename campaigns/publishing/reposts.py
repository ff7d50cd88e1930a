"""Reposts: posts on X, ours and others', that our followers are shown at a moment. Twice is once on X."""

from datetime import datetime, timedelta
from typing import Literal, get_args

from sqlalchemy import ForeignKey, Index, and_, or_, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from campaigns.kernel import keysets
from campaigns.kernel.codes import is_id, new_id
from campaigns.kernel.columns import ID, Pk
from campaigns.kernel.db import Base, changed, take_turns
from campaigns.kernel.errors import problem
from campaigns.planning.campaigns import Campaign
from campaigns.publishing import holds
from campaigns.publishing.calendars import Plan
from campaigns.publishing.tweets import Tweet

RepostState = Literal["planned", "done", "failed", "undone"]
STATES: tuple[RepostState, ...] = get_args(RepostState)
LEASE = timedelta(minutes=2)
AGAIN = timedelta(minutes=1)
MOST_TRIES = 5
"""Without an answer. Whether X took it, its page tells."""


class Repost(Base):
    """A repost.

    | column | meaning |
    |---|---|
    | x_id, tweet_id | the post on X; ours, when it is one |
    | account_id | who reposts; None: the usual account |
    | local_time, zone | the time as it was typed; planned_at is the instant it meant |
    | due_at | when the worker has something to do; none: nothing |
    | tries | requests without an answer |
    """

    __tablename__ = "reposts"
    __table_args__ = (
        # serves the worker, and a second plan for the same
        Index(
            "ix_reposts_due",
            "due_at",
            sqlite_where=text("due_at IS NOT NULL"),
            postgresql_where=text("due_at IS NOT NULL"),
        ),
        Index("ix_reposts_post", "x_id", "account_id"),
        Index("ix_reposts_tweet", "tweet_id", "done_at"),  # a tweet's page, and its curve
        Index("ix_reposts_planned", "planned_at", "id"),  # the list
    )

    id: Mapped[Pk]
    x_id: Mapped[str]
    tweet_id: Mapped[str | None] = mapped_column(ID, ForeignKey("tweets.id", ondelete="CASCADE"))
    account_id: Mapped[str | None] = mapped_column(ID)
    rehearsed: Mapped[bool]
    state: Mapped[RepostState]
    planned_at: Mapped[datetime]
    local_time: Mapped[str | None]
    zone: Mapped[str | None]
    due_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    tries: Mapped[int]
    problem: Mapped[str | None]
    detail: Mapped[str | None]
    made_by: Mapped[str]
    created_at: Mapped[datetime]


def plan(
    session: Session, x_id: str, when: Plan, now: datetime, *, tweet_id: str | None, account_id: str | None,
    rehearsed: bool, who: str,
) -> Repost:  # fmt: skip
    """A new one. Raises conflict (`repost_twice`) when the account has it planned or done. Queries: 2."""
    take_turns(session, f"repost:{x_id}")
    whose = Repost.account_id == account_id if account_id else Repost.account_id.is_(None)
    same = select(Repost.id).where(Repost.x_id == x_id, whose, Repost.rehearsed == rehearsed)
    if session.scalar(same.where(Repost.state.in_(("planned", "done"))).limit(1)):
        raise problem("conflict", "repost_twice")
    made = Repost(
        id=new_id(), x_id=x_id, tweet_id=tweet_id, account_id=account_id, rehearsed=rehearsed, state="planned",
        planned_at=when.at, local_time=when.local_time, zone=when.zone, due_at=when.at, tries=0, made_by=who,
        created_at=now,
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made


def find(session: Session, repost_id: str, *, to_change: bool = False) -> Repost:
    """One. Raises missing (`repost_missing`). `to_change`: nobody else changes it until this transaction ends."""
    found = session.get(Repost, repost_id, with_for_update=to_change or None) if is_id(repost_id) else None
    if found is None:
        raise problem("missing", "repost_missing")
    return found


def list_page(session: Session, before: str | None = None, limit: int = keysets.LIMIT) -> keysets.Slice[Repost]:
    """All of them, the latest moment first. Raises invalid for a cursor that isn't one. 1 query."""
    return keysets.read_page(session, select(Repost), Repost.planned_at, Repost.id, before, limit)


def of_tweet(session: Session, tweet_id: str) -> list[Repost]:
    """A tweet's, oldest first. 1 query."""
    return list(
        session.scalars(select(Repost).where(Repost.tweet_id == tweet_id).order_by(Repost.planned_at).limit(50))
    )


def due(session: Session, now: datetime, *, rehearses: bool) -> Repost | None:
    """The next one to be done, of no account that waits and no tweet whose campaign pauses. 1 query.

    | argument | meaning |
    |---|---|
    | rehearses | the usual account does; what was planned for the wall isn't done on X, nor the other way round |
    """
    real = Repost.rehearsed.is_(False)
    usual = and_(Repost.account_id.is_(None), Repost.rehearsed == rehearses, or_(~real, ~holds.usual(now).exists()))
    connected = and_(Repost.account_id.is_not(None), Repost.account_id.not_in(holds.accounts(now)))
    pausing = select(Tweet.id).join(Campaign, Campaign.id == Tweet.campaign_id).where(Campaign.paused_at.is_not(None))
    waits = and_(Repost.tweet_id.is_not(None), Repost.tweet_id.in_(pausing))
    found = select(Repost).where(Repost.due_at <= now, or_(usual, connected), ~waits)
    return session.scalars(found.order_by(Repost.due_at).limit(1)).one_or_none()


def end_rehearsal(session: Session) -> None:
    """X is connected: what was planned for the wall is done nowhere. 1 query."""
    planned = (Repost.account_id.is_(None), Repost.rehearsed, Repost.state == "planned")
    session.execute(
        update(Repost).where(*planned).values(state="failed", due_at=None, problem="rehearsal_over")
    )  # fmt: skip


def take(session: Session, repost: Repost, now: datetime) -> bool:
    """Have it for oneself for a while; False when another worker was quicker. 1 query."""
    mine = update(Repost).where(Repost.id == repost.id, Repost.due_at == repost.due_at, Repost.state == "planned")
    return bool(changed(session, mine.values(due_at=now + LEASE, tries=Repost.tries + 1)))


def settle(
    session: Session, repost_id: str, state: RepostState, now: datetime, code: str = "", detail: str = ""
) -> None:
    """It came to an end. 1 query."""
    values = {"state": state, "due_at": None, "problem": code or None, "detail": detail or None}
    done = {"done_at": now} if state == "done" else {}
    planned = (Repost.id == repost_id, Repost.state == "planned")
    session.execute(update(Repost).where(*planned).values(**values, **done))


def later(session: Session, repost_id: str, until: datetime, code: str, detail: str, *, answered: bool) -> None:
    """X asks to wait, or said nothing. 1 query."""
    values = {"due_at": until, "problem": code, "detail": detail or None}
    tries = {"tries": 0} if answered else {}
    session.execute(update(Repost).where(Repost.id == repost_id, Repost.state == "planned").values(**values, **tries))
