"""Plans that the world outside overtook: made for the rehearsal, or by rules of a time zone that are no more."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from campaigns.kernel.errors import Problem
from campaigns.publishing import calendars, tweets
from campaigns.publishing.calendars import Plan
from campaigns.publishing.tweets import Tweet


def end_rehearsal(session: Session, who: str, now: datetime) -> int:
    """X is connected: what was planned for the wall is a draft again, so that nothing goes out that nobody meant to.

    How many there were.
    """
    usual = (Tweet.rehearsed, Tweet.account_id.is_(None))  # accounts of the rehearsal live on beside the real ones
    rehearsed = select(Tweet).where(*usual, Tweet.state.in_(("scheduled", "sending", "unsure")))
    found = session.scalars(rehearsed).all()
    for tweet in found:
        tweets.back_to_draft(session, tweet, who=who, why="rehearsal_over", now=now)
    return len(found)


def follow_clocks(session: Session, who: str, now: datetime) -> int:
    """Plan again what was planned by the clock of a zone whose rules changed since: the time typed is what counts.

    Tweets that are due or tried are left alone. How many moved.
    """
    moved = 0
    planned = select(Tweet).where(
        Tweet.state == "scheduled", Tweet.zone.is_not(None), Tweet.due_at > now, Tweet.attempts == 0
    )
    for tweet in session.scalars(planned).all():
        at = _instant(tweet)
        if at and at != tweet.scheduled_at and not _is_shown(tweet):
            plan = Plan(at, tweet.local_time, tweet.zone)
            tweets.schedule(session, tweet, plan, rehearsed=tweet.rehearsed, who=who, why="clocks_changed", now=now)
            moved += 1
    return moved


def _is_shown(tweet: Tweet) -> bool:
    """Whether the clocks still show the time typed: of the hour that they show twice, the second may be meant."""
    assert tweet.scheduled_at
    return calendars.local(tweet.scheduled_at, tweet.zone or "") == tweet.local_time


def _instant(tweet: Tweet) -> datetime | None:
    try:
        return calendars.instant(tweet.local_time or "", tweet.zone or "")
    except Problem:  # the new rules skip it, or know no such zone: the instant that was chosen is the best there is
        return None
