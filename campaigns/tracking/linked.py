"""Linked tweets: a tweet with its own short link, as pages and the API show it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session

from campaigns.kernel import editions
from campaigns.kernel.errors import problem
from campaigns.kernel.keysets import LIMIT, Slice
from campaigns.planning import campaigns, pages
from campaigns.planning.campaigns import Campaign
from campaigns.publishing import media, prices, repeats, tweets, weights
from campaigns.publishing.calendars import Plan
from campaigns.publishing.media import TweetMedia
from campaigns.publishing.tweets import Tweet, TweetState
from campaigns.settings import Settings
from campaigns.tracking import drafts, links
from campaigns.tracking.drafts import LinkDraft
from campaigns.tracking.links import Link
from campaigns.tracking.rollups import LinkHour


@dataclass(frozen=True)
class LinkedTweet:
    """A tweet with its links.

    | field | meaning |
    |---|---|
    | link, url | its own, and its address |
    | links, urls | all of them by place |
    | repeats | its text is planned or was posted elsewhere too |
    | price_micros | what X asks for it, in millionths of a dollar |
    | shows | its pictures or its film |
    """

    tweet: Tweet
    links: Mapping[int, Link]
    urls: Mapping[int, str]
    repeats: bool
    price_micros: int
    shows: Sequence[TweetMedia] = ()

    @property
    def link(self) -> Link:
        return self.links[1]

    @property
    def url(self) -> str:
        return self.urls[1]

    @property
    def full_text(self) -> str:
        """What goes to X, or went: the addresses in their places."""
        return self.tweet.posted_text or weights.with_links(self.tweet.text, self.urls)

    @property
    def weight(self) -> int:
        """What X counts of 280."""
        return weights.weigh(self.tweet.text).weight


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
    of = links.all_of_tweets(session, [tweet.id for tweet in found])
    again = repeats.repeated(session, found, now)
    return [
        LinkedTweet(
            tweet, of[tweet.id], urls_of(settings, of[tweet.id]), tweet.id in again,
            prices.of_post(settings, tweet.text), shows.get(tweet.id, ()),
        )
        for tweet in found
    ]  # fmt: skip


def urls_of(settings: Settings, of: Mapping[int, Link]) -> dict[int, str]:
    """The addresses of a tweet's links."""
    return {place: links.url(settings, link.code) for place, link in of.items()}


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


@dataclass(frozen=True)
class Further:
    """Where another link of a tweet leads: to an offer of its campaign, or to any address; the address wins."""

    offer_id: str | None = None
    target: str = ""


def add_link(
    session: Session, settings: Settings, tweet: Tweet, wanted: Further, now: datetime, place: int | None = None
) -> Link:
    """A further link of a tweet, in its first free place unless one is named, where it keeps what is there.

    Raises invalid with every field's fault (see drafts.check), conflict (`links_too_many_here`). Queries: 5.
    """
    draft = LinkDraft("x_organic", offer_id=wanted.offer_id, target=wanted.target)
    kept = drafts.check(session, settings, tweet.campaign_id, draft)
    if place is None:
        taken = links.all_of_tweets(session, [tweet.id])[tweet.id]
        place = min(weights.PLACES - taken.keys(), default=None)
    if place is None:
        raise problem("conflict", "links_too_many_here", most=len(weights.PLACES))
    return links.make(
        session, settings, campaign=campaigns.find(session, tweet.campaign_id), offer_id=wanted.offer_id, tweet=tweet,
        now=now, place=place, target=kept["target"],
    )  # fmt: skip


def remove_link(session: Session, tweet: Tweet, place: int) -> None:
    """Take a further link away that isn't in the words, and that nobody opened.

    Raises missing (`link_unknown`), conflict (`link_in_text`, `tweet_followed`). Queries: 4.
    """
    link = links.all_of_tweets(session, [tweet.id])[tweet.id].get(place)
    if link is None or place == 1:
        raise problem("missing", "link_unknown")
    if place in weights.places_in(tweet.text):
        raise problem("conflict", "link_in_text", word=weights.word_of(place))
    _forget_links(session, [link])


def copy_links(session: Session, settings: Settings, campaign: Campaign, before: Tweet, tweet: Tweet) -> None:
    """Give a tweet further links as another one has. Queries: 1, and 2 for each."""
    _own, *further = links.all_of_tweets(session, [before.id])[before.id].values()
    for link in further:
        links.make(
            session, settings, campaign=campaign, offer_id=link.offer_id, tweet=tweet, now=tweet.created_at,
            place=link.place, target=link.target,
        )  # fmt: skip


def check_online(session: Session, tweet: Tweet) -> None:
    """Refuse to let out a link that leads nowhere. Raises conflict (`no_page_online`). Queries: 1, and 1 a link.

    A place without a link is what somebody wrote before there were any: it goes out as it stands.
    """
    of = links.all_of_tweets(session, [tweet.id])[tweet.id]
    for link in (of[place] for place in weights.places_in(tweet.text) if place in of):
        if not link.target and not (link.offer_id and pages.online_page_of(session, link.offer_id)):
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


def forget(session: Session, tweet_id: str, now: datetime) -> None:
    """Delete a tweet that X can't have, with its link. Raises missing, conflict (`tweet_gone_out`, `tweet_followed`).

    A link that was opened stays, and its tweet with it: a number in a report must keep its rows.
    """
    tweet = tweets.find(session, tweet_id, to_change=True)
    if tweet.state in tweets.WITH_US:
        _forget_links(session, links.all_of_tweets(session, [tweet.id])[tweet.id].values())
    thread_id, part = tweet.thread_id, tweet.part
    tweets.forget(session, tweet)
    if thread_id:
        tweets.close_gap(session, thread_id, part, now)


def _forget_links(session: Session, some: Collection[Link]) -> None:
    ids = [link.id for link in some]
    if session.scalar(select(exists().where(LinkHour.link_id.in_(ids)))):
        raise problem("conflict", "tweet_followed")
    session.execute(delete(Link).where(Link.qr_of.in_(ids)))
    session.execute(delete(Link).where(Link.id.in_(ids)))
    editions.turn(session)
    session.flush()
