"""Reposts: planned by a person, done by the worker at their moment, taken back. X takes the same one twice."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session

from campaigns.kernel.db import take_turns
from campaigns.kernel.errors import Problem, problem
from campaigns.ports import Later, Publisher, Refused, Unknown
from campaigns.publishing import accounts, addresses, calendars, holds, postings, prices, reposts, tweets
from campaigns.publishing.accounts import Usual
from campaigns.publishing.calendars import Plan
from campaigns.publishing.reposts import AGAIN, MOST_TRIES, Repost
from campaigns.refreshing import ready_access
from campaigns.settings import Settings
from campaigns.world import World


def plan_repost(
    world: World, address: str, when: str, zone: str | None, *, who: str, approves: bool = False,
    account_id: str | None = None, tweet_id: str | None = None,
) -> Repost:  # fmt: skip
    """One of ours (tweet_id), or the post at an address; at a moment, or at once (when is empty).

    Raises missing (`tweet_missing`), invalid (`not_a_tweet_url`, `account_missing`, `account_needed`; see
    calendars.plan), conflict (`tweet_not_out`, `repost_twice`, `repost_of_wall`).
    """
    now = world.clock.now()
    if world.settings.approval == "required" and not approves:
        raise problem("conflict", "approval_repost")
    x_id = "" if tweet_id else addresses.x_id_of(address)
    moment = calendars.plan(when, zone, now) if when.strip() else Plan(now)
    with world.db.write() as session:
        is_on_wall = None
        if tweet_id:
            tweet = tweets.find(session, tweet_id)
            if tweet.state != "sent" or not tweet.x_id or tweet.gone_at:
                raise problem("conflict", "tweet_not_out")
            x_id, is_on_wall = tweet.x_id, tweet.rehearsed
        usual = Usual(world.publisher.rehearses, world.settings.has_x_account)
        rehearsed = accounts.rehearses(session, account_id, usual)
        if is_on_wall not in (None, rehearsed):
            raise problem("conflict", "repost_of_wall")
        return reposts.plan(
            session, x_id, moment, now, tweet_id=tweet_id, account_id=account_id, rehearsed=rehearsed, who=who
        )  # fmt: skip


def cancel_repost(world: World, repost_id: str) -> None:
    """One that is planned goes. Raises missing, conflict (`repost_gone_out`): X has it, or was asked and may."""
    with world.db.write() as session:
        found = reposts.find(session, repost_id, to_change=True)
        if found.state == "done" or (found.state == "planned" and found.tries):
            raise problem("conflict", "repost_gone_out")
        session.delete(found)


def take_back(world: World, repost_id: str) -> Repost:
    """From X too; once more changes nothing. Raises missing, conflict (`repost_not_out` …), later (what X said)."""
    with world.db.read() as session:
        found = reposts.find(session, repost_id)
    if found.state == "undone":
        return found
    if found.state != "done":
        raise problem("conflict", "repost_not_out")
    try:
        _publisher(world, found).unrepost(found.x_id)
    except Refused as refused:
        raise problem("conflict", refused.code) from None
    except (Later, Unknown) as wait:
        raise problem("later", wait.code if isinstance(wait, Later) else "x_down") from None
    with world.db.write() as session:
        found = reposts.find(session, repost_id, to_change=True)
        found.state = "undone"
        return found


def send_reposts(world: World, is_stopping: Callable[[], bool] = bool) -> int:
    """Do what is due, one after another, until nothing is or somebody stops. How many requests were made."""
    made = 0
    while not is_stopping() and (claimed := _claim(world)):
        _send(world, *claimed)
        made += 1
    return made


def _claim(world: World) -> tuple[Repost, str] | None:
    """The next one with its price noted, claimed and committed."""
    rehearses = world.publisher.rehearses
    while True:
        now = world.clock.now()
        with world.db.read() as session:
            if reposts.due(session, now, rehearses=rehearses) is None:
                return None
        with world.db.write() as session:
            take_turns(session, "postings")  # the cap and the limits count what others just claimed
            found = reposts.due(session, now, rehearses=rehearses)
            if found is None:
                return None
            free_at = now if found.rehearsed else postings.free_at(session, found.account_id, now)
            if free_at > now:
                reposts.later(session, found.id, free_at, "x_limit", "", answered=True)
            elif refusal := _why_not(session, found, world.settings, now):
                reposts.settle(session, found.id, "failed", now, refusal)
            elif reposts.take(session, found, now):
                price = prices.micros(world.settings.x_price_repost)
                return found, postings.note(
                    session, "repost", price, now, account_id=found.account_id, tweet_id=found.tweet_id,
                    rehearsed=found.rehearsed,
                )  # fmt: skip


def _why_not(session: Session, repost: Repost, settings: Settings, now: datetime) -> str | None:
    if (now - repost.planned_at).total_seconds() > settings.late_limit_s and not repost.problem:
        return "missed"
    if repost.tries >= MOST_TRIES:
        return "x_no_answer"
    price = prices.micros(settings.x_price_repost)
    is_affordable = repost.rehearsed or postings.spending(session, settings, now).allows(price)
    return None if is_affordable else "x_cap"


def _publisher(world: World, repost: Repost) -> Publisher:
    """Raises what `ready_access` does."""
    return world.publishers.of(ready_access(world, repost.account_id)) if repost.account_id else world.publisher


def _send(world: World, repost: Repost, posting_id: str) -> None:
    try:
        _publisher(world, repost).repost(repost.x_id)
    except (Refused, Problem) as refused:
        code = refused.faults[0].code if isinstance(refused, Problem) else refused.code
        detail = "" if isinstance(refused, Problem) else refused.detail
        with world.db.write() as session:
            postings.took_nothing(session, posting_id)
            reposts.settle(session, repost.id, "failed", world.clock.now(), code, detail)
    except Later as wait:
        now = world.clock.now()
        with world.db.write() as session:
            postings.took_nothing(session, posting_id)
            until = max(wait.until or now, now + AGAIN)
            if not repost.rehearsed:
                holds.put(session, repost.account_id, wait.code, until)
            reposts.later(session, repost.id, until, wait.code, wait.detail, answered=True)
    except Unknown as silence:
        with world.db.write() as session:
            until = world.clock.now() + AGAIN
            reposts.later(session, repost.id, until, "x_unknown", silence.detail, answered=False)
    else:
        with world.db.write() as session:
            reposts.settle(session, repost.id, "done", world.clock.now())
