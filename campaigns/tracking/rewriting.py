"""Rewriting: a tweet, and the parts behind it, become others while X can't have them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from campaigns.kernel.errors import Faults
from campaigns.planning import campaigns
from campaigns.ports import ReplySettings
from campaigns.publishing import accounts, polls, repeats, tweets, weights
from campaigns.publishing.accounts import Usual
from campaigns.publishing.calendars import Plan
from campaigns.publishing.threads import MOST_PARTS
from campaigns.publishing.tweets import Tweet
from campaigns.publishing.weights import LINK
from campaigns.settings import Settings
from campaigns.tracking import linked, links


@dataclass(frozen=True)
class Wanted:
    """What is to be otherwise about a tweet, as it was typed; what is None stays.

    | field | meaning |
    |---|---|
    | parts | those behind it, in their order: an empty one goes, one more is made, those that aren't named stay |
    | account_id | empty: the usual one |
    | linkless | it may do without {link} |
    | poll_options, poll_minutes | 2 to 4 answers; none: no poll |
    """

    text: str | None = None
    parts: tuple[str, ...] | None = None
    account_id: str | None = None
    reply_settings: ReplySettings | None = None
    linkless: bool | None = None
    poll_options: tuple[str, ...] | None = None
    poll_minutes: int = polls.USUAL_MINUTES


AS_IT_IS = Wanted()


@dataclass(frozen=True)
class By:
    """Who rewrites, and when. `keeps_plan`: nobody else has to accept the words, so one that is planned stays so."""

    who: str
    user_id: str | None
    now: datetime
    keeps_plan: bool
    usual: Usual


def rewrite(session: Session, settings: Settings, tweet: Tweet, wanted: Wanted, by: By) -> Tweet:
    """The tweet as it is wanted; what is so already isn't touched. After repeats.one_at_a_time.

    Raises invalid with every field's fault (see weights.check, polls.check; `account_missing`, `thread_too_long`),
    conflict (`tweet_gone_out`, `tweet_changed`, `tweet_followed`; for what stays planned `tweet_duplicate`).
    """
    tweets.check_with_us(tweet)
    behind = tweets.with_following(session, tweet, tweets.WITH_US)[1:]
    first, *others = _checked(session, tweet, behind, wanted)
    is_other_thread = any((not values) == (n < len(behind)) for n, values in enumerate(others))
    tweet = _changed(session, tweet, first, by, anew=is_other_thread)
    for part, values in zip(behind, others, strict=False):
        if values:
            _changed(session, part, values, by)
        else:
            linked.forget(session, part.id, by.now)
    for values in others[len(behind) :]:
        if values:
            tweet = _with_part(session, settings, tweet, values, by)
    return tweet


def _checked(session: Session, tweet: Tweet, behind: Sequence[Tweet], wanted: Wanted) -> list[dict[str, Any]]:
    """The columns of each part as they are kept, of one that goes none."""
    typed = [tweet.text if wanted.text is None else wanted.text, *_texts_behind(behind, wanted)]
    written, faults = [text for text in typed if text.strip()], Faults()
    is_thread = tweet.part > 1 or len(written) > 1
    linkless = tweet.linkless if wanted.linkless is None else wanted.linkless
    needless = linkless or (is_thread and (tweet.part > 1 or any(LINK in text for text in typed)))
    shared = _shared(session, tweet, wanted, faults)
    kept: list[dict[str, Any]] = []
    for n, (text, places) in enumerate(zip(typed, _places(session, tweet, behind, len(typed)), strict=True)):
        if n and not text.strip():
            kept.append({})
            continue
        with faults.gather():
            checked = weights.check(text, f"part_{n}" if n else "text", linkless=needless or n > 0, places=places)
            is_linkless = linkless or (is_thread and LINK not in checked)
            kept.append(shared | {"text": checked, "linkless": is_linkless})
    if wanted.poll_options is not None:
        with faults.gather():
            poll = polls.check(wanted.poll_options, wanted.poll_minutes)
            kept[:1] = [each | {"poll": poll} for each in kept[:1]]
    if tweet.part - 1 + len(written) > MOST_PARTS:
        faults.add("text", "thread_too_long", most=MOST_PARTS)
    faults.check()
    return kept


def _texts_behind(behind: Sequence[Tweet], wanted: Wanted) -> list[str]:
    told = list(wanted.parts or ())
    return told + [part.text for part in behind[len(told) :]]


def _places(session: Session, tweet: Tweet, behind: Sequence[Tweet], count: int) -> list[Collection[int]]:
    """Which links each part has; a new one will have its own. 1 query."""
    ids = [tweet.id, *(part.id for part in behind)]
    of = links.all_of_tweets(session, ids)
    return [of[ids[n]].keys() if n < len(ids) else (1,) for n in range(count)]


def _shared(session: Session, tweet: Tweet, wanted: Wanted, faults: Faults) -> dict[str, Any]:
    """What all parts have in common."""
    shared: dict[str, Any] = {}
    if wanted.account_id is not None:
        shared["account_id"] = wanted.account_id or None
        if wanted.account_id and wanted.account_id != tweet.account_id:
            with faults.gather():
                accounts.usable(session, wanted.account_id)
    if wanted.reply_settings is not None:
        shared["reply_settings"] = wanted.reply_settings
    return shared


def _changed(session: Session, tweet: Tweet, values: dict[str, Any], by: By, *, anew: bool = False) -> Tweet:
    """`anew`: its thread is another one, so that whoever accepted it accepted something else."""
    others = {name: value for name, value in values.items() if getattr(tweet, name) != value}
    if not others and not (anew and tweet.state in ("proposed", "approved", "scheduled")):
        return tweet
    if "account_id" in others and tweet.state == "scheduled":
        others["rehearsed"] = accounts.rehearses(session, others["account_id"], by.usual)
    text = others.pop("text", tweet.text)
    edited = tweets.edit(session, tweet, text, who=by.who, now=by.now, keeps_plan=by.keeps_plan, **others)
    if edited.state == "scheduled":
        repeats.check_new(session, edited, by.now)
    return edited


def _with_part(session: Session, settings: Settings, tweet: Tweet, values: dict[str, Any], by: By) -> Tweet:
    """One more part at the end of its thread; planned when the tweet is."""
    if tweet.thread_id is None:
        tweet = tweets.touch(session, tweet, thread_id=tweet.id) or tweet
    last = tweets.parts(session, tweet)[-1]
    common = {"account_id": tweet.account_id, "reply_settings": tweet.reply_settings, "series_id": tweet.series_id}
    made = linked.make(
        session, settings, campaigns.find(session, tweet.campaign_id), tweet.offer_id, now=by.now, who=by.who,
        user_id=by.user_id, thread_id=tweet.thread_id, part=last.part + 1, **common | values,
    )  # fmt: skip
    if tweet.state == "scheduled" and tweet.scheduled_at:
        plan = Plan(tweet.scheduled_at, tweet.local_time, tweet.zone)
        linked.schedule(session, made, plan, rehearsed=tweet.rehearsed, who=by.who, now=by.now)
    return tweet
