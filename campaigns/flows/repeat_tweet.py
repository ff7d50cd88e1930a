"""A tweet comes again: drafts for its next times, each of which needs words of its own before it is planned."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from campaigns.kernel.errors import Faults
from campaigns.planning import campaigns
from campaigns.publishing import calendars, families, media, rhythms, tweets
from campaigns.publishing.calendars import Plan
from campaigns.publishing.tweets import Tweet
from campaigns.settings import Settings
from campaigns.tracking import drafts, linked, links, qrs
from campaigns.tracking.linked import LinkedTweet
from campaigns.world import World


def repeat_tweet(
    world: World, tweet_id: str, every: str, count: int, zone: str, *, who: str, user_id: str | None = None
) -> list[LinkedTweet]:
    """The drafts, in order, threads by their first parts: dated, not planned. They begin with the words of now.

    Polls and pictures come along, a QR with the new link in it. A time at which it comes again already isn't made
    twice: asked for once more, those are the answer.

    | argument | meaning |
    |---|---|
    | every | week, two_weeks, four_weeks or month |
    | zone | whose clocks count, where the tweet was planned by none |

    Raises missing, invalid (`not_a_choice`, `out_of_range`).
    """
    now, faults = world.clock.now(), Faults()
    rhythm = next((each for each in rhythms.EVERY if each == every), None)
    if rhythm is None:
        faults.add("every", "not_a_choice")
    if not 1 <= count <= rhythms.MOST:
        faults.add("count", "out_of_range", least=1, most=rhythms.MOST)
    faults.check()
    assert rhythm
    by = _By(world.settings, who, user_id, now, {})
    with world.db.write() as session:
        tweet = tweets.find(session, tweet_id, to_change=True)  # asked for twice at once, it is made once
        zone = tweet.zone or zone
        begins = tweet.local_time or calendars.local(tweet.sent_at or tweet.scheduled_at or now, zone)
        there = {each.scheduled_at: each for each in families.of_series(session, tweet.series_id or tweet.id)}
        plans = rhythms.times(begins, zone, rhythm, count, now)
        made = [there.get(plan.at) or _again(session, tweet, plan, by) for plan in plans]
        answer = linked.linked(session, world.settings, made, now)
    for key, content in by.qrs.items():
        world.files.put(key, content)
    return answer


@dataclass(frozen=True)
class _By:
    """Who makes it, with what; `qrs`: the pictures that are new, by their keys."""

    settings: Settings
    who: str
    user_id: str | None
    now: datetime
    qrs: dict[str, bytes]


def _again(session: Session, tweet: Tweet, plan: Plan, by: _By) -> Tweet:
    """The whole of it, from this part on."""
    behind = [each for each in tweets.parts(session, tweet) if each.part > tweet.part]
    first = _part_again(session, tweet, plan, by)
    for part, each in enumerate(behind, 2):
        _part_again(session, each, plan, by, thread_id=first.id, part=part)
    if behind:
        first.thread_id = first.id
        session.flush()
    return first


def _part_again(session: Session, tweet: Tweet, plan: Plan, by: _By, **place: Any) -> Tweet:
    campaign = campaigns.find(session, tweet.campaign_id)
    made = linked.make(
        session, by.settings, campaign, tweet.offer_id, tweet.text, by.now, who=by.who, user_id=by.user_id,
        account_id=tweet.account_id, reply_settings=tweet.reply_settings, linkless=tweet.linkless, poll=tweet.poll,
        series_id=tweet.series_id or tweet.id, scheduled_at=plan.at, local_time=plan.local_time, zone=plan.zone,
        **place,
    )  # fmt: skip
    linked.copy_links(session, by.settings, campaign, tweet, made)
    _copy_media(session, tweet, made, by)
    return made


def _copy_media(session: Session, tweet: Tweet, made: Tweet, by: _By) -> None:
    """Its pictures; the QR of its link is drawn anew, since the new one's is another."""
    code = links.qr_code_of(session, tweet.id)
    qr_key = media.key_of(tweet.id, qrs.picture(links.url(by.settings, code))) if code else ""
    for each in media.list_of(session, tweet.id):
        if each.key != qr_key:
            media.copy(session, each, made)
            continue
        link = links.of_tweet(session, made.id)
        assert link
        url = links.url(by.settings, drafts.qr(session, link, by.now).code)
        content = qrs.picture(url)
        key = media.key_of(made.id, content)
        media.add(session, made, media.check(content, url), key, by.now)
        by.qrs[key] = content
