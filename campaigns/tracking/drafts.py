"""Drafts: links as a marketer writes them down, checked, made and changed: for other channels, contacts and print."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast, get_args

from sqlalchemy import select
from sqlalchemy.orm import Session

from campaigns.kernel import editions, texts
from campaigns.kernel.codes import new_id
from campaigns.kernel.db import insert_once
from campaigns.kernel.errors import Faults, Problem, problem
from campaigns.planning import campaigns, offers
from campaigns.planning.campaigns import Campaign
from campaigns.settings import Settings
from campaigns.tracking import rollups, targets, utm
from campaigns.tracking.links import (
    RESERVED,
    TRIES,
    Channel,
    Forwarding,
    Link,
    carry_to_qr,
    find,
    free_code,
    search_text,
    tags_of,
)

CODE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?")
CODE_LEAST, CODE_MOST = 3, 50
MOST_FORWARDED = 20
MOST_NAME, MOST_CLICKS = 120, 1_000_000_000


@dataclass(frozen=True)
class LinkDraft:
    """A link as it is written down, not checked yet. Empty: the usual.

    | field | meaning |
    |---|---|
    | code | empty: a random one |
    | offer_id, target | one of the two at least; the target wins |
    | content | utm_content; empty: the code |
    """

    channel: str = "other"
    code: str = ""
    name: str = ""
    contact: str = ""
    offer_id: str | None = None
    target: str = ""
    source: str = ""
    medium: str = ""
    content: str = ""
    term: str = ""
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    over_target: str = ""
    most_clicks: int | None = None
    forwarding: str = "off"
    forwarded: tuple[str, ...] = ()


def draft_of(link: Link) -> LinkDraft:
    """The draft that would change nothing: what a partial change starts from."""
    return LinkDraft(
        channel=link.channel, code=link.code, name=link.name or "", contact=link.contact or "", offer_id=link.offer_id,
        target=link.target or "", source=link.source, medium=link.medium, content=link.content, term=link.term or "",
        starts_at=link.starts_at, ends_at=link.ends_at, over_target=link.over_target or "",
        most_clicks=link.most_clicks, forwarding=link.forwarding, forwarded=tuple(link.forwarded),
    )  # fmt: skip


def check(session: Session, settings: Settings, campaign_id: str, draft: LinkDraft) -> dict[str, Any]:
    """The link's columns, without its code. Raises invalid with every field's fault. Queries: 1 with an offer."""
    faults = Faults()
    kept = columns(faults, settings, draft)
    if draft.offer_id:
        with faults.gather():
            _check_offer(session, campaign_id, draft.offer_id)
    faults.check()
    return kept


def columns(faults: Faults, settings: Settings, draft: LinkDraft) -> dict[str, Any]:
    """The link's columns as far as nothing is to be looked up: without its code, its offer as it was given."""
    channel = cast(Channel, draft.channel if draft.channel in get_args(Channel) else "other")
    if draft.channel not in get_args(Channel):
        faults.add("channel", "not_a_choice")
    source, medium = tags_of(channel, settings)
    if not draft.offer_id and not draft.target.strip():
        faults.add("target", "target_or_offer")
    kept = {
        "channel": channel,
        "offer_id": draft.offer_id or None,
        "name": texts.check(faults, "name", draft.name, most=MOST_NAME) or None,
        "contact": texts.check(faults, "contact", draft.contact, most=MOST_NAME) or None,
        "target": _target(faults, settings, "target", draft.target),
        "over_target": _target(faults, settings, "over_target", draft.over_target),
        "source": _tag(faults, "source", draft.source) or source,
        "medium": _tag(faults, "medium", draft.medium) or medium,
        "content": _tag(faults, "content", draft.content),
        "term": _tag(faults, "term", draft.term) or None,
        "starts_at": draft.starts_at,
        "ends_at": draft.ends_at,
        "most_clicks": draft.most_clicks,
        "forwarding": cast(Forwarding, draft.forwarding),
        "forwarded": _forwarded(faults, draft),
    }
    if draft.starts_at and draft.ends_at and draft.ends_at <= draft.starts_at:
        faults.add("ends_at", "end_before_opening")
    if draft.most_clicks is not None and not 1 <= draft.most_clicks <= MOST_CLICKS:
        faults.add("most_clicks", "out_of_range", least=1, most=MOST_CLICKS)
    return kept


def _check_offer(session: Session, campaign_id: str, offer_id: str) -> None:
    try:
        offer = offers.find(session, offer_id)
    except Problem:  # in a form or a body it is a field that is wrong, not an address
        raise problem("invalid", "offer_missing", "offer_id") from None
    if offer.campaign_id != campaign_id:
        raise problem("invalid", "offer_of_another_campaign", "offer_id")


def _target(faults: Faults, settings: Settings, field: str, typed: str) -> str | None:
    if typed.strip():
        with faults.gather():
            return targets.check_target(settings, typed, field)
    return None


def _tag(faults: Faults, field: str, typed: str) -> str:
    """A tag as the convention wants it. What has nothing of it left is told, instead of vanishing."""
    cleaned = utm.clean(typed)
    if utm.names_somebody(typed):
        faults.add(field, "tag_personal")
    elif typed.strip() and not cleaned:
        faults.add(field, "tag_malformed")
    return cleaned


def _forwarded(faults: Faults, draft: LinkDraft) -> list[str]:
    if draft.forwarding not in get_args(Forwarding):
        faults.add("forwarding", "not_a_choice")
    if draft.forwarding != "listed":
        return []
    names = list(dict.fromkeys(each.strip().lower() for each in draft.forwarded if each.strip()))
    if not names or len(names) > MOST_FORWARDED or not all(re.fullmatch(r"[\w.~-]{1,64}", each) for each in names):
        faults.add("forwarded", "forwarded_malformed", most=MOST_FORWARDED)
    return names


def spell_code(typed: str) -> str:
    """A code of the marketer's own, as far as nothing is to be looked up. Raises invalid.

    >>> spell_code(" Lettre-11 ")
    'Lettre-11'
    """
    code = typed.strip()
    if not CODE_LEAST <= len(code) <= CODE_MOST or not CODE.fullmatch(code):
        raise problem("invalid", "code_malformed", "code", least=CODE_LEAST, most=CODE_MOST)
    if code.lower() in RESERVED:
        raise problem("invalid", "code_reserved", "code", word=code)
    return code


def check_code(session: Session, typed: str) -> str:
    """A code of the marketer's own. Raises invalid (`code_malformed`, `code_reserved`, `code_taken`). Queries: 1."""
    code = spell_code(typed)
    if session.scalar(select(Link.id).where(Link.code == code)):
        raise problem("invalid", "code_taken", "code", taken=code)
    return code


def create(session: Session, settings: Settings, campaign_id: str, draft: LinkDraft, now: datetime) -> Link:
    """A link that belongs to no tweet. Raises invalid with every field's fault. Queries: 4."""
    campaigns.find(session, campaign_id)
    faults, kept = Faults(), {}
    with faults.gather():
        kept = check(session, settings, campaign_id, draft)
    own = ""
    if draft.code.strip():
        with faults.gather():
            own = check_code(session, draft.code)
    faults.check()
    return _insert(session, own, now, campaign_id=campaign_id, tweet_id=None, place=1, **kept)


def _insert(session: Session, own: str, now: datetime, **columns: Any) -> Link:
    for _try in range(TRIES):
        values = row(own or free_code(), columns, now)
        if insert_once(session, Link, **values):
            return find(session, values["id"])
        if own:
            raise problem("invalid", "code_taken", "code", taken=own)
    raise RuntimeError("ten codes were taken one after the other")


def row(code: str, columns: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """A new link's whole row. utm_content is the code unless one was given."""
    return {
        **columns, "id": new_id(), "code": code, "content": columns["content"] or utm.clean(code) or code.lower(),
        "search": search_text(code, columns["name"], columns["contact"], columns["target"]), "created_at": now,
        "updated_at": now,
    }  # fmt: skip


def update(session: Session, settings: Settings, link: Link, draft: LinkDraft, now: datetime) -> Link:
    """Change a link, and its QR with it; its code, its tags and its tweet stay: they are printed, posted, counted by.

    Raises invalid with every field's fault, conflict (`qr_follows`) for a QR. Queries: 5.
    """
    if link.qr_of:
        raise problem("conflict", "qr_follows")
    kept = check(session, settings, link.campaign_id, replace(draft, channel=link.channel, offer_id=link.offer_id))
    for column in (
        "name", "contact", "target", "over_target", "starts_at", "ends_at", "most_clicks", "forwarding", "forwarded",
    ):  # fmt: skip
        setattr(link, column, kept[column])
    link.search = search_text(link.code, link.name, link.contact, link.target)
    cap(session, link, now)
    link.updated_at = now
    carry_to_qr(session, link, now)
    editions.turn(session)
    session.flush()
    return link


def aim(session: Session, settings: Settings, link: Link, target: str | None, now: datetime) -> None:
    """Let a link lead elsewhere than to its offer's page; None: back to it. Raises invalid."""
    update(session, settings, link, replace(draft_of(link), target=target or ""), now)


def cap(session: Session, link: Link, now: datetime) -> None:
    """Set whether its clicks are used up. Queries: 1 for a link with a cap."""
    if link.most_clicks is None:
        link.capped_at = None
        return
    reached = rollups.clicks_of(session, [link.id]).get(link.id, 0) >= link.most_clicks
    link.capped_at = (link.capped_at or now) if reached else None


def qr(session: Session, link: Link, now: datetime) -> Link:
    """The link that a QR of this one carries: its own code and mark (medium qr), the same target, made once."""
    wanted = select(Link).where(Link.qr_of == link.id)
    if found := session.scalars(wanted).one_or_none():
        return found
    if link.channel == "qr" or link.qr_of:
        return link
    for _try in range(TRIES):
        code = free_code()
        insert_once(
            session, Link, id=new_id(), code=code, campaign_id=link.campaign_id, offer_id=link.offer_id,
            tweet_id=link.tweet_id, place=link.place, qr_of=link.id, target=link.target, channel="qr",
            source=link.source, medium="qr", content=link.content, term=link.term, name=link.name,
            contact=link.contact, starts_at=link.starts_at, ends_at=link.ends_at, over_target=link.over_target,
            forwarding="off", forwarded=[],
            search=search_text(code, link.name, link.contact, link.target), disabled_at=link.disabled_at,
            created_at=now, updated_at=now,
        )  # fmt: skip
        if found := session.scalars(wanted).one_or_none():
            return found
    raise RuntimeError("ten codes were taken one after the other")


def tags(settings: Settings, campaign: Campaign, draft: LinkDraft) -> dict[str, str]:
    """The tags that a link of this draft would put onto its target; its content is its code once it has one."""
    channel = cast(Channel, draft.channel if draft.channel in get_args(Channel) else "other")
    source, medium = tags_of(channel, settings)
    return {
        "utm_source": utm.clean(draft.source) or source,
        "utm_medium": utm.clean(draft.medium) or medium,
        "utm_campaign": campaign.slug,
        "utm_content": utm.clean(draft.content) or utm.clean(draft.code),
        "utm_id": campaign.id,
        "utm_term": utm.clean(draft.term),
    }


def preview(settings: Settings, tags: Mapping[str, str], target: str) -> str:
    """The address that a link with these tags would lead to, as the convention writes it. Raises invalid."""
    return utm.tag(targets.check_target(settings, target), tags)
