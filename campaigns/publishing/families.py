"""Families: tweets that say one thing in several wordings, and those that come again."""

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from campaigns.publishing.tweets import Tweet

MOST_VARIANTS = 20


def variants(session: Session, tweet: Tweet) -> list[Tweet]:
    """All wordings of it, the first one first; itself when there is no other. Queries: 1."""
    first = tweet.variant_of or tweet.id
    rows = select(Tweet).where(or_(Tweet.id == first, Tweet.variant_of == first)).order_by(Tweet.created_at, Tweet.id)
    return list(session.scalars(rows.limit(MOST_VARIANTS)))


def of_series(session: Session, tweet_id: str) -> list[Tweet]:
    """The times at which a tweet comes again, threads by their first parts. Queries: 1."""
    rows = select(Tweet).where(Tweet.series_id == tweet_id, Tweet.part == 1)
    return list(session.scalars(rows.order_by(Tweet.scheduled_at, Tweet.id)))
