"""Links: a code, where it leads, and the tweet it belongs to. The link is the identity: the referrer can't be."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, urlsplit, urlunsplit

from sqlalchemy import ForeignKey, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from campaigns.kernel.codes import new_code, new_id
from campaigns.kernel.columns import ID, Pk
from campaigns.kernel.db import Base, changed, insert_once
from campaigns.kernel.errors import problem
from campaigns.planning.campaigns import Campaign
from campaigns.planning.offers import Offer
from campaigns.planning.pages import Page
from campaigns.publishing.tweets import Tweet
from campaigns.settings import Settings

CODE_LENGTH, MAX_TARGET = 7, 2_000
MEDIUM = "social"
TRAILING = ".,;:!?)]}'\""
"""What stands behind an address in a sentence and gets copied with it."""

URL_SAFE = "!$%&'()*+,/:;=?@-._~"
"""What stays as it is in an address; a % too, since what it was typed with is escaped already."""

RESERVED = frozenset({"account", "admin", "api", "healthz", "hooks", "metrics", "readyz", "sign-in", "static"})
"""Words that the root of a short domain would need for itself."""


class Link(Base):
    """A short link. One a tweet, offer and channel, made with the tweet and never used again for another.

    `target` empty: the offer's page that is online. `content` is utm_content (t-<tweet key>), `medium` utm_medium.
    """

    __tablename__ = "links"

    id: Mapped[Pk]
    code: Mapped[str] = mapped_column(unique=True)
    campaign_id: Mapped[str] = mapped_column(ID, ForeignKey("campaigns.id"), index=True)
    offer_id: Mapped[str] = mapped_column(ID, ForeignKey("offers.id"), index=True)
    tweet_id: Mapped[str | None] = mapped_column(ID, ForeignKey("tweets.id"), unique=True)
    target: Mapped[str | None]
    medium: Mapped[str]
    content: Mapped[str]
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]


@dataclass(frozen=True)
class Destination:
    """A link with where it leads. `page_slug`: the offer's first page online; None when there is none."""

    link: Link
    campaign: Campaign
    page_slug: str | None

    def target(self, settings: Settings) -> str | None:
        """Where its visitors go, untagged; None: it is disabled, or the offer has no page online."""
        if self.link.disabled_at:
            return None
        if self.link.target:
            return self.link.target
        return f"{settings.public_url}/p/{self.page_slug}" if self.page_slug else None


def make(session: Session, *, campaign: Campaign, offer_id: str, tweet: Tweet, now: datetime) -> Link:
    """The link of a tweet, with a new code. A tweet that has one keeps it.

    Queries: 2; one more for each code that was taken, one in 10^6 with a million links.
    """
    session.flush()  # the tweet's row must be there before its link
    for _try in range(10):
        code = new_code(CODE_LENGTH)
        if code.lower() not in RESERVED:
            insert_once(
                session, Link, id=new_id(), code=code, campaign_id=campaign.id, offer_id=offer_id, tweet_id=tweet.id,
                target=None, medium=MEDIUM, content=f"t-{tweet.key}", created_at=now, disabled_at=None,
            )  # fmt: skip
        if link := of_tweet(session, tweet.id):
            return link
    raise RuntimeError("ten codes were taken one after the other")


def destination(session: Session, code: str) -> Destination | None:
    """Where a code leads, also when it was copied with a sentence's punctuation. Queries: 1."""
    if len(code) > 64 or not code.isprintable():
        return None  # PostgreSQL refuses a NUL, and a lone surrogate can't be sent to any database
    bare = code.rstrip(TRAILING)
    online = select(Page.slug).where(
        Page.offer_id == Link.offer_id, Page.published_at.is_not(None), Page.closed_at.is_(None)
    )
    first_online = online.order_by(Page.published_at, Page.id).limit(1).correlate(Link).scalar_subquery()
    rows = session.execute(
        select(Link, Campaign, first_online)
        .join(Campaign, Campaign.id == Link.campaign_id)
        .where(Link.code.in_({code, bare}))
    )
    found = {link.code: Destination(link, campaign, slug) for link, campaign, slug in rows}
    return found.get(code) or found.get(bare)


def page_instead(session: Session, found: Destination | None) -> Page | None:
    """The page for those whose link leads nowhere: the newest online, of the link's campaign when it is known."""
    query = select(Page).where(Page.published_at.is_not(None), Page.closed_at.is_(None))
    if found:
        query = query.join(Offer, Offer.id == Page.offer_id).where(Offer.campaign_id == found.campaign.id)
    return session.scalar(query.order_by(Page.published_at.desc(), Page.id.desc()).limit(1))


def find_destination(session: Session, code: str) -> Destination:
    """As `destination`; raises missing (`code_missing`)."""
    if found := destination(session, code):
        return found
    raise problem("missing", "code_missing")


def find_by_code(session: Session, code: str) -> Link:
    """The link with this code, as `destination` finds it; raises missing (`code_missing`)."""
    return find_destination(session, code).link


def of_tweet(session: Session, tweet_id: str) -> Link | None:
    """The link of a tweet."""
    return session.scalar(select(Link).where(Link.tweet_id == tweet_id))


def of_tweets(session: Session, tweet_ids: Collection[str]) -> dict[str, Link]:
    """The links of tweets, by the tweet's id. Queries: 1."""
    found = session.scalars(select(Link).where(Link.tweet_id.in_(tweet_ids)))
    return {link.tweet_id: link for link in found if link.tweet_id}


def url(settings: Settings, code: str) -> str:
    """The address that goes into a tweet."""
    return f"{settings.public_url}/l/{code}"


def disable(session: Session, link_id: str, now: datetime) -> bool:
    """Let a link lead nowhere from now on: its visitors are told so. Whether it did before."""
    return bool(
        changed(session, update(Link).where(Link.id == link_id, Link.disabled_at.is_(None)).values(disabled_at=now))
    )


def enable(session: Session, link_id: str) -> None:
    """Let a disabled link lead on again."""
    session.execute(update(Link).where(Link.id == link_id).values(disabled_at=None))


def aim(session: Session, settings: Settings, link_id: str, target: str | None) -> None:
    """Let a link lead elsewhere than to its offer's page; None: back to it. Raises invalid (`target_malformed`)."""
    checked = checked_target(target) if target else None
    if checked and checked.startswith(url(settings, "")):
        raise problem("invalid", "target_malformed", "target")  # a link to a link may go round in a circle
    session.execute(update(Link).where(Link.id == link_id).values(target=checked))


def checked_target(typed: str) -> str:
    """An address that a link may lead to, as it can stand in a header: http or https, a host, no password.

    >>> checked_target(" https://exämple.fr/été?a=1#b ")
    'https://xn--exmple-cua.fr/%C3%A9t%C3%A9?a=1#b'
    """
    plain = typed.strip()
    try:
        parts = urlsplit(plain)
        host = (parts.hostname or "").encode("idna").decode("ascii")
        port = f":{parts.port}" if parts.port else ""
        path, query, fragment = (quote(each, safe=URL_SAFE) for each in (parts.path, parts.query, parts.fragment))
    except ValueError:  # brackets, ports, labels and surrogates that no address can have
        raise problem("invalid", "target_malformed", "target") from None
    acceptable = parts.scheme in ("http", "https") and re.fullmatch(r"[a-z0-9._-]+", host) and "@" not in parts.netloc
    if not acceptable or len(plain) > MAX_TARGET or "\\" in plain or not plain.isprintable():
        raise problem("invalid", "target_malformed", "target")
    return urlunsplit((parts.scheme, host + port, path or "/", query, fragment))
