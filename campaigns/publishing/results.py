"""Results: what X counts of our posts, hour by hour as it was read, and which posts are on X no more.

X charges for each post once a UTC day: once read, it may be read again that day for nothing.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, case, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from campaigns.kernel.arrays import among
from campaigns.kernel.columns import ID
from campaigns.kernel.db import Base, insert_once
from campaigns.ports import Post
from campaigns.publishing import tweets
from campaigns.publishing.postings import Posting
from campaigns.publishing.tweets import Tweet

EVERY = timedelta(hours=1)
YOUNG, OLDEST = timedelta(hours=48), timedelta(days=30)
"""Young ones are read each hour, all of a month once a day: private counts are told for 30 days only."""
SETTLED = timedelta(hours=1)
"""A timeline may lag: a post isn't missed before."""


class Result(Base):
    """What X counted of a tweet, as read in an hour. The last three are told to the owner for 30 days only."""

    __tablename__ = "results"

    tweet_id: Mapped[str] = mapped_column(ID, ForeignKey("tweets.id", ondelete="CASCADE"), primary_key=True)
    hour: Mapped[datetime] = mapped_column(primary_key=True)
    impressions: Mapped[int]
    likes: Mapped[int]
    reposts: Mapped[int]
    replies: Mapped[int]
    quotes: Mapped[int]
    bookmarks: Mapped[int]
    link_clicks: Mapped[int | None]
    profile_clicks: Mapped[int | None]
    engagements: Mapped[int | None]


def last_read(session: Session, account_id: str | None) -> datetime | None:
    """When an account's timeline was read last. 1 query."""
    whose = Posting.account_id == account_id if account_id else Posting.account_id.is_(None)
    return session.scalar(select(func.max(Posting.at)).where(Posting.what == "read", whose))


def since(session: Session, account_id: str | None, now: datetime) -> datetime | None:
    """From when on an account's timeline is to be read now; None: not now. Queries: 2."""
    last = last_read(session, account_id)
    if last and now - last < EVERY:
        return None
    begins = now - (YOUNG if last and _is_same_day(last, now) else OLDEST)
    oldest = session.scalar(select(func.min(Tweet.sent_at)).where(*_mine(account_id), Tweet.sent_at >= begins))
    return oldest - timedelta(minutes=10) if oldest else None


def charged(session: Session, account_id: str | None, posts: Sequence[Post], now: datetime) -> int:
    """How many of what was read X charges for: not those that were read before on the same UTC day. 1 query.

    The first reading of a day holds all that a later one does, but for what was posted since.
    """
    last = last_read(session, account_id)
    return sum(post.posted_at > last for post in posts) if last and _is_same_day(last, now) else len(posts)


def keep(session: Session, account_id: str | None, posts: Sequence[Post], begins: datetime, now: datetime) -> None:
    """What was read: the counts of our tweets, and which of them are gone. Queries: 2, and 2 for each of our tweets.

    One that was edited on X is followed to its newest id.
    """
    by_id = {x_id: post for post in posts for x_id in (*post.edits, post.x_id)}
    sent = select(Tweet.id, Tweet.x_id, Tweet.by_hand).where(*_mine(account_id), Tweet.sent_at >= begins)
    rows = [row for row in session.execute(sent) if row.x_id]
    ours = {row.x_id: row.id for row in rows}
    hour = now.replace(minute=0, second=0, microsecond=0)
    for x_id in ours.keys() & by_id.keys():
        if by_id[x_id].x_id != x_id:
            _was_edited(session, ours[x_id], by_id[x_id], now)
        values: dict[str, Any] = {"gone_at": None}
        if metrics := by_id[x_id].metrics:
            insert_once(session, Result, tweet_id=ours[x_id], hour=hour, **vars(metrics))
            values["impressions"] = metrics.impressions
        session.execute(update(Tweet).where(Tweet.id == ours[x_id]).values(values))
    # what a person posted may be another account's: not to be seen here isn't to be gone
    missing = [row.id for row in rows if row.x_id not in by_id and not row.by_hand]
    if missing:
        gone = (among(session, Tweet.id, missing), Tweet.gone_at.is_(None), Tweet.sent_at < now - SETTLED)
        session.execute(update(Tweet).where(*gone).values(gone_at=now).execution_options(synchronize_session=False))


def _was_edited(session: Session, tweet_id: str, post: Post, now: datetime) -> None:
    """Somebody edited it on X, where it has another id from then on: under that it is reposted, and taken down."""
    tweet = tweets.find(session, tweet_id)
    address = tweet.x_url.replace(tweet.x_id, post.x_id) if tweet.x_url and tweet.x_id else None
    tweets.try_change(
        session, tweet, "sent", who="X", why="edited_on_x", now=now, x_id=post.x_id, x_url=address
    )  # fmt: skip


def latest(session: Session, tweet_id: str) -> Result | None:
    """What X told last. 1 query."""
    newest = select(Result).where(Result.tweet_id == tweet_id).order_by(Result.hour.desc()).limit(1)
    return session.scalars(newest).one_or_none()


def history(session: Session, tweet_id: str) -> list[Result]:
    """What X told each time, oldest first: by the hour for two days, by the day for a month. 1 query."""
    return list(session.scalars(select(Result).where(Result.tweet_id == tweet_id).order_by(Result.hour)))


def impressions(
    session: Session, campaign_id: str | None, since: datetime | None = None, until: datetime | None = None
) -> int | None:
    """What a campaign's tweets, or all, gained from one moment up to another, as X told; None: of none. 1 query.

    X tells the sum of a post up to now: it gained what was told last before the end, less what was before it began.
    """
    begins = since or datetime.min.replace(tzinfo=UTC)
    told = select(
        func.max(Result.impressions).label("last"),
        func.max(case((Result.hour < begins, Result.impressions), else_=0)).label("first"),
    ).join(Tweet, Tweet.id == Result.tweet_id)
    if campaign_id:
        told = told.where(Tweet.campaign_id == campaign_id)
    if since:
        told = told.where(Tweet.sent_at >= since - OLDEST - timedelta(days=1))  # older ones aren't read any more
    if until:
        told = told.where(Result.hour < until)
    each = told.group_by(Result.tweet_id).subquery()
    found = session.scalar(select(func.sum(each.c.last - each.c.first)))
    return None if found is None else int(found)


def _mine(account_id: str | None) -> list[ColumnElement[bool]]:
    whose = Tweet.account_id == account_id if account_id else Tweet.account_id.is_(None)
    return [whose, Tweet.state == "sent", Tweet.rehearsed.is_(False)]


def _is_same_day(one: datetime, other: datetime) -> bool:
    return one.astimezone(UTC).date() == other.astimezone(UTC).date()
