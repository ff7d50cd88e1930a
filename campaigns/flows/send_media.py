"""Pictures and films go to X minutes ahead of their tweets, by jobs of their own: no tweet waits for another's film.

Nobody sees them before the post, so sending them twice does no harm. Nothing is decided before the tweet's moment:
what X refuses until then is tried again then.
"""

from collections.abc import Callable, Collection
from datetime import datetime

from sqlalchemy.orm import Session

from campaigns.kernel.errors import Problem
from campaigns.ports import Later, Media, MediaCategory, Refused, Upload
from campaigns.publishing import accounts, dues, media, tweets
from campaigns.publishing.media import TweetMedia
from campaigns.publishing.tweets import Tweet
from campaigns.refreshing import why_closed
from campaigns.world import World

PICTURES: tuple[MediaCategory, ...] = ("image", "gif")
FILMS: tuple[MediaCategory, ...] = ("video",)


def send_media(
    world: World, worker: str, categories: Collection[MediaCategory], is_stopping: Callable[[], bool] = bool
) -> int:
    """Send what is wanted soon, and ask after what X is at work on, until nothing is. How many deeds that were.

    | argument | meaning |
    |---|---|
    | worker | this process's name |
    | categories | PICTURES or FILMS |
    | is_stopping | asked between two of them; bool() says no |
    """
    done = 0
    while not is_stopping() and (claimed := _claim(world, categories)):
        _send(world, *claimed, worker)
        done += 1
    return done


def _claim(world: World, categories: Collection[MediaCategory]) -> tuple[Tweet, TweetMedia] | None:
    now, rehearses = world.clock.now(), world.publisher.rehearses
    # most of the time there is nothing, and nobody's write has to wait for that
    with world.db.read() as session:
        found = dues.first_media(session, now, categories, rehearses=rehearses)
    if found is None:
        return None
    with world.db.write() as session:
        return found if media.take(session, found[1], now) else None


def _send(world: World, tweet: Tweet, each: TweetMedia, worker: str) -> None:
    now = world.clock.now()
    if dues.is_late(tweet, now, world.settings.late_limit_s):
        said: Upload | Later | Refused = Refused("media_unprocessed" if tweet.problem == "x_processing" else "missed")
    else:
        said = why_closed(world, tweet.account_id) or _transfer(world, tweet, each)
    with world.db.write() as session:
        _keep(session, tweet, each, said, worker, world.clock.now())


def _transfer(world: World, tweet: Tweet, each: TweetMedia) -> Upload | Later | Refused:
    """To X, or the question whether it is done with it."""
    publisher = world.publisher
    if tweet.account_id:
        with world.db.read() as session:
            publisher = world.publishers.of(accounts.access(accounts.find(session, tweet.account_id), world.vault))
    try:
        if each.x_media_id and media.is_at_work(each, tweet, world.clock.now()):
            return publisher.finish_upload(each.x_media_id, each.alt)
        return publisher.upload(Media(world.files.get(each.key), each.content_type, each.category, each.alt))
    except (Later, Refused) as said:
        return said
    except Problem as gone:
        if gone.kind != "missing":
            raise
        return Refused("media_missing")


def _keep(
    session: Session, tweet: Tweet, each: TweetMedia, said: Upload | Later | Refused, worker: str, now: datetime
) -> None:
    """What came of it, at the file; and at the tweet, once it waits for that."""
    assert tweet.due_at
    is_due = tweet.due_at <= now
    if isinstance(said, Upload):
        media.told(session, each, tweet, said, now)
        if said.busy_s and is_due and tweet.problem != "x_processing":
            tweets.touch(session, tweet, problem="x_processing", detail=None)
    elif isinstance(said, Later):
        until = dues.moment(said, 1, now)
        media.later(session, each, until if is_due else min(until, tweet.due_at))
        if is_due:
            dues.later(session, tweet, said, worker, now)
    else:
        media.refused(session, each, max(now, tweet.due_at))
        if is_due:
            dues.fail(session, tweet, said.code, worker, now, said.detail)
