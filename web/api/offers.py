"""POST, GET /api/v1/campaigns/{campaign_id}/offers · GET, PATCH /api/v1/offers/{offer_id}."""

from dataclasses import replace
from datetime import date
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from campaigns.planning import campaigns, offers
from campaigns.planning.offers import Offer, OfferDraft
from web.api.blueprint import Call, blueprint
from web.api.bodies import (
    Amount,
    Answer,
    Body,
    Change,
    Currency,
    Items,
    ListQuery,
    Moment,
    Price,
    Sum,
    amount,
    between,
    chars,
    items,
)
from web.api.operations import operation

Title = Annotated[str, chars(1, offers.MAX_TITLE)]
Percent = Annotated[int, between(1, 100)]
Stock = Annotated[int, between(1, offers.MAX_STOCK)]


class OfferBody(Body):
    kind: Literal["white_paper", "coupon"]
    title: Title = Field(description="1 to 200 characters")
    percent_off: Percent | None = Field(None, description="Coupon: 1 to 100; this or amount_off")
    amount_off: Sum | None = Field(None, description="Coupon: in minor units of `currency`; this or percent_off")
    currency: Currency | None = Field(None, description="Coupon: amount_off's; the price's when left out")
    price: Price | None = Field(None, description="Coupon: the full price, when it is paid here")
    stock: Stock | None = Field(None, description="Coupon: how many codes at most; null is no limit")
    expires_on: date | None = Field(None, description="Coupon: its last day, in the campaign's time zone")

    def draft(self) -> OfferDraft:
        return OfferDraft(
            kind=self.kind,
            title=self.title,
            percent_off=self.percent_off,
            amount_off=self.amount_off,
            currency=self.currency,
            price=self.price.money() if self.price else None,
            stock=self.stock,
            expires_on=self.expires_on,
        )

    def check(self, call: Call) -> None:
        offers.check(self.draft(), call.now.astimezone(ZoneInfo(call.world.settings.zone)).date())


class OfferChange(Change):
    """What is left out stays; null takes an optional field away. The reduction stays once codes are given out."""

    title: Title = ""
    percent_off: Percent | None = None
    amount_off: Sum | None = None
    currency: Currency | None = None
    price: Price | None = None
    stock: Stock | None = None
    expires_on: date | None = None


class OfferAnswer(Answer):
    id: str
    campaign_id: str
    kind: str
    title: str
    percent_off: int | None
    amount_off: int | None = Field(description="In minor units of `currency`")
    currency: str | None
    price: Amount | None
    stock: int | None
    issued: int = Field(description="How many codes were given out")
    expires_on: date | None
    created_at: Moment
    updated_at: Moment


class Offers(Items[OfferAnswer]):
    """A page of offers, newest first."""


def told(offer: Offer) -> OfferAnswer:
    """As it is answered."""
    return OfferAnswer(
        id=offer.id,
        campaign_id=offer.campaign_id,
        kind=offer.kind,
        title=offer.title,
        percent_off=offer.percent_off,
        amount_off=offer.amount_off,
        currency=offer.currency,
        price=amount(offer.price),
        stock=offer.stock,
        issued=offer.issued,
        expires_on=offer.expires_on,
        created_at=offer.created_at,
        updated_at=offer.updated_at,
    )


@blueprint.post("/v1/campaigns/<campaign_id>/offers")
@operation("Offers", gives=OfferAnswer, status=201, body=OfferBody)
def create_offer(call: Call, campaign_id: str, body: OfferBody) -> OfferAnswer:
    """Create an offer: a white paper, or a coupon"""
    with call.world.db.write() as session:
        campaign = campaigns.find(session, campaign_id)
        return told(offers.create(session, campaign, body.draft(), call.now))


@blueprint.get("/v1/campaigns/<campaign_id>/offers")
@operation("Offers", gives=Offers, query=ListQuery)
def list_offers(call: Call, campaign_id: str, query: ListQuery) -> dict[str, Any]:
    """List a campaign's offers, newest first"""
    with call.world.db.read() as session:
        campaign = campaigns.find(session, campaign_id)
        return items(offers.list_page(session, campaign.id, before=query.cursor, limit=query.limit), told)


@blueprint.get("/v1/offers/<offer_id>")
@operation("Offers", gives=OfferAnswer)
def show_offer(call: Call, offer_id: str) -> OfferAnswer:
    """Show an offer"""
    with call.world.db.read() as session:
        return told(offers.find(session, offer_id))


@blueprint.patch("/v1/offers/<offer_id>")
@operation("Offers", gives=OfferAnswer, body=OfferChange)
def change_offer(call: Call, offer_id: str, body: OfferChange) -> OfferAnswer:
    """Change an offer; what is left out stays"""
    changes = body.changes()
    if body.price:
        changes["price"] = body.price.money()
    with call.world.db.write() as session:
        offer = offers.find(session, offer_id, to_change=True)
        campaign = campaigns.find(session, offer.campaign_id)
        draft = replace(offers.draft_of(offer), **changes)
        return told(offers.update(session, campaign, offer, draft, call.now))
