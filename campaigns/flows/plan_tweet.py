"""A tweet gets its moment, goes out at once, or is taken back."""

from sqlalchemy.orm import Session

from campaigns.kernel.errors import Faults, problem
from campaigns.planning import pages
from campaigns.publishing import calendars, tweets, weights
from campaigns.publishing.calendars import Plan
from campaigns.publishing.tweets import Tweet
from campaigns.tracking import linked
from campaigns.tracking.linked import LinkedTweet
from campaigns.world import World


def plan_tweet(
    world: World, tweet_id: str, scheduled_at: str, zone: str | None, *, who: str, text: str | None = None
) -> LinkedTweet:
    """Plan it, or plan it for another moment; with its text changed in the same breath when one is given.

    Raises missing, invalid (see calendars.plan, weights.check), conflict (`tweet_gone_out`, `tweet_changed`,
    `no_page_online`).
    """
    now, faults, kept, plan = world.clock.now(), Faults(), None, None
    if text is not None:
        with faults.gather():
            kept = weights.check(text)
    with faults.gather():
        plan = calendars.plan(scheduled_at, zone, now)
    faults.check()
    assert plan is not None
    with world.db.write() as session:
        tweet = tweets.find(session, tweet_id, to_change=True)
        if kept is not None and kept != tweet.text:
            tweet = tweets.edit(session, tweet, kept, who=who, now=now)
        _check_online(session, tweet)
        tweet = tweets.schedule(
            session, tweet, plan, rehearsed=world.publisher.rehearses, who=who, why="planned", now=now
        )
        return linked.linked(session, world.settings, [tweet], now)[0]


def publish(world: World, tweet_id: str, *, who: str) -> LinkedTweet:
    """Due now: the worker posts it within a second or two. Asked twice, it stays asked for once.

    Raises missing, conflict (`tweet_gone_out`, `no_page_online`).
    """
    now = world.clock.now()
    with world.db.write() as session:
        tweet = tweets.find(session, tweet_id, to_change=True)
        _check_online(session, tweet)
        if tweet.state != "scheduled" or tweet.due_at is None or tweet.due_at > now:
            tweet = tweets.schedule(
                session, tweet, Plan(now), rehearsed=world.publisher.rehearses, who=who, why="publish_now", now=now
            )
        return linked.linked(session, world.settings, [tweet], now)[0]


def cancel(
    world: World, tweet_id: str, *, who: str, text: str | None = None, is_draft_fine: bool = False
) -> LinkedTweet:
    """A draft again; with its text changed in the same breath when one is given.

    | argument | meaning |
    |---|---|
    | is_draft_fine | one that isn't planned stays as it is, instead of `tweet_not_scheduled` |

    Raises missing, invalid (see weights.check), conflict (`tweet_not_scheduled`, `tweet_gone_out`).
    """
    now = world.clock.now()
    kept = weights.check(text) if text is not None else None
    with world.db.write() as session:
        tweet = tweets.find(session, tweet_id, to_change=True)
        if not is_draft_fine or tweet.state not in ("draft", "failed"):
            tweet = tweets.unschedule(session, tweet, who=who, why="cancelled", now=now)
        if kept is not None and kept != tweet.text:
            tweet = tweets.edit(session, tweet, kept, who=who, now=now)
        return linked.linked(session, world.settings, [tweet], now)[0]


def _check_online(session: Session, tweet: Tweet) -> None:
    if tweet.state in tweets.WITH_US and not pages.online_page_of(session, tweet.offer_id):
        raise problem("conflict", "no_page_online")
