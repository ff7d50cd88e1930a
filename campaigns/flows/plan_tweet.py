"""A tweet gets its moment, goes out at once, or is taken back; of a thread, all parts that follow with it."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from campaigns.kernel.errors import Faults, problem
from campaigns.publishing import accounts, calendars, repeats, slots, tweets, weights
from campaigns.publishing.accounts import Usual
from campaigns.publishing.calendars import Plan
from campaigns.publishing.tweets import Tweet
from campaigns.tracking import linked
from campaigns.tracking.linked import LinkedTweet
from campaigns.tracking.rewriting import AS_IT_IS, By, Wanted, rewrite
from campaigns.world import World


def plan_tweet(
    world: World, tweet_id: str, scheduled_at: str, zone: str | None, *, who: str, user_id: str | None = None,
    wanted: Wanted = AS_IT_IS, approves: bool = False,
) -> LinkedTweet:  # fmt: skip
    """Plan it, or plan it for another moment; rewritten in the same breath.

    | argument | meaning |
    |---|---|
    | scheduled_at | ISO 8601, or slots.QUEUE: the next free slot |
    | approves | whoever asks may let it out without anybody else's word |

    Raises missing, invalid (see calendars.plan, rewriting.rewrite), conflict (`tweet_gone_out`, `tweet_changed`,
    `no_page_online`, `tweet_duplicate`, `approval_needed`, `slots_none`, `slots_full`).
    """
    now, faults, asked = world.clock.now(), Faults(), None
    if wanted.text is not None:
        with faults.gather():
            weights.check(wanted.text, linkless=True, places=weights.PLACES)
    with faults.gather():
        asked = slots.asked(scheduled_at, zone, now)
    faults.check()
    with world.db.write() as session:
        repeats.one_at_a_time(session)
        plan = asked or slots.take(session, now)
        tweet = tweets.find(session, tweet_id, to_change=True)
        if wanted != AS_IT_IS:
            tweet = rewrite(session, world.settings, tweet, wanted, _by(world, who, user_id, now, approves=approves))
        tweet = _schedule(session, tweet, plan, _rules(world, approves), who=who, why="planned", now=now)
        return linked.linked(session, world.settings, [tweet], now)[0]


def move(
    world: World, tweet_id: str, on: str, zone: str, *, who: str, approves: bool = False
) -> tuple[LinkedTweet, date]:
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
    return plan_tweet(world, tweet_id, moved, zone, who=who, approves=approves), wall.date()


def publish(world: World, tweet_id: str, *, who: str, approves: bool = False) -> LinkedTweet:
    """Due now: the worker posts it within a second or two. Asked twice, it stays asked for once.

    Raises missing, conflict (`tweet_gone_out`, `no_page_online`, `tweet_duplicate`, `approval_needed`).
    """
    now = world.clock.now()
    with world.db.write() as session:
        repeats.one_at_a_time(session)
        tweet = tweets.find(session, tweet_id, to_change=True)
        if tweet.state in tweets.WITH_US:
            linked.check_online(session, tweet)
        if tweet.state != "scheduled" or tweet.due_at is None or tweet.due_at > now:
            tweet = _schedule(session, tweet, Plan(now), _rules(world, approves), who=who, why="publish_now", now=now)
        return linked.linked(session, world.settings, [tweet], now)[0]


def cancel(
    world: World, tweet_id: str, *, who: str, user_id: str | None = None, wanted: Wanted = AS_IT_IS,
    is_draft_fine: bool = False,
) -> LinkedTweet:  # fmt: skip
    """A draft again; rewritten in the same breath.

    | argument | meaning |
    |---|---|
    | is_draft_fine | one that isn't planned stays as it is, instead of `tweet_not_scheduled` |

    Raises missing, invalid (see rewriting.rewrite), conflict (`tweet_not_scheduled`, `tweet_gone_out`).
    """
    now = world.clock.now()
    with world.db.write() as session:
        repeats.one_at_a_time(session)
        tweet = tweets.find(session, tweet_id, to_change=True)
        if not is_draft_fine or tweet.state not in ("draft", "proposed", "approved", "failed"):
            tweet, *_ = [
                tweets.unschedule(session, each, who=who, why="cancelled", now=now)
                for each in tweets.with_following(session, tweet, ("scheduled",))
            ]
        if wanted != AS_IT_IS:
            tweet = rewrite(session, world.settings, tweet, wanted, _by(world, who, user_id, now, approves=False))
        return linked.linked(session, world.settings, [tweet], now)[0]


@dataclass(frozen=True)
class Rules:
    """What planning is bound by: the usual account, and whether an approval must come first."""

    usual: Usual
    must_ask: bool


def _rules(world: World, approves: bool) -> Rules:
    usual = Usual(world.publisher.rehearses, world.settings.has_x_account)
    return Rules(usual, _must_ask(world) and not approves)


def _must_ask(world: World) -> bool:
    return world.settings.approval == "required"


def _by(world: World, who: str, user_id: str | None, now: datetime, *, approves: bool) -> By:
    return By(who, user_id, now, approves or not _must_ask(world), _rules(world, approves).usual)


def _schedule(session: Session, tweet: Tweet, plan: Plan, rules: Rules, *, who: str, why: str, now: datetime) -> Tweet:
    """It, and the parts behind it that are still with us, each of which waits for the one before."""
    rehearsed = accounts.rehearses(session, tweet.account_id, rules.usual)
    planned = []
    for each in tweets.with_following(session, tweet, tweets.WITH_US):
        if rules.must_ask and each.state not in tweets.MAY_GO:
            raise problem("conflict", "approval_needed")
        planned.append(linked.schedule(session, each, plan, rehearsed=rehearsed, who=who, why=why, now=now))
    return planned[0]
