"""Links: a code, where it leads, and the tweet it belongs to. The link is the identity: the referrer can't be."""

from collections.abc import Collection
from datetime import datetime
from typing import Literal

from sqlalchemy import ColumnElement, ForeignKey, Index, or_, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from campaigns.kernel import editions
from campaigns.kernel.codes import is_id, new_code, new_id
from campaigns.kernel.columns import ID, Pk
from campaigns.kernel.db import Base, changed, insert_once
from campaigns.kernel.errors import problem
from campaigns.planning.campaigns import Campaign
from campaigns.publishing.tweets import Tweet
from campaigns.settings import Settings

Channel = Literal["x_organic", "x_paid", "x_influencer", "email", "newsletter", "blog", "slide", "qr", "other"]
Forwarding = Literal["off", "all", "listed"]

CHANNELS: dict[Channel, tuple[str, str]] = {
    "x_organic": ("twitter", "social"),
    "x_paid": ("twitter", "paid_social"),
    "x_influencer": ("twitter", "influencer"),
    "email": ("email", "email"),
    "newsletter": ("newsletter", "email"),
    "blog": ("blog", "referral"),
    "slide": ("slides", "offline"),
    "qr": ("print", "qr"),
    "other": ("other", "other"),
}
"""What a link is made for, with the source and medium that it gets unless told otherwise."""

CODE_LENGTH, MAX_TARGET = 7, 2_000
MOST_CHARACTERS = 64
TRIES = 10
TRAILING = ".,;:!?)]}'\"…»”’> \u00a0\u202f"
"""What stands behind an address in a sentence, or where one is cut short for show, and gets copied with it.

French puts a no-break space before some of it.
"""

RESERVED = frozenset({
    "account", "admin", "api", "apple-app-site-association", "app", "assets", "favicon", "healthz", "help", "hooks",
    "index", "l", "login", "logout", "metrics", "p", "privacy", "readyz", "robots", "sign-in", "sitemap", "static",
    "well-known", "www",
})  # fmt: skip
"""Words that the root of a short domain needs for itself, or that would look like the company's own pages."""


class Link(Base):
    """A short link. One a tweet, offer and channel, made with it and never used again for another.

    | column | meaning |
    |---|---|
    | offer_id | None: its target is none of our pages |
    | target | empty: the offer's page that is online |
    | channel | what it was made for, see CHANNELS |
    | source, medium, content, term | its tags: utm_source and so on; `content` is t-<tweet key> or the code |
    | name, contact | what the marketer calls it; whom it was given to |
    | place | of a tweet's links: 1 is its own, which stands for {link}; 2 to 4 are {link2} to {link4} |
    | qr_of | the link whose QR it is |
    | starts_at, ends_at, over_target | open from, until; where it leads afterwards |
    | most_clicks, capped_at | over after so many clicks; when they were reached |
    | forwarding, forwarded | what of an incoming query is handed on: off, all, listed (and those names) |
    | search | what the search box looks in, denormalised from code, name, contact and target |
    """

    __tablename__ = "links"
    __table_args__ = (
        # a tweet's links: each is made once
        Index(
            "uq_links_tweet", "tweet_id", "place", unique=True, sqlite_where=text("qr_of IS NULL"),
            postgresql_where=text("qr_of IS NULL"),
        ),
        Index("ix_links_created", "created_at", "id"),  # all of them, newest first
        Index("ix_links_campaign", "campaign_id", "created_at", "id"),  # a campaign's
        Index("ix_links_channel", "channel", "created_at", "id"),  # a channel's
    )  # fmt: skip

    id: Mapped[Pk]
    code: Mapped[str] = mapped_column(unique=True)
    campaign_id: Mapped[str] = mapped_column(ID, ForeignKey("campaigns.id"))
    offer_id: Mapped[str | None] = mapped_column(ID, ForeignKey("offers.id"), index=True)
    tweet_id: Mapped[str | None] = mapped_column(ID, ForeignKey("tweets.id"))
    place: Mapped[int] = mapped_column(default=1)
    target: Mapped[str | None]
    channel: Mapped[Channel]
    source: Mapped[str]
    medium: Mapped[str]
    content: Mapped[str]
    term: Mapped[str | None]
    name: Mapped[str | None]
    contact: Mapped[str | None]
    qr_of: Mapped[str | None] = mapped_column(ID, ForeignKey("links.id"), unique=True)
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    over_target: Mapped[str | None]
    most_clicks: Mapped[int | None]
    capped_at: Mapped[datetime | None]
    forwarding: Mapped[Forwarding]
    forwarded: Mapped[list[str]]
    search: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]


def make(
    session: Session, settings: Settings, *, campaign: Campaign, offer_id: str | None, tweet: Tweet, now: datetime,
    place: int = 1, target: str | None = None,
) -> Link:  # fmt: skip
    """A link of a tweet, with a new code. A tweet that has one in that place keeps it.

    Queries: 2; one more for each code that was taken, one in 10^6 with a million links.
    """
    session.flush()  # the tweet's row must be there before its link
    source, medium = tags_of("x_organic", settings)
    for _try in range(TRIES):
        code = free_code()
        insert_once(
            session, Link, id=new_id(), code=code, campaign_id=campaign.id, offer_id=offer_id, tweet_id=tweet.id,
            place=place, target=target, channel="x_organic", source=source, medium=medium,
            content=f"t-{tweet.key}", forwarding="off", forwarded=[],
            search=search_text(code, target), created_at=now, updated_at=now,
        )  # fmt: skip
        if link := all_of_tweets(session, [tweet.id]).get(tweet.id, {}).get(place):
            return link
    raise RuntimeError("ten codes were taken one after the other")


def free_code() -> str:
    """A random code that is no reserved word."""
    while (code := new_code(CODE_LENGTH)).lower() in RESERVED:
        pass
    return code


def search_text(code: str, *more: str | None) -> str:
    """What the search box looks in.

    >>> search_text("Lettre-11", "Lettre d’information", None)
    'lettre-11 lettre d’information'
    """
    return " ".join(part for part in (code, *more) if part).lower()


def tags_of(channel: Channel, settings: Settings) -> tuple[str, str]:
    """utm_source and utm_medium of a channel: as the installation says for X, else as usual."""
    source, medium = CHANNELS[channel]
    if channel.startswith("x_"):
        source = settings.utm_source
    return source, settings.utm_medium if channel == "x_organic" else medium


def spellings(code: str) -> set[str]:
    """A code as it was asked for and without a sentence's punctuation; nothing for what can't be one.

    >>> sorted(spellings("abc)."))
    ['abc', 'abc).']
    """
    bare = code.rstrip(TRAILING)
    if len(code) > MOST_CHARACTERS or not bare.isprintable():
        return set()  # PostgreSQL refuses a NUL, and a lone surrogate can't be sent to any database
    return {code, bare}


def find(session: Session, link_id: str, *, to_change: bool = False) -> Link:
    """The link; `to_change`: nobody else changes it until this transaction ends. Raises missing (`link_unknown`)."""
    if is_id(link_id):
        wanted = select(Link).where(Link.id == link_id)
        if found := session.scalars(wanted.with_for_update() if to_change else wanted).one_or_none():
            return found
    raise problem("missing", "link_unknown")


def find_by_code(session: Session, code: str) -> Link:
    """The link with this code, perhaps with a sentence's punctuation behind. Raises missing (`code_missing`)."""
    found = {link.code: link for link in session.scalars(select(Link).where(Link.code.in_(spellings(code))))}
    if link := found.get(code) or found.get(code.rstrip(TRAILING)):
        return link
    raise problem("missing", "code_missing")


def of_tweet(session: Session, tweet_id: str) -> Link | None:
    """A tweet's own link."""
    return session.scalar(select(Link).where(Link.tweet_id == tweet_id, Link.place == 1, Link.qr_of.is_(None)))


def qr_code_of(session: Session, tweet_id: str) -> str | None:
    """The code of the QR of a tweet's own link, where there is one. Queries: 1."""
    own = select(Link.id).where(Link.tweet_id == tweet_id, Link.place == 1, Link.qr_of.is_(None)).scalar_subquery()
    return session.scalar(select(Link.code).where(Link.qr_of == own))


def all_of_tweets(session: Session, tweet_ids: Collection[str]) -> dict[str, dict[int, Link]]:
    """The links of tweets, by the tweet's id and by place. Queries: 1."""
    found = select(Link).where(Link.tweet_id.in_(tweet_ids), Link.qr_of.is_(None)).order_by(Link.place)
    of: dict[str, dict[int, Link]] = {}
    for link in session.scalars(found):
        of.setdefault(link.tweet_id or "", {})[link.place] = link
    return of


def qr_of(session: Session, link: Link) -> Link | None:
    """The link that the QR of this one carries: itself when it was made for print; None: not made yet."""
    if link.channel == "qr":
        return link
    return session.scalar(select(Link).where(Link.qr_of == link.id))


def url(settings: Settings, code: str) -> str:
    """The address that goes into a tweet: on the short domain when there is one."""
    return f"{settings.short_url}/{code}" if settings.short_url else f"{settings.public_url}/l/{code}"


def disable(session: Session, link_id: str, now: datetime) -> bool:
    """Let a link and its QR lead nowhere from now on: visitors are told so. Whether it did before."""
    editions.turn(session)
    still = update(Link).where(_and_its_qr(link_id), Link.disabled_at.is_(None))
    return bool(changed(session, still.values(disabled_at=now, updated_at=now)))


def enable(session: Session, link_id: str, now: datetime) -> bool:
    """Let a disabled link and its QR lead on again. Whether it was disabled."""
    editions.turn(session)
    closed = update(Link).where(_and_its_qr(link_id), Link.disabled_at.is_not(None))
    return bool(changed(session, closed.values(disabled_at=None, updated_at=now)))


def _and_its_qr(link_id: str) -> ColumnElement[bool]:
    return or_(Link.id == link_id, Link.qr_of == link_id)


def carry_to_qr(session: Session, link: Link, now: datetime) -> None:
    """Let a link's QR lead where the link does: what is printed can't be changed, its link can. Queries: 1."""
    shared = {
        "target": link.target, "name": link.name, "contact": link.contact, "starts_at": link.starts_at,
        "ends_at": link.ends_at, "over_target": link.over_target,
    }  # fmt: skip
    session.execute(update(Link).where(Link.qr_of == link.id).values(**shared, updated_at=now))
