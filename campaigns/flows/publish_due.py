"""What is due goes to X: claimed in one transaction, posted with none open, recorded in another.

An outcome that nobody can tell is looked up on the account's own timeline before anything else: see publishing.dues.
"""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session

from campaigns.kernel.errors import Problem
from campaigns.planning import pages
from campaigns.ports import Later, Post, Refused, Unknown
from campaigns.publishing import dues
from campaigns.publishing.tweets import Tweet
from campaigns.tracking import linked, links
from campaigns.world import World

ADOPT_TRIES = 5


def publish_due(world: World, worker: str, is_stopping: Callable[[], bool] = bool) -> int:
    """Look for what is unknown, then post what is due, until nothing is or somebody stops. How many POSTs were made.

    | argument | meaning |
    |---|---|
    | worker | this process's name, unique among those that run |
    | is_stopping | asked between two tweets; bool() says no |
    """
    posted = _look(world, worker, is_stopping)
    while not is_stopping() and (tweet := _claim(world, worker)):
        _post(world, tweet, worker)
        posted += 1
    return posted


def _claim(world: World, worker: str) -> Tweet | None:
    """The next tweet to post, claimed and committed; None when there is none."""
    rehearses = world.publisher.rehearses
    while True:
        now = world.clock.now()
        # most of the time there is nothing, and nobody's write has to wait for that
        with world.db.read() as session:
            if dues.first(session, now, rehearses=rehearses) is None:
                return None
        with world.db.write() as session:
            tweet = dues.first(session, now, rehearses=rehearses)
            if tweet is None:
                return None
            if refusal := _why_not(session, tweet, now, world.settings.late_limit_s):
                dues.fail(session, tweet, refusal, worker, now)
                continue
            link = links.of_tweet(session, tweet.id)
            assert link is not None
            text = linked.text_with(tweet.text, links.url(world.settings, link.code))
            if taken := dues.take(session, tweet, text, worker, now):
                return taken


def _why_not(session: Session, tweet: Tweet, now: datetime, late_limit_s: int) -> str | None:
    if dues.is_late(tweet, now, late_limit_s):
        return "missed"
    return None if pages.online_page_of(session, tweet.offer_id) else "no_page_online"


def _post(world: World, tweet: Tweet, worker: str) -> None:
    """One POST of a claimed tweet, and what came of it."""
    if dues.is_stale(tweet, world.clock.now()):
        return
    try:
        post = world.publisher.post(tweet.posted_text or "")
    except Refused as refusal:
        with world.db.write() as session:
            dues.refused(session, tweet, refusal, worker, world.clock.now())
    except Later as wait:
        with world.db.write() as session:
            dues.later(session, tweet, wait, worker, world.clock.now())
    except Unknown as silence:
        with world.db.write() as session:
            dues.unknown(session, tweet, silence.detail, worker, world.clock.now())
    else:
        _adopt(world, tweet, post, worker, "posted")


def _adopt(world: World, tweet: Tweet, post: Post, worker: str, why: str) -> None:
    for attempt in range(ADOPT_TRIES):
        try:
            with world.db.write() as session:
                dues.adopt(session, tweet.id, post, worker, why, world.clock.now())
            return
        except Problem:  # changed in the same moment: it is there all the same
            if attempt + 1 == ADOPT_TRIES:
                raise


def _look(world: World, worker: str, is_stopping: Callable[[], bool]) -> int:
    """Look for the tweets that may be on X; send once more what isn't. How many POSTs were made."""
    now, rehearses = world.clock.now(), world.publisher.rehearses
    with world.db.read() as session:
        if not dues.any_look(session, now, rehearses=rehearses):
            return 0
    with world.db.write() as session:
        looked_for = dues.take_looks(session, now, rehearses=rehearses)
        link_of = links.of_tweets(session, [tweet.id for tweet in looked_for])
    if not looked_for:
        return 0
    try:
        posts = world.publisher.own_posts(dues.since(looked_for))
    except (Refused, Later, Unknown) as silence:
        wait = silence if isinstance(silence, Later) else Later("x_down", silence.detail)
        with world.db.write() as session:
            dues.look_later(session, looked_for, wait, world.clock.now())
        return 0
    posted = 0
    for tweet in looked_for:
        url = links.url(world.settings, link_of[tweet.id].code)
        if post := dues.find_post(posts, url):
            _adopt(world, tweet, post, worker, "found")
        elif not is_stopping() and (again := _claim_again(world, tweet, worker)):
            _post(world, again, worker)
            posted += 1
    return posted


def _claim_again(world: World, tweet: Tweet, worker: str) -> Tweet | None:
    # one by one, each claimed in the moment before its POST
    with world.db.write() as session:
        return dues.absent(session, tweet, worker, world.clock.now(), world.settings.late_limit_s)
