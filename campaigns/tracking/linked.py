"""Linked tweets: a tweet with its own short link, as pages and the API show it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session

from campaigns.kernel import editions
from campaigns.kernel.errors import problem
from campaigns.kernel.keysets import LIMIT, Slice
from campaigns.planning import pages
from campaigns.planning.campaigns import Campaign
from campaigns.publishing import media, prices, repeats, tweets, weights
from campaigns.publishing.calendars import Plan
from campaigns.publishing.media import TweetMedia
from campaigns.publishing.tweets import Tweet, TweetState
from campaigns.settings import Settings
from campaigns.tracking import links
from campaigns.tracking.links import Link
from campaigns.tracking.rollups import LinkHour


@dataclass(frozen=True)
class LinkedTweet:
    """A tweet, its link, the link's address; `repeats`: its text is planned or was posted elsewhere too.

    `price_micros`: what X asks for it, in millionths of a dollar; `shows`: its pictures or its film.
    """

    tweet: Tweet
    link: Link
    url: str
    repeats: bool
    price_micros: int
    shows: Sequence[TweetMedia] = ()

    @property
    def full_text(self) -> str:
        """What goes to X, or went: the address in the place of {link}."""
        return self.tweet.posted_text or text_with(self.tweet.text, self.url)

    @property
    def weight(self) -> int:
        """What X counts of 280."""
        return weights.weigh(self.tweet.text).weight


def text_with(text: str, url: str) -> str:
    """The text as it is posted.

    >>> text_with("Read {link} today", "https://go.example/l/abcdefg")
    'Read https://go.example/l/abcdefg today'
    """
    return text.replace(weights.LINK, url)


def find(session: Session, settings: Settings, tweet_id: str, now: datetime) -> LinkedTweet:
    """One tweet. Raises missing (`tweet_missing`). Queries: 4."""
    return linked(session, settings, [tweets.find(session, tweet_id)], now)[0]


def list_page(
    session: Session, settings: Settings, now: datetime, *, campaign_id: str | None = None,
    state: TweetState | None = None, before: str | None = None, limit: int = LIMIT,
) -> Slice[LinkedTweet]:  # fmt: skip
    """Tweets, newest first. Raises invalid for a cursor that isn't one. Queries: 4."""
    found = tweets.list_page(session, campaign_id=campaign_id, state=state, before=before, limit=limit)
    return Slice(linked(session, settings, found.items, now), found.next)


def linked(session: Session, settings: Settings, found: Collection[Tweet], now: datetime) -> list[LinkedTweet]:
    """The tweets with their links. Queries: 3."""
    shows = media.of_tweets(session, [tweet.id for tweet in found])
    of = links.of_tweets(session, [tweet.id for tweet in found])
    again = repeats.repeated(session, found, now)
    return [
        LinkedTweet(
            tweet, of[tweet.id], links.url(settings, of[tweet.id].code), tweet.id in again,
            prices.of_post(settings, tweet.text), shows.get(tweet.id, ()),
        )
        for tweet in found
    ]  # fmt: skip


def make(
    session: Session, settings: Settings, campaign: Campaign, offer_id: str, text: str, now: datetime, *, who: str,
    user_id: str | None, **values: Any,
) -> Tweet:  # fmt: skip
    """A draft with its link. `text` as weights.check gave it; `values`: see tweets.create. Queries: 5."""
    tweet = tweets.create(
        session, campaign_id=campaign.id, offer_id=offer_id, text=text, now=now, who=who, user_id=user_id, **values
    )  # fmt: skip
    links.make(session, settings, campaign=campaign, offer_id=offer_id, tweet=tweet, now=now)
    return tweet


def check_online(session: Session, tweet: Tweet) -> None:
    """Refuse to let out a link that leads nowhere. Raises conflict (`no_page_online`). Queries: 1."""
    if weights.LINK in tweet.text and not pages.online_page_of(session, tweet.offer_id):
        raise problem("conflict", "no_page_online")


def schedule(
    session: Session, tweet: Tweet, plan: Plan, *, rehearsed: bool, who: str, now: datetime, why: str = "planned"
) -> Tweet:
    """Give it to the worker for a moment, if its link leads somewhere and its words are new.

    Raises conflict (`no_page_online`, `tweet_gone_out`, `tweet_duplicate`), invalid (`wording_needed`). Queries: 6.
    """
    tweets.check_with_us(tweet)
    check_online(session, tweet)
    planned = tweets.schedule(session, tweet, plan, rehearsed=rehearsed, who=who, why=why, now=now)
    repeats.check_new(session, planned, now)
    return planned


def forget(session: Session, tweet_id: str) -> None:
    """Delete a tweet that X can't have, with its link. Raises missing, conflict (`tweet_gone_out`, `tweet_followed`).

    A link that was opened stays, and its tweet with it: a number in a report must keep its rows.
    """
    tweet = tweets.find(session, tweet_id, to_change=True)
    link = links.of_tweet(session, tweet_id)
    if tweet.state in tweets.WITH_US and link:
        if session.scalar(select(exists().where(LinkHour.link_id == link.id))):
            raise problem("conflict", "tweet_followed")
        session.execute(delete(Link).where(Link.qr_of == link.id))
        session.delete(link)
        editions.turn(session)
        session.flush()
    thread_id, part = tweet.thread_id, tweet.part
    tweets.forget(session, tweet)
    if thread_id:
        tweets.close_gap(session, thread_id, part)
