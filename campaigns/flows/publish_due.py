"""What is due, its pictures sent ahead, goes to X: claimed in one transaction, posted with none open, then recorded.

An outcome that nobody can tell is looked up on the account's own timeline before anything else: see publishing.dues.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy.orm import Session

from campaigns.kernel.db import take_turns
from campaigns.kernel.errors import Problem
from campaigns.kernel.vaults import Vault
from campaigns.planning import campaigns
from campaigns.ports import Access, Extras, Later, Poll, Post, Publisher, Refused, Unknown
from campaigns.publishing import accounts, dues, holds, media, postings, prices, results, tweets, weights
from campaigns.publishing.tweets import Tweet
from campaigns.refreshing import why_closed
from campaigns.settings import Settings
from campaigns.tracking import linked, links
from campaigns.world import World

log = structlog.get_logger("publish_due")

ADOPT_TRIES = 5
AT_ONCE, MOST_TOKENS = timedelta(seconds=1), 2
OF_THE_TEXT = {"x_duplicate", "x_text_too_long", "x_refused", "media_refused"}
"""What X says of one text: the account is well."""
GONE = {"x_account_gone", "vault_closed", "x_unauthorized"}
"""What no waiting opens again: a tweet of unknown outcome is a person's to decide then."""


@dataclass(frozen=True)
class Claimed:
    """A tweet to post, with what opens its account (None: the usual one) and what goes with its text."""

    tweet: Tweet
    access: Access | None
    extras: Extras


def publish_due(world: World, worker: str, is_stopping: Callable[[], bool] = bool) -> int:
    """Look for what is unknown, then post what is due, until nothing is or somebody stops. How many POSTs were made.

    | argument | meaning |
    |---|---|
    | worker | this process's name, unique among those that run |
    | is_stopping | asked between two tweets; bool() says no |
    """
    posted = _look(world, worker, is_stopping)
    while not is_stopping() and (ahead := _first(world)):
        try:
            claimed = _claim(world, ahead, worker)
        except Problem:  # the database is away
            raise
        except Exception as bug:
            log.error("unclaimable", tweet=ahead.id, exc_info=bug)
            with world.db.write() as session:
                dues.later(session, ahead, Later("ours_failed"), worker, world.clock.now())
            continue
        if claimed:
            _post(world, claimed, worker)
            posted += 1
    return posted


def _first(world: World) -> Tweet | None:
    """The tweet that is due next; most of the time there is none, and nobody's write has to wait for that."""
    with world.db.read() as session:
        return dues.first(session, world.clock.now(), rehearses=world.publisher.rehearses)


def _claim(world: World, ahead: Tweet, worker: str) -> Claimed | None:
    """The tweet, claimed and committed; None when somebody was quicker, or it isn't to go out now."""
    closed = why_closed(world, ahead.account_id)
    with world.db.write() as session:
        now = world.clock.now()  # a token may have been refreshed meanwhile
        take_turns(session, "postings")  # what another worker just claimed counts for the cap and the limits
        tweet = dues.first(session, now, rehearses=world.publisher.rehearses)
        if tweet is None or tweet.id != ahead.id:
            return None  # the next one's account is looked at first
        if wait := closed if isinstance(closed, Later) else _wait(session, tweet, now):
            dues.later(session, tweet, wait, worker, now)
        elif refusal := _why_not(session, tweet, world.settings, now) or (closed and closed.code):
            dues.fail(session, tweet, refusal, worker, now)
        elif taken := dues.take(session, tweet, _text(session, tweet, world.settings), worker, now):
            return _claimed(session, taken, world.settings, world.vault, now)
        return None


def _text(session: Session, tweet: Tweet, settings: Settings) -> str:
    return weights.with_links(tweet.text, linked.urls_of(settings, links.all_of_tweets(session, [tweet.id])[tweet.id]))


def _claimed(session: Session, tweet: Tweet, settings: Settings, vault: Vault, now: datetime) -> Claimed:
    """What its request needs, noted as about to be made."""
    price = prices.of_post(settings, tweet.text)
    postings.note(
        session, "post", price, now, account_id=tweet.account_id, tweet_id=tweet.id, rehearsed=tweet.rehearsed
    )  # fmt: skip
    return Claimed(tweet, _access(session, tweet, vault), _extras(session, tweet))


def _access(session: Session, tweet: Tweet, vault: Vault) -> Access | None:
    return accounts.access(accounts.find(session, tweet.account_id), vault) if tweet.account_id else None


def _extras(session: Session, tweet: Tweet) -> Extras:
    first = tweets.before(session, tweet)
    poll = Poll(tuple(tweet.poll["options"]), tweet.poll["minutes"]) if tweet.poll else None
    return Extras(
        first.x_id if first else None, media.ids_of(session, tweet), poll=poll, reply_settings=tweet.reply_settings
    )


def _wait(session: Session, tweet: Tweet, now: datetime) -> Later | None:
    """Until X's documented limits leave room for another post of the account, or X does as it said."""
    if tweet.rehearsed:
        return None
    held = holds.until(session, tweet.account_id, now) or now
    free_at = max(held, postings.free_at(session, tweet.account_id, now))
    return Later("x_limit", until=free_at) if free_at > now else None


def _why_not(session: Session, tweet: Tweet, settings: Settings, now: datetime) -> str | None:
    if dues.is_late(tweet, now, settings.late_limit_s):
        return "missed"
    try:
        linked.check_online(session, tweet)
    except Problem as nowhere:
        return nowhere.faults[0].code
    before = tweets.before(session, tweet)
    if before and (before.state != "sent" or before.gone_at):
        return "x_part_before"
    price = prices.of_post(settings, tweet.text)
    is_affordable = tweet.rehearsed or postings.spending(session, settings, now).allows(price)
    return None if is_affordable else "x_cap"


def _publisher(world: World, access: Access | None) -> Publisher:
    return world.publishers.of(access) if access else world.publisher


def _post(world: World, claimed: Claimed, worker: str) -> None:
    """One POST of a claimed tweet, and what came of it."""
    tweet = claimed.tweet
    if dues.is_stale(tweet, world.clock.now()):
        return
    try:
        post = _publisher(world, claimed.access).post(tweet.posted_text or "", claimed.extras)
    except Refused as refusal:
        now = world.clock.now()
        with world.db.write() as session:
            _took_nothing(session, tweet, refusal, now)
            if _ended_early(claimed, refusal):
                accounts.ended(session, claimed.tweet.account_id or "", now)
                dues.later(session, tweet, Later("x_refreshing", until=now + AT_ONCE), worker, now)
            else:
                dues.refused(session, tweet, refusal, worker, now)
    except Later as wait:
        with world.db.write() as session:
            _took_nothing(session, tweet, wait, world.clock.now())
            dues.later(session, tweet, wait, worker, world.clock.now())
    except Unknown as silence:
        with world.db.write() as session:
            dues.unknown(session, tweet, silence.detail, worker, world.clock.now())
    else:
        _adopt(world, tweet, post, worker, "posted")


def _ended_early(claimed: Claimed, refusal: Refused) -> bool:
    """Whether a token of OAuth 2 may have ended before its time: it is refreshed, and the text sent once more."""
    is_token = claimed.access is not None and claimed.access.kind == "oauth2"
    return is_token and refusal.code == "x_unauthorized" and claimed.tweet.attempts < MOST_TOKENS


def _took_nothing(session: Session, tweet: Tweet, said: Refused | Later, now: datetime) -> None:
    postings.was_refused(session, tweet.id)
    if tweet.account_id and said.code not in OF_THE_TEXT:
        accounts.failed(session, tweet.account_id, said.code, said.detail, now)


def _adopt(world: World, tweet: Tweet, post: Post, worker: str, why: str) -> None:
    for attempt in range(ADOPT_TRIES):
        try:
            with world.db.write() as session:
                dues.adopt(session, tweet.id, post, worker, why, world.clock.now())
                if tweet.account_id:
                    accounts.worked(session, tweet.account_id, world.clock.now())
            return
        except Problem:  # changed in the same moment: it is there all the same
            if attempt + 1 == ADOPT_TRIES:
                raise


def _look(world: World, worker: str, is_stopping: Callable[[], bool]) -> int:
    """Look for the tweets that may be on X, account by account. How many POSTs were made."""
    posted = 0
    while not is_stopping() and (looked_for := _take_looks(world)):
        try:
            posted += _look_at(world, looked_for, worker, is_stopping)
        except Problem:  # the database is away
            raise
        except Exception as bug:
            log.error("look_failed", account=looked_for[0].account_id, exc_info=bug)
    return posted


def _take_looks(world: World) -> list[Tweet]:
    now, rehearses = world.clock.now(), world.publisher.rehearses
    # most of the time there is nothing, and nobody's write has to wait for that
    with world.db.read() as session:
        if not dues.any_look(session, now, rehearses=rehearses):
            return []
    with world.db.write() as session:
        return dues.take_looks(session, now, rehearses=rehearses)


def _look_at(world: World, looked_for: Sequence[Tweet], worker: str, is_stopping: Callable[[], bool]) -> int:
    """Look at one account's timeline for its tweets; send once more what isn't there."""
    with world.db.read() as session:
        links_of = links.all_of_tweets(session, [tweet.id for tweet in looked_for])
    posts = _timeline(world, looked_for)
    if isinstance(posts, Refused):
        with world.db.write() as session:
            for tweet in looked_for:
                dues.give_up(session, tweet, posts.code, worker, world.clock.now())
        return 0
    if isinstance(posts, Later):
        with world.db.write() as session:
            dues.look_later(session, looked_for, posts, world.clock.now())
        return 0
    posted = 0
    for tweet in looked_for:
        urls = list(linked.urls_of(world.settings, links_of[tweet.id]).values())
        if post := dues.find_post(posts, urls, tweet.posted_text):
            if dues.says(post, tweet.posted_text, urls):
                _adopt(world, tweet, post, worker, "found")
            else:
                with world.db.write() as session:
                    dues.give_up(session, tweet, "x_other_words", worker, world.clock.now())
        elif not is_stopping() and (again := _claim_again(world, tweet, worker)):
            _post(world, again, worker)
            posted += 1
    return posted


def _timeline(world: World, looked_for: Sequence[Tweet]) -> list[Post] | Later | Refused:
    """The account's posts since; or until when nothing can be learnt; or that nobody can look any more."""
    if closed := why_closed(world, looked_for[0].account_id):
        can_open_again = isinstance(closed, Refused) and closed.code not in GONE
        return Later("x_down", closed.code) if can_open_again else closed
    with world.db.read() as session:
        access = _access(session, looked_for[0], world.vault)
        since = dues.since(session, looked_for, world.clock.now())
    try:
        posts = _publisher(world, access).own_posts(since)
    except Later as wait:
        return wait
    except Refused as refused:
        return refused if refused.code in GONE else Later("x_down", refused.detail)
    except Unknown as silence:
        return Later("x_down", silence.detail)
    if not looked_for[0].rehearsed:
        _note_read(world, looked_for[0].account_id, posts)
    return posts


def _note_read(world: World, account_id: str | None, posts: Sequence[Post]) -> None:
    now, price = world.clock.now(), prices.micros(world.settings.x_price_own_read)
    with world.db.write() as session:
        if charged := results.charged(session, account_id, posts, now):
            postings.note(session, "read", charged * price, now, account_id=account_id)


def _claim_again(world: World, tweet: Tweet, worker: str) -> Claimed | None:
    # one by one, each claimed in the moment before its POST
    now, settings = world.clock.now(), world.settings
    with world.db.write() as session:
        take_turns(session, "postings")
        if not dues.absent(session, tweet, worker, now, settings.late_limit_s):
            return None
        wait = _wait(session, tweet, now)
        if wait or campaigns.find(session, tweet.campaign_id).paused_at:
            dues.put_off(session, tweet, dues.moment(wait, 1, now) if wait else now, worker, now)
            return None
        if refusal := _why_not(session, tweet, settings, now):
            dues.fail(session, tweet, refusal, worker, now)
            return None
        again = dues.take_again(session, tweet, worker, now)
        return _claimed(session, again, settings, world.vault, now) if again else None
