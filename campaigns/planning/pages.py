"""Pages: the landing page of an offer, one a locale or an audience."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, bindparam, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from campaigns.kernel import editions, keysets, texts
from campaigns.kernel.codes import is_id, new_id
from campaigns.kernel.columns import ID, Pk
from campaigns.kernel.db import Base, insert_once, take_turns
from campaigns.kernel.errors import Faults, problem
from campaigns.planning import fields as forms
from campaigns.planning import papers, slugs
from campaigns.planning.campaigns import Campaign
from campaigns.planning.fields import Field
from campaigns.planning.markdown import to_html
from campaigns.planning.offers import Offer
from campaigns.settings import Settings
from campaigns.words import LOCALES

THEMES = ("night", "plum")
MAX_BODY, MAX_CONSENTS = 20_000, 10


class Page(Base):
    """A landing page.

    | column | meaning |
    |---|---|
    | body, body_html | the Markdown as written, and its sanitised HTML made when it was saved |
    | summary | one sentence for the card on X and for search engines |
    | fields | [{name, label, kind, required, options?}], see planning.fields |
    | consents | [{purpose, text, sha256}]; the texts are kept for ever in consent_texts |
    | revision | raised at each change: a submission tells which one it saw |
    | published_at, closed_at | online while the first is set and the second isn't |
    """

    __tablename__ = "pages"

    id: Mapped[Pk]
    offer_id: Mapped[str] = mapped_column(ID, ForeignKey("offers.id"), index=True)
    slug: Mapped[str] = mapped_column(unique=True)
    locale: Mapped[str]
    headline: Mapped[str]
    summary: Mapped[str]
    body: Mapped[str]
    body_html: Mapped[str]
    button: Mapped[str]  # empty: the locale's own words
    theme: Mapped[str]
    picture_key: Mapped[str | None]
    picture_alt: Mapped[str]
    fields: Mapped[list[dict[str, Any]]]
    consents: Mapped[list[dict[str, Any]]]
    revision: Mapped[int]
    published_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    @property
    def is_online(self) -> bool:
        """Whether visitors see it."""
        return self.published_at is not None and self.closed_at is None


class ConsentText(Base):
    """A consent's exact words, immutable: its key is the hash of purpose, locale and text."""

    __tablename__ = "consent_texts"

    sha256: Mapped[str] = mapped_column(primary_key=True)
    purpose: Mapped[str]
    locale: Mapped[str]
    text: Mapped[str]
    created_at: Mapped[datetime]


_WHOLE = (
    select(Page, Offer, Campaign)
    .join(Offer, Offer.id == Page.offer_id)
    .join(Campaign, Campaign.id == Offer.campaign_id)
    .where(Page.id == bindparam("page_id"))
)


@dataclass(frozen=True)
class Consent:
    """What a prospect may tick: a purpose, in words."""

    purpose: str
    text: str


@dataclass(frozen=True)
class PageDraft:
    """A page as it is written down, not checked yet. Without a slug one is made of the headline."""

    locale: str
    headline: str
    slug: str | None = None
    summary: str = ""
    body: str = ""
    button: str = ""
    theme: str = THEMES[0]
    picture_alt: str = ""
    fields: tuple[Field, ...] = ()
    consents: tuple[Consent, ...] = ()


def draft_of(page: Page) -> PageDraft:
    """The draft that would change nothing: what a partial change starts from."""
    return PageDraft(
        locale=page.locale,
        headline=page.headline,
        slug=page.slug,
        summary=page.summary,
        body=page.body,
        button=page.button,
        theme=page.theme,
        picture_alt=page.picture_alt,
        fields=tuple(forms.of(page.fields)),
        consents=tuple(Consent(each["purpose"], each["text"]) for each in page.consents),
    )


def check(draft: PageDraft) -> PageDraft:
    """The draft as it is kept. Raises invalid with every field's fault."""
    faults = Faults()
    if draft.slug is not None:
        slugs.check(faults, draft.slug)
    if draft.locale not in LOCALES:
        faults.add("locale", "not_a_choice")
    if draft.theme not in THEMES:
        faults.add("theme", "not_a_choice")
    kept = PageDraft(
        locale=draft.locale,
        slug=draft.slug,
        headline=texts.check(faults, "headline", draft.headline, most=120, least=1),
        summary=texts.check(faults, "summary", draft.summary, most=300),
        body=texts.check(faults, "body", draft.body, most=MAX_BODY, several_lines=True),
        button=texts.check(faults, "button", draft.button, most=40),
        theme=draft.theme,
        picture_alt=texts.check(faults, "picture_alt", draft.picture_alt, most=300),
        fields=tuple(forms.check_form(faults, draft.fields, draft.locale)),
        consents=tuple(_check_consents(faults, draft.consents)),
    )
    faults.check()
    return kept


def _check_consents(faults: Faults, consents: Sequence[Consent]) -> list[Consent]:
    if len(consents) > MAX_CONSENTS:
        faults.add("consents", "fields_too_many", most=MAX_CONSENTS)
        return []
    kept: list[Consent] = []
    for place, consent in enumerate(consents):
        where = f"consents.{place}"
        if not forms.is_name(consent.purpose):
            faults.add(f"{where}.purpose", "field_name_malformed")
        elif consent.purpose in {each.purpose for each in kept}:
            faults.add(f"{where}.purpose", "consent_purpose_twice", purpose=consent.purpose)
        text = texts.check(faults, f"{where}.text", consent.text, most=1_000, least=1, several_lines=True)
        kept.append(Consent(consent.purpose, text))
    return kept


def consent_hash(purpose: str, locale: str, text: str) -> str:
    """The key of a consent's words: the sha256 of the three as a JSON list."""
    return hashlib.sha256(json.dumps([purpose, locale, text], ensure_ascii=False).encode()).hexdigest()


def _keep_consents(session: Session, draft: PageDraft, now: datetime) -> list[dict[str, Any]]:
    stored = []
    for each in draft.consents:
        key = consent_hash(each.purpose, draft.locale, each.text)
        insert_once(
            session, ConsentText, sha256=key, purpose=each.purpose, locale=draft.locale, text=each.text, created_at=now
        )
        stored.append({"purpose": each.purpose, "text": each.text, "sha256": key})
    return stored


def create(session: Session, offer: Offer, draft: PageDraft, now: datetime) -> Page:
    """A new page of an offer, not online yet. Raises invalid (`slug_taken` among others)."""
    draft = check(draft)
    take_turns(session, "pages.slug")
    slug = draft.slug or _made_slug(session, draft)
    _check_free(session, slug)
    page = Page(
        id=new_id(), offer_id=offer.id, slug=slug, revision=1, created_at=now, updated_at=now,
        **_columns(session, draft, now),
    )  # fmt: skip
    session.add(page)
    session.flush()
    return page


def _made_slug(session: Session, draft: PageDraft) -> str:
    base = slugs.fold(draft.headline, "page")
    alike = select(Page.slug).where(or_(Page.slug == base, Page.slug.like(f"{base[:50]}%")))
    return slugs.next_free(base, set(session.scalars(alike)))


def _check_free(session: Session, slug: str) -> None:
    if session.scalars(select(Page.id).where(Page.slug == slug)).one_or_none():
        raise problem("invalid", "slug_taken", "slug", slug=slug)


def _columns(session: Session, draft: PageDraft, now: datetime) -> dict[str, Any]:
    return {
        "locale": draft.locale,
        "headline": draft.headline,
        "summary": draft.summary,
        "body": draft.body,
        "body_html": to_html(draft.body),
        "button": draft.button,
        "theme": draft.theme,
        "picture_alt": draft.picture_alt,
        "fields": [field.stored() for field in draft.fields],
        "consents": _keep_consents(session, draft, now),
    }


def find(session: Session, page_id: str, *, to_change: bool = False) -> Page:
    """The page; `to_change`: nobody else changes it until this transaction ends. Raises missing (`page_missing`)."""
    if is_id(page_id):
        wanted = select(Page).where(Page.id == page_id)
        if found := session.scalars(wanted.with_for_update() if to_change else wanted).one_or_none():
            return found
    raise problem("missing", "page_missing")


def find_whole(session: Session, page_id: str) -> tuple[Page, Offer, Campaign]:
    """The page with its offer and its campaign. Raises missing (`page_missing`). Queries: 1."""
    if is_id(page_id) and (found := session.execute(_WHOLE, {"page_id": page_id}).one_or_none()):
        page, offer, campaign = found
        return page, offer, campaign
    raise problem("missing", "page_missing")


def find_by_slug(session: Session, slug: str) -> Page:
    """The page at an address, online or not. Raises missing (`page_missing`)."""
    if slugs.may_exist(slug):
        wanted = select(Page).where(Page.slug == slug)
        if found := session.scalars(wanted).one_or_none():
            return found
    raise problem("missing", "page_missing")


def update(session: Session, page: Page, draft: PageDraft, now: datetime) -> Page:
    """Change a page; its revision goes up. Raises invalid (`slug_taken` among others)."""
    draft = check(draft)
    if draft.slug and draft.slug != page.slug:
        take_turns(session, "pages.slug")
        _check_free(session, draft.slug)
        page.slug = draft.slug
    for column, value in _columns(session, draft, now).items():
        setattr(page, column, value)
    page.revision += 1
    page.updated_at = now
    editions.turn(session)
    session.flush()
    return page


def preview(offer: Offer, draft: PageDraft, page: Page | None, now: datetime) -> Page:
    """The page that a draft would make, right or wrong, to be looked at: in no session, never kept."""
    return Page(
        id=page.id if page else "", offer_id=offer.id, slug=page.slug if page else "preview",
        revision=page.revision if page else 0, picture_key=page.picture_key if page else None,
        picture_alt=page.picture_alt if page else "", published_at=None, closed_at=None, created_at=now,
        updated_at=now, locale=draft.locale if draft.locale in LOCALES else LOCALES[0], headline=draft.headline[:200],
        summary=draft.summary[:600], body=draft.body, body_html=to_html(draft.body[:MAX_BODY]),
        button=draft.button[:80], theme=draft.theme if draft.theme in THEMES else THEMES[0],
        fields=[field.stored() for field in forms.check_form(Faults(), draft.fields, draft.locale)],
        consents=[{"purpose": each.purpose, "text": each.text} for each in draft.consents],
    )  # fmt: skip


def check_picture_alt(alt: str) -> str:
    """The description of a picture. Raises invalid (`picture_alt_missing` among others)."""
    faults = Faults()
    kept = texts.check(faults, "picture_alt", alt, most=300)
    if not kept and not faults.found:
        faults.add("picture_alt", "picture_alt_missing")
    faults.check()
    return kept


def set_picture(session: Session, page: Page, key: str | None, alt: str, now: datetime) -> str | None:
    """Show another picture, or none; gives the key of the one shown before."""
    alt = check_picture_alt(alt) if key else ""
    before, page.picture_key, page.picture_alt = page.picture_key, key, alt
    page.revision += 1
    page.updated_at = now
    editions.turn(session)
    session.flush()
    return before


def publish(session: Session, page: Page, now: datetime) -> Page:
    """Put it online. Raises conflict (`paper_missing`): what it promises must be there."""
    if page.is_online:
        return page
    offer = session.get_one(Offer, page.offer_id)
    if offer.kind == "white_paper" and papers.get(session, offer.id) is None:
        raise problem("conflict", "paper_missing", "published")
    page.published_at = page.published_at or now
    page.closed_at = None
    page.updated_at = now
    editions.turn(session)
    session.flush()
    return page


def close(session: Session, page: Page, now: datetime) -> Page:
    """Take it off; what was submitted stays."""
    if page.is_online:
        page.closed_at = now
        page.updated_at = now
        editions.turn(session)
        session.flush()
    return page


def online_page_of(session: Session, offer_id: str) -> Page | None:
    """The page that an offer's links lead to: the first that was published, of those online."""
    rows = (
        select(Page)
        .where(Page.offer_id == offer_id, Page.published_at.is_not(None), Page.closed_at.is_(None))
        .order_by(Page.published_at, Page.id)
        .limit(1)
    )
    return session.scalars(rows).one_or_none()


def list_of(session: Session, offer_id: str) -> list[Page]:
    """All pages of an offer, oldest first."""
    return list(session.scalars(select(Page).where(Page.offer_id == offer_id).order_by(Page.created_at, Page.id)))


def list_page(
    session: Session, offer_id: str, *, before: str | None = None, limit: int = keysets.LIMIT
) -> keysets.Slice[Page]:
    """Pages of an offer, newest first."""
    rows = select(Page).where(Page.offer_id == offer_id)
    return keysets.read_page(session, rows, Page.created_at, Page.id, before, limit)


def url(settings: Settings, page: Page) -> str:
    """Where visitors find it."""
    return f"{settings.public_url}/p/{page.slug}"
