"""Campaigns, offers, papers and pages, made through their own functions; and files to upload."""

import io
from dataclasses import replace
from typing import Any

from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from campaigns.flows.upload_paper import upload_paper
from campaigns.kernel.money import Money
from campaigns.planning import campaigns, offers, pages
from campaigns.planning.campaigns import Campaign, CampaignDraft
from campaigns.planning.fields import Field
from campaigns.planning.offers import Offer, OfferDraft
from campaigns.planning.pages import Consent, Page, PageDraft
from campaigns.world import World

CAMPAIGN = CampaignDraft(name="Six Fridays", zone="Europe/Paris")
COUPON = OfferDraft("coupon", "Three months of Feuillet", percent_off=20, price=Money(12_000, "EUR"), stock=50)
WHITE_PAPER = OfferDraft("white_paper", "A school magazine in six Fridays")
PAGE = PageDraft(
    locale="en",
    headline="A school magazine in six Fridays",
    body="## What is inside\n\nSix *Fridays*.",
    fields=(Field("email", "E-mail address", "email", True), Field("school", "Your school", "company")),
    consents=(Consent("news", "Write to me three times this term"),),
)


def make_campaign(world: World, **more: Any) -> Campaign:
    with world.db.write() as session:
        return campaigns.create(session, replace(CAMPAIGN, **more), world.clock.now())


def make_offer(world: World, draft: OfferDraft, campaign: Campaign | None = None) -> Offer:
    campaign = campaign or make_campaign(world)
    with world.db.write() as session:
        return offers.create(session, campaign, draft, world.clock.now())


def make_coupon(world: World, campaign: Campaign | None = None, **more: Any) -> Offer:
    return make_offer(world, replace(COUPON, **more), campaign)


def make_white_paper(world: World, campaign: Campaign | None = None, *, paper: bool = True, **more: Any) -> Offer:
    """A white-paper offer, with its PDF unless told otherwise."""
    offer = make_offer(world, replace(WHITE_PAPER, **more), campaign)
    if paper:
        upload_paper(world, offer.id, pdf_bytes(), "six-fridays.pdf")
    return offer


def make_page(world: World, offer: Offer | None = None, *, published: bool = True, **more: Any) -> Page:
    """A landing page of the offer (a new white paper), online unless told otherwise."""
    offer = offer or make_white_paper(world)
    with world.db.write() as session:
        page = pages.create(session, offer, replace(PAGE, **more), world.clock.now())
        return pages.publish(session, page, world.clock.now()) if published else page


def pdf_bytes(page_count: int = 3, text: str = "Friday", password: str | None = None) -> bytes:
    """A real PDF."""
    out = io.BytesIO()
    canvas = Canvas(out, invariant=1, encrypt=password)
    for number in range(page_count):
        canvas.drawString(72, 700, f"{text} {number + 1}")
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def picture_bytes(size: tuple[int, int] = (320, 200), kind: str = "PNG", **how: Any) -> bytes:
    """A real picture."""
    out = io.BytesIO()
    Image.new("RGB", size, "teal").save(out, kind, **how)
    return out.getvalue()
