"""Groups: which row of a report a link's hits and an entity's credit belong to."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from campaigns.kernel.arrays import among
from campaigns.measuring.figures import OfLink
from campaigns.measuring.questions import Group
from campaigns.planning.campaigns import Campaign
from campaigns.publishing import weights
from campaigns.publishing.tweets import Tweet
from campaigns.tracking.links import Link

Known = dict[str, tuple[Tweet, str | None]]


@dataclass(frozen=True)
class Places:
    """What is known of the tweets and links of a report, by their ids."""

    tweets: Known
    links: dict[str, Link]
    zone: str


def places(
    session: Session, tweet_ids: Collection[str], link_ids: Collection[str], zone: str, known: Known | None = None
) -> Places:
    """The tweets with their links' codes, and the other links. Queries: 2 at most."""
    missing = set(tweet_ids) - (known or {}).keys()
    tweets = (known or {}) | (tweets_where(session, missing) if missing else {})
    links = {}
    if link_ids:
        links = {link.id: link for link in session.scalars(select(Link).where(among(session, Link.id, link_ids)))}
    return Places(tweets, links, zone)


def tweets_where(session: Session, ids: Collection[str]) -> Known:
    """Tweets with their links' codes. Queries: 1."""
    own_link = and_(Link.tweet_id == Tweet.id, Link.place == 1, Link.qr_of.is_(None))
    query = select(Tweet, Link.code).outerjoin(Link, own_link).where(among(session, Tweet.id, ids))
    return {tweet.id: (tweet, code) for tweet, code in session.execute(query)}


def key_of_entity(entity: str, group: Group, known: Places) -> str | None:
    """The row of an entity's credit; None: nobody's. Spillover is nobody's in every group.

    Keys: a tweet's id, a thread's (its first tweet's), a campaign's, a contact, a channel, an hour (0 to 23), a weekday
    (0: Monday), a format (thread, poll, no_link, plain).
    """
    kind, _, id_ = entity.partition(":")
    if kind == "tweet":
        tweet = known.tweets[id_][0] if id_ in known.tweets else None
        return OF_TWEET[group](id_, tweet, known.zone)
    if kind == "link" and id_ in known.links:
        return OF_LINK[group](known.links[id_].contact, known.links[id_].channel, known.links[id_].campaign_id)
    return None


def key_of_link(link: OfLink, group: Group, known: Places) -> str | None:
    """The row of a link's hits."""
    if link.tweet_id:
        return key_of_entity(f"tweet:{link.tweet_id}", group, known)
    return OF_LINK[group](link.contact, link.channel, link.campaign_id)


def names(session: Session, keys: Collection[str], group: Group) -> dict[str, str]:
    """What rows are called, by their keys: campaigns have names, the others are named by the page. Queries: 0 or 1."""
    if group != "campaign":
        return {}
    query = select(Campaign.id, Campaign.name).where(among(session, Campaign.id, keys))
    return {row.id: row.name for row in session.execute(query)}


def format_of(tweet: Tweet) -> str:
    """How it is made: thread, poll, no_link or plain."""
    if tweet.thread_id:
        return "thread"
    if tweet.poll:
        return "poll"
    return "plain" if weights.places_in(tweet.text) else "no_link"


def _hour(_id: str, tweet: Tweet | None, zone: str) -> str | None:
    return f"{tweet.sent_at.astimezone(ZoneInfo(zone)).hour}" if tweet and tweet.sent_at else None


def _weekday(_id: str, tweet: Tweet | None, zone: str) -> str | None:
    return f"{tweet.sent_at.astimezone(ZoneInfo(zone)).weekday()}" if tweet and tweet.sent_at else None


OF_TWEET: dict[Group, Callable[[str, Tweet | None, str], str | None]] = {
    "tweet": lambda id_, _tweet, _zone: id_,
    "thread": lambda id_, tweet, _zone: (tweet.thread_id if tweet else None) or id_,  # alone, it is a thread of one
    "campaign": lambda _id, tweet, _zone: tweet.campaign_id if tweet else None,
    "contact": lambda _id, _tweet, _zone: None,
    "channel": lambda _id, _tweet, _zone: "x_organic",
    "hour": _hour,
    "weekday": _weekday,
    "format": lambda _id, tweet, _zone: format_of(tweet) if tweet else None,
}
OF_LINK: dict[Group, Callable[[str | None, str, str], str | None]] = {
    "tweet": lambda _contact, _channel, _campaign: None,
    "thread": lambda _contact, _channel, _campaign: None,
    "campaign": lambda _contact, _channel, campaign: campaign,
    "contact": lambda contact, _channel, _campaign: contact,
    "channel": lambda _contact, channel, _campaign: channel,
    "hour": lambda _contact, _channel, _campaign: None,
    "weekday": lambda _contact, _channel, _campaign: None,
    "format": lambda _contact, _channel, _campaign: None,
}
