"""A tweet gets its moment, goes out at once, or is taken back; of a thread, all parts that follow with it."""

from datetime import date, datetime

from sqlalchemy.orm import Session

from campaigns.kernel.errors import Faults, problem
from campaigns.planning import pages
from campaigns.publishing import accounts, calendars, tweets, weights
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
    `no_page_online`, `tweet_duplicate`).
    """
    now, faults, plan = world.clock.now(), Faults(), None
    if text is not None:
        with faults.gather():
            weights.check(text, linkless=True)
    with faults.gather():
        plan = calendars.plan(scheduled_at, zone, now)
    faults.check()
    assert plan is not None
    with world.db.write() as session:
        tweet = _edited(session, tweets.find(session, tweet_id, to_change=True), text, who, now)
        tweet = _schedule(
            session, tweet, plan, rehearses=world.publisher.rehearses, has_own=world.settings.has_x_account, who=who,
            why="planned", now=now,
        )  # fmt: skip
        return linked.linked(session, world.settings, [tweet], now)[0]


def move(world: World, tweet_id: str, on: str, zone: str, *, who: str) -> tuple[LinkedTweet, date]:
    """The same time on another day, by the clock of a zone unless it was planned by another one's; and the day before.

    Raises as `plan_tweet`, invalid (`date_unreadable`), conflict (`tweet_not_scheduled`).
    """
    with world.db.read() as session:
        tweet = tweets.find(session, tweet_id)
    if tweet.state != "scheduled" or tweet.scheduled_at is None:
        raise problem("conflict", "tweet_not_scheduled")
    zone = tweet.zone or zone
    wall = datetime.fromisoformat(tweet.local_time or calendars.local(tweet.scheduled_at, zone))
    try:
        day = date.fromisoformat(on)
    except ValueError:
        raise problem("invalid", "date_unreadable", "on") from None
    moved = datetime.combine(day, wall.time()).isoformat(timespec="minutes")
    return plan_tweet(world, tweet_id, moved, zone, who=who), wall.date()


def publish(world: World, tweet_id: str, *, who: str) -> LinkedTweet:
    """Due now: the worker posts it within a second or two. Asked twice, it stays asked for once.

    Raises missing, conflict (`tweet_gone_out`, `no_page_online`, `tweet_duplicate`).
    """
    now = world.clock.now()
    with world.db.write() as session:
        tweet = tweets.find(session, tweet_id, to_change=True)
        _check_online(session, tweet)
        if tweet.state != "scheduled" or tweet.due_at is None or tweet.due_at > now:
            tweet = _schedule(
                session, tweet, Plan(now), rehearses=world.publisher.rehearses, has_own=world.settings.has_x_account,
                who=who, why="publish_now", now=now,
            )  # fmt: skip
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
    if text is not None:
        weights.check(text, linkless=True)
    with world.db.write() as session:
        tweet = tweets.find(session, tweet_id, to_change=True)
        if not is_draft_fine or tweet.state not in ("draft", "failed"):
            tweet, *_ = [
                tweets.unschedule(session, each, who=who, why="cancelled", now=now)
                for each in _with_following(session, tweet, ("scheduled",))
            ]
        return linked.linked(session, world.settings, [_edited(session, tweet, text, who, now)], now)[0]


def _edited(session: Session, tweet: Tweet, text: str | None, who: str, now: datetime) -> Tweet:
    kept = weights.check(text, linkless=tweet.linkless) if text is not None else None
    if kept is None or kept == tweet.text:
        return tweet
    return tweets.edit(session, tweet, kept, who=who, now=now)


def _schedule(
    session: Session, tweet: Tweet, plan: Plan, *, rehearses: bool, has_own: bool, who: str, why: str, now: datetime
) -> Tweet:
    """It, and the parts behind it that are still with us, each of which waits for the one before."""
    if tweet.account_id:
        rehearses = accounts.usable(session, tweet.account_id).rehearses
    else:
        accounts.check_usual(rehearses=rehearses, has_own=has_own)
    planned = []
    for each in _with_following(session, tweet, tweets.WITH_US):
        _check_online(session, each)
        planned.append(tweets.schedule(session, each, plan, rehearsed=rehearses, who=who, why=why, now=now))
        tweets.check_new(session, planned[-1], now)
    return planned[0]


def _with_following(session: Session, tweet: Tweet, states: tuple[tweets.TweetState, ...]) -> list[Tweet]:
    """The tweet, whatever its state, and the parts behind it in one of these."""
    behind = [each for each in tweets.parts(session, tweet) if each.part > tweet.part and each.state in states]
    return [tweet, *behind]


def _check_online(session: Session, tweet: Tweet) -> None:
    leads = weights.LINK in tweet.text and tweet.state in tweets.WITH_US
    if leads and not pages.online_page_of(session, tweet.offer_id):
        raise problem("conflict", "no_page_online")
