"""Repeats: the same words again, which X refuses and readers don't like."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from campaigns.kernel.db import take_turns
from campaigns.kernel.errors import problem
from campaigns.publishing.tweets import Tweet

REPEAT = timedelta(hours=24)


def earlier_same(session: Session, tweet: Tweet, now: datetime) -> Tweet | None:
    """Another tweet with the very same words, planned or out within 24 hours, by whichever account. Queries: 1.

    X takes no text twice from an account, and no one text from several: a link of its own doesn't make it another.
    """
    out = or_(
        Tweet.state.in_(("scheduled", "sending", "unsure")),
        and_(Tweet.state == "sent", Tweet.sent_at >= now - REPEAT),
    )
    same = select(Tweet).where(Tweet.text == tweet.text, Tweet.id != tweet.id, Tweet.rehearsed == tweet.rehearsed, out)
    return session.scalars(same.order_by(Tweet.created_at).limit(1)).one_or_none()


def one_at_a_time(session: Session) -> None:
    """Two that are planned at one moment see each other. Before any row is held: two parts of a thread would each wait
    for what the other one has.
    """
    take_turns(session, "words")


def check_new(session: Session, tweet: Tweet, now: datetime) -> None:
    """Refuse what X would, or what breaks its rules.

    Raises conflict (`tweet_duplicate`) with the earlier one's id, invalid (`wording_needed`). Queries: 2.
    """
    one_at_a_time(session)
    if tweet.series_id:
        whole = or_(Tweet.series_id == tweet.series_id, Tweet.id == tweet.series_id)
        same_words = select(Tweet.id).where(whole, Tweet.id != tweet.id, Tweet.text == tweet.text)
        if session.scalar(same_words.limit(1)):
            raise problem("invalid", "wording_needed", "text")
    if same := earlier_same(session, tweet, now):
        raise problem("conflict", "tweet_duplicate", "text", earlier=same.id)


def repeated(session: Session, tweets: Collection[Tweet], now: datetime) -> set[str]:
    """Ids of those whose text another tweet has that is planned or went out within 24 hours. Queries: 1.

    X wouldn't refuse it, each carries a link of its own; to a reader it is the same tweet again.
    """
    out = or_(
        Tweet.state.in_(("scheduled", "sending", "unsure")),
        and_(Tweet.state == "sent", Tweet.sent_at >= now - REPEAT),
    )
    alike = session.execute(select(Tweet.id, Tweet.text).where(Tweet.text.in_({t.text for t in tweets}), out)).all()
    return {tweet.id for tweet in tweets if any(row.text == tweet.text and row.id != tweet.id for row in alike)}
