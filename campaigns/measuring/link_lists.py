"""Link lists: links by campaign, channel and words, each with what it was followed by; and codes that are no link's."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from campaigns.kernel import keysets
from campaigns.kernel.keysets import LIMIT, Slice
from campaigns.measuring.exports import Cell, Line
from campaigns.planning.campaigns import Campaign
from campaigns.publishing.tweets import Tweet
from campaigns.settings import Settings
from campaigns.tracking import links
from campaigns.tracking.links import Link
from campaigns.tracking.rollups import DeadCode, LinkSum, all_hits

MOST_WORDS = 8
MOST_DEAD = 100
BATCH = 500
COLUMNS = (
    "code", "url", "name", "contact", "channel", "campaign", "utm_source", "utm_medium", "utm_content", "target",
    "created_at", "starts_at", "ends_at", "disabled_at", "hits", "clicks", "visits",
)  # fmt: skip


@dataclass(frozen=True)
class Counts:
    """The three counts of a link, side by side: hits → clicks → confirmed visits."""

    hits: int = 0
    clicks: int = 0
    visits: int = 0


@dataclass(frozen=True)
class LinkView:
    """Which links are wanted. `made_at`: those made at that very moment, which is how a bulk is known."""

    campaign_id: str | None = None
    channel: str | None = None
    words: str = ""
    made_at: datetime | None = None


@dataclass(frozen=True)
class LinkRow:
    """A link in a list; `tweet`: the text of the tweet it belongs to."""

    link: Link
    campaign: str
    tweet: str | None
    counts: Counts


def counts(session: Session, link_ids: Collection[str]) -> dict[str, Counts]:
    """The counts of links, of those that have any. Queries: 1."""
    found = session.execute(
        select(LinkSum.link_id, func.sum(all_hits(LinkSum)), func.sum(LinkSum.human), func.sum(LinkSum.visits))
        .where(LinkSum.link_id.in_(link_ids))
        .group_by(LinkSum.link_id)
    )
    return {link_id: Counts(int(hits), int(clicks), int(visits)) for link_id, hits, clicks, visits in found}


def list_page(session: Session, view: LinkView, before: str | None = None, limit: int = LIMIT) -> Slice[LinkRow]:
    """Links, newest first. Raises invalid for a cursor that isn't one. Queries: 2."""
    wanted = (
        select(Link, Campaign.name, Tweet.text)
        .join(Campaign, Campaign.id == Link.campaign_id)
        .outerjoin(Tweet, Tweet.id == Link.tweet_id)
        .where(*_conditions(view))
        .order_by(Link.created_at.desc(), Link.id.desc())
        .limit(limit + 1)
    )
    if before:
        wanted = wanted.where(keysets.after(Link.created_at, Link.id, before))
    rows = [(link, name, text) for link, name, text in session.execute(wanted)]
    found = keysets.cut(rows, limit, lambda row: (row[0].created_at, row[0].id))
    counted = counts(session, [link.id for link, _, _ in found.items])
    nothing = Counts()
    return Slice([LinkRow(*row, counted.get(row[0].id, nothing)) for row in found.items], found.next)


def _conditions(view: LinkView) -> list[ColumnElement[bool]]:
    shown = "".join(char if char.isprintable() else " " for char in view.words)  # PostgreSQL refuses a NUL
    words = shown.lower().split()[:MOST_WORDS]
    found: list[ColumnElement[bool]] = [Link.search.contains(word, autoescape=True) for word in words]
    given: Sequence[tuple[Any, Any]] = (
        (Link.campaign_id, view.campaign_id), (Link.channel, view.channel), (Link.created_at, view.made_at)
    )  # fmt: skip
    return found + [column == value for column, value in given if value]


def any_link(session: Session) -> bool:
    """Whether there is any link at all. Queries: 1."""
    return session.scalar(select(Link.id).limit(1)) is not None


def line(settings: Settings, row: LinkRow) -> Line:
    """A link for a spreadsheet, under COLUMNS."""
    link, counted = row.link, row.counts
    cells: list[Cell] = [
        link.code, links.url(settings, link.code), link.name, link.contact, link.channel, row.campaign, link.source,
        link.medium, link.content, link.target, link.created_at, link.starts_at, link.ends_at, link.disabled_at,
        counted.hits, counted.clicks, counted.visits,
    ]  # fmt: skip
    return Line(cells, frozenset())


def dead_codes(session: Session, limit: int = MOST_DEAD) -> list[DeadCode]:
    """Codes that were asked for and are nobody's, those that cost most people first. Queries: 1."""
    still_dead = ~select(Link.id).where(Link.code == DeadCode.code).exists()
    order = DeadCode.people.desc(), DeadCode.hits.desc(), DeadCode.code.desc()
    return list(session.scalars(select(DeadCode).where(still_dead).order_by(*order).limit(limit)))
