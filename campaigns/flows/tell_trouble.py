"""Who wrote a tweet is told by mail when it failed, or when nobody can tell whether it is out; once each time."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from campaigns.kernel import outbox
from campaigns.kernel.letters import put
from campaigns.people import users
from campaigns.people.users import User
from campaigns.publishing import letters, tweets
from campaigns.publishing.tweets import Tweet
from campaigns.settings import Settings
from campaigns.world import World

MOST, AT_ONCE = 10_000, 200
RECENT = timedelta(days=1)
"""What is older was told, or happened while this didn't exist."""


def tell_trouble(world: World) -> int:
    """Write the letters that are due; how many. Doing it twice writes none twice: their keys hold the moment."""
    now = world.clock.now()
    with world.db.read() as session:
        found = tweets.in_trouble(session, now - RECENT, MOST)
        told = outbox.promised(session, [_key(tweet) for tweet in found]) if found else set()
    untold = [tweet for tweet in found if _key(tweet) not in told][:AT_ONCE]
    if not untold:
        return 0
    with world.db.write() as session:
        return sum(_tell(session, world.settings, tweet, now) for tweet in untold)


def _tell(session: Session, settings: Settings, tweet: Tweet, now: datetime) -> int:
    """One letter for the tweet's writer; where there is none any more, one for each administrator."""
    sent = 0
    for user in _readers(session, tweet):
        key = _key(tweet) if not sent else f"{_key(tweet)}:{user.id}"
        letter = letters.trouble(settings, user.locale, tweet)
        sent += put(session, key, user.email, letter, locale=user.locale, host=settings.public_host, now=now)
    return sent


def _readers(session: Session, tweet: Tweet) -> list[User]:
    writer = users.working(session, tweet.created_by) if tweet.created_by else None
    return [writer] if writer else users.list_admins(session)


def _key(tweet: Tweet) -> str:
    return f"trouble:{tweet.id}:{tweet.updated_at.isoformat()}"
