"""A landing page as a template needs it: the same for visitors and for the editor's preview."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from campaigns.flows.look_at_page import Around
from campaigns.kernel import zones
from campaigns.kernel.money import Money
from campaigns.planning import cards, fields, pages
from campaigns.planning.offers import Offer
from campaigns.planning.pages import Page
from campaigns.selling import coupons
from campaigns.settings import Settings

INPUTS = {"email": "email", "phone": "tel", "number": "text", "date": "date", "url": "url"}
MOST_TITLE, MOST_DESCRIPTION = 70, 200
"""Of what X shows of a page."""
COMPLETES = {"email": "email", "phone": "tel", "name": "name", "company": "organization", "url": "url"}


@dataclass(frozen=True)
class Shown:
    """A field of the form with what was typed and what is wrong with it."""

    name: str
    label: str
    kind: str
    required: bool
    options: Sequence[str]
    input: str
    complete: str
    value: str
    error: str


@dataclass(frozen=True)
class Landing:
    """All that the page shows."""

    page: Page
    offer: Offer
    url: str
    organization: str
    address: str
    privacy_url: str
    fields: Sequence[Shown]
    consents: Sequence[tuple[str, str, bool]]  # purpose, text, ticked
    picture: str
    picture_alt: str
    is_cover: bool
    card: str
    alternates: Sequence[tuple[str, str]]  # locale, address
    paper_pages: int | None
    off: Money | None
    price: Money | None
    due: Money | None
    left: int | None
    last_day: date | None
    days_left: int | None
    after_percent: str
    """What a headline says after the reduction that it begins with, which is drawn large in the page's own way."""
    faults: Sequence[str] = field(default=())

    @property
    def card_tags(self) -> dict[str, str]:
        """What X reads to draw its card."""
        return card_tags(self.page, self.card, self.picture_alt)


def card_tags(page: Page, picture: str, alt: str = "") -> dict[str, str]:
    """A page's tags for X, by name: as the page has them, and as the composer draws them ahead."""
    return {
        "twitter:card": "summary_large_image",
        "twitter:title": _cut(page.headline, MOST_TITLE),
        "twitter:description": _cut(page.summary or page.headline, MOST_DESCRIPTION),
        "twitter:image": picture,
        "twitter:image:alt": alt or page.headline,
    }


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


@dataclass(frozen=True)
class Typed:
    """What a visitor sent, to be shown again."""

    answers: Mapping[str, str] = field(default_factory=dict)
    ticked: Sequence[str] = ()
    errors: Mapping[str, str] = field(default_factory=dict)
    faults: Sequence[str] = ()


def landing(settings: Settings, around: Around, typed: Typed, now: datetime) -> Landing:
    """Put together what the template shows."""
    page, offer, paper = around.page, around.offer, around.paper
    url = pages.url(settings, page)
    today = zones.day(now, around.campaign.zone)
    has_picture = bool(page.picture_key or (paper and paper.cover_key))
    version = cards.version(page, paper)
    return Landing(
        page=page, offer=offer, url=url, organization=settings.organization, address=settings.organization_address,
        privacy_url=settings.privacy_url, fields=_fields(page, typed),
        consents=[(each["purpose"], each["text"], each["purpose"] in typed.ticked) for each in page.consents],
        picture=f"/p/{page.slug}/picture.webp?v={version}" if has_picture else "",
        picture_alt=page.picture_alt if page.picture_key else "", is_cover=page.picture_key is None,
        card=f"{url}/card.jpg?v={version}",
        alternates=_alternates(settings, around),
        paper_pages=paper.pages if paper else None,
        off=Money(offer.amount_off, offer.currency) if offer.amount_off and offer.currency else None,
        price=offer.price,
        due=coupons.due(offer) if offer.kind == "coupon" else None,
        left=offer.stock - offer.issued if offer.stock is not None else None, last_day=offer.expires_on,
        days_left=(offer.expires_on - today).days if offer.expires_on else None,
        after_percent=_after_percent(page.headline, offer.percent_off), faults=typed.faults,
    )  # fmt: skip


def _after_percent(headline: str, percent: int | None) -> str:
    """The rest of a headline that begins with the reduction, however its per cent sign was set apart.

    >>> _after_percent("30% off your first year", 30), _after_percent("30 % la première année", 30)
    (' off your first year', ' la première année')
    >>> _after_percent("300% more", 30), _after_percent("Save 30%", 30), _after_percent("30%", 30)
    ('', '', '')
    """
    begins = re.match(rf"{percent}\s?%(?=\s)", headline) if percent else None
    return headline[begins.end() :] if begins else ""


def _alternates(settings: Settings, around: Around) -> list[tuple[str, str]]:
    """The same offer in the other languages: the page that came online first, for each."""
    first: dict[str, Page] = {}
    for each in sorted(around.others, key=lambda other: (other.published_at, other.id)):
        first.setdefault(each.locale, each)
    return [(each.locale, pages.url(settings, each)) for each in first.values() if each.locale != around.page.locale]


def _fields(page: Page, typed: Typed) -> list[Shown]:
    return [
        Shown(
            each.name, each.label, each.kind, each.required, each.options, INPUTS.get(each.kind, "text"),
            COMPLETES.get(each.kind, "on" if each.kind == "textarea" else ""), typed.answers.get(each.name, ""),
            typed.errors.get(each.name, ""),
        )
        for each in fields.of(page.fields)
    ]  # fmt: skip
