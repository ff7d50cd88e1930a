"""Targets: where a link leads at a moment, worked out once and kept, so that a redirect only puts a token into it."""

import posixpath
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from urllib.parse import quote, unquote, urlsplit, urlunsplit
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from campaigns.kernel.errors import problem
from campaigns.planning.campaigns import Campaign
from campaigns.planning.offers import Offer
from campaigns.planning.pages import Page
from campaigns.settings import Settings
from campaigns.tracking import utm
from campaigns.tracking.links import MAX_TARGET, TRAILING, Link, spellings
from campaigns.tracking.sources import LinkSource
from campaigns.tracking.visits import EPOCH, PARAMETER

URL_SAFE = "!$%&'()*+,/:;=?@-._~"
"""What stays as it is in an address; a % too, since what it was typed with is escaped already."""

USUAL_PORTS = {"http": 80, "https": 443}

LinkState = Literal["open", "disabled", "early", "over", "no_page"]
"""early: it starts later; over: its time or its clicks are used up; no_page: its offer has no page online."""


@dataclass(frozen=True)
class Destination:
    """A link with where it leads. `page_slug`: the offer's first page online; None when there is none."""

    link: Link
    campaign: Campaign
    page_slug: str | None

    @property
    def source(self) -> LinkSource:
        """What it says of those who follow it."""
        return LinkSource(self.link.channel, self.link.source, self.link.medium)

    def state(self, now: datetime) -> LinkState:
        """Whether it leads to its target at this moment, and if not, why."""
        link = self.link
        if link.disabled_at:
            return "disabled"
        if link.starts_at and now < link.starts_at:
            return "early"
        if link.capped_at or (link.ends_at and now >= link.ends_at):
            return "over"
        return "open" if link.target or self.page_slug else "no_page"

    def leads(self, now: datetime) -> bool:
        """Whether its visitors go anywhere at this moment."""
        state = self.state(now)
        return state == "open" or (state == "over" and self.link.over_target is not None)

    def target(self, settings: Settings, now: datetime) -> str | None:
        """Where its visitors go at this moment, untagged; None: nowhere."""
        state = self.state(now)
        if state == "over":
            return self.link.over_target
        return self.open_target(settings) if state == "open" else None

    def open_target(self, settings: Settings) -> str | None:
        """Where it leads while it is open, untagged."""
        if self.link.target:
            return self.link.target
        return f"{settings.public_url}/p/{self.page_slug}" if self.page_slug else None

    def tagged(self, target: str) -> str:
        """A target with the link's tags."""
        return utm.tag(target, utm.of_link(self.link, self.campaign))


@dataclass(frozen=True, slots=True)
class _Leads:
    """An address cut where the visit's token goes; `tail` is None where a token would tell nobody anything."""

    head: str
    tail: str | None

    def with_token(self, token: str, query: str, allowed: frozenset[str] | None) -> str:
        whole = self.head if self.tail is None else f"{self.head}{token}{self.tail}"
        return utm.forward(whole, query, allowed) if query else whole


@dataclass(frozen=True, slots=True)
class Way:
    """A link as a redirect needs it: where to, from when until when, and what its hits are marked with."""

    link_id: str
    link: bytes
    source: LinkSource
    opens: _Leads | None
    over: _Leads | None
    is_off: bool
    is_capped: bool
    starts_us: int
    ends_us: int
    forwards: bool
    allowed: frozenset[str] | None

    def leads(self, at_us: int) -> _Leads | None:
        """Where it leads at this moment; None: nowhere."""
        if self.is_off or at_us < self.starts_us:
            return None
        return self.over if self.is_capped or at_us >= self.ends_us else self.opens


NEVER_US = 1 << 62


def way(session: Session, settings: Settings, code: str) -> Way | None:
    """A link as a redirect needs it; None: the code is nobody's. Queries: 1."""
    found = destination(session, code)
    if found is None:
        return None
    link, opens = found.link, found.open_target(settings)
    return Way(
        link_id=link.id, link=UUID(link.id).bytes, source=found.source,
        opens=_cut(settings, found, opens) if opens else None,
        over=_cut(settings, found, link.over_target) if link.over_target else None,
        is_off=link.disabled_at is not None, is_capped=link.capped_at is not None,
        starts_us=_us(link.starts_at) if link.starts_at else 0,
        ends_us=_us(link.ends_at) if link.ends_at else NEVER_US, forwards=link.forwarding != "off",
        allowed=frozenset(link.forwarded) if link.forwarding == "listed" else None,
    )  # fmt: skip


def _us(moment: datetime) -> int:
    return round((moment - EPOCH).total_seconds() * 1e6)


def _cut(settings: Settings, found: Destination, target: str) -> _Leads:
    tagged = found.tagged(target)
    if not target.startswith(f"{settings.public_url}/"):
        return _Leads(tagged, None)
    mark = "0" * 40
    head, _, tail = utm.put(tagged, {PARAMETER: mark}).rpartition(mark)
    return _Leads(head, tail)


def destination(session: Session, code: str) -> Destination | None:
    """Where a code leads, also when it was copied with a sentence's punctuation. Queries: 1."""
    return destinations(session, {code}).get(code)


def destinations(session: Session, codes: Collection[str]) -> dict[str, Destination]:
    """As `destination`, of many codes; without those that are nobody's. Queries: 1."""
    wanted = set().union(*(spellings(code) for code in codes))
    if not wanted:
        return {}
    online = select(Page.slug).where(
        Page.offer_id == Link.offer_id, Page.published_at.is_not(None), Page.closed_at.is_(None)
    )
    first_online = online.order_by(Page.published_at, Page.id).limit(1).correlate(Link).scalar_subquery()
    rows = session.execute(
        select(Link, Campaign, first_online)
        .join(Campaign, Campaign.id == Link.campaign_id)
        .where(Link.code.in_(wanted))
    )
    found = {link.code: Destination(link, campaign, slug) for link, campaign, slug in rows}
    told = ((code, found.get(code) or found.get(code.rstrip(TRAILING))) for code in codes)
    return {code: each for code, each in told if each}


def find_destination(session: Session, code: str) -> Destination:
    """As `destination`; raises missing (`code_missing`)."""
    if found := destination(session, code):
        return found
    raise problem("missing", "code_missing")


def page_instead(session: Session, found: Destination | None) -> Page | None:
    """The page for those whose link leads nowhere: the newest online, of the link's campaign when it is known."""
    query = select(Page).where(Page.published_at.is_not(None), Page.closed_at.is_(None))
    if found:
        query = query.join(Offer, Offer.id == Page.offer_id).where(Offer.campaign_id == found.campaign.id)
    return session.scalar(query.order_by(Page.published_at.desc(), Page.id.desc()).limit(1))


def check_target(settings: Settings, typed: str, field: str = "target") -> str:
    """An address that a link may lead to, as it can stand in a header.

    Raises invalid: `target_is_link`, since a link to a link may go round in a circle, and as `checked_target`.
    """
    checked = checked_target(typed, field)
    parts = urlsplit(checked)
    path = re.sub("/+", "/", posixpath.normpath(unquote(parts.path)))  # as a server may read it
    is_ours = parts.netloc == urlsplit(settings.public_url).netloc and path.startswith("/l/")
    if is_ours or (settings.short_url and parts.netloc == urlsplit(settings.short_url).netloc):
        raise problem("invalid", "target_is_link", field)
    return checked


def checked_target(typed: str, field: str = "target") -> str:
    """An address, whosever it is: http or https, a host, no password.

    Raises invalid (`target_malformed`, `target_too_long`).

    >>> checked_target(" https://exämple.fr/été?a=1#b ")
    'https://xn--exmple-cua.fr/%C3%A9t%C3%A9?a=1#b'
    """
    plain = typed.strip()
    if len(plain) > MAX_TARGET:
        raise problem("invalid", "target_too_long", field, most=MAX_TARGET, length=len(plain))
    try:
        parts = urlsplit(plain)
        host = (parts.hostname or "").encode("idna").decode("ascii").removesuffix(".")
        port = f":{parts.port}" if parts.port and parts.port != USUAL_PORTS.get(parts.scheme) else ""
        path, query, fragment = (quote(each, safe=URL_SAFE) for each in (parts.path, parts.query, parts.fragment))
    except ValueError:  # brackets, ports, labels and surrogates that no address can have
        raise problem("invalid", "target_malformed", field) from None
    acceptable = parts.scheme in ("http", "https") and re.fullmatch(r"[a-z0-9._-]+", host) and "@" not in parts.netloc
    if not acceptable or "\\" in plain or not plain.isprintable():
        raise problem("invalid", "target_malformed", field)
    return urlunsplit((parts.scheme, host + port, path or "/", query, fragment))
