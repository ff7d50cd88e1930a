"""Whose sale it is: what a payment says of itself, from the surest word to the weakest."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from sqlalchemy.orm import Session

from campaigns.capturing import leads, persons
from campaigns.capturing.leads import Lead
from campaigns.kernel.codes import is_id
from campaigns.planning.campaigns import Campaign
from campaigns.planning.offers import Offer
from campaigns.selling import coupons
from campaigns.selling.coupons import Coupon

FoundBy = Literal["reference", "metadata", "email", "code"]


@dataclass(frozen=True)
class Owner:
    """Who a payment belongs to. A code may be known though the lead was found otherwise."""

    lead: Lead | None
    found_by: FoundBy | None
    coupon: Coupon | None
    campaign_id: str | None
    offer_id: str | None


def find(session: Session, references: Mapping[str, str]) -> Owner:
    """The lead by client_reference_id, else metadata, else its e-mail, else the code it typed. Queries: 1 to 8.

    An address beats a code, since a code may be passed on; but among several leads of one person the code chooses.
    """
    coupon = _coupon(session, references)
    lead, found_by = _lead(session, references, coupon)
    offer_id = coupon.offer_id if coupon else lead.offer_id if lead else None
    campaign_id = lead.campaign_id if lead else _campaign_id(session, references)
    return Owner(lead, found_by, coupon, campaign_id, offer_id)


def _lead(session: Session, references: Mapping[str, str], coupon: Coupon | None) -> tuple[Lead | None, FoundBy | None]:
    if lead := leads.get(session, references.get("client_reference_id", "")):
        return lead, "reference"
    if lead := leads.get(session, references.get("metadata.lead_id", "")):
        return lead, "metadata"
    coded = leads.get(session, coupon.lead_id) if coupon else None
    if coded and coupon and references.get("metadata.coupon_id") == coupon.id:
        return coded, "metadata"
    if lead := _by_email(session, references.get("email", ""), coded):
        return lead, "email"
    return (coded, "code") if coded else (None, None)


def _by_email(session: Session, email: str, coded: Lead | None) -> Lead | None:
    person = persons.get_by_email(session, email)
    if person is None:
        return None
    if coded and coded.person_id == person.id:
        return coded
    return next(iter(leads.of_person(session, person.id)), None)


def _coupon(session: Session, references: Mapping[str, str]) -> Coupon | None:
    """The code used: as our own checkout says, as Stripe calls it, or as somebody typed it."""
    known = references.get("metadata.coupon_id", "")
    if is_id(known) and (found := session.get(Coupon, known)):
        return found
    for name in ("promotion_code", "metadata.code"):
        if typed := references.get(name):
            found = coupons.get_by_stripe_id(session, typed) or coupons.get_by_code(session, typed)
            if found:
                return found
    return None


def _campaign_id(session: Session, references: Mapping[str, str]) -> str | None:
    """The campaign of nobody's sale: by the offer or the campaign that a shop's own checkout names."""
    offer_id, campaign_id = references.get("metadata.offer_id", ""), references.get("metadata.campaign_id", "")
    if is_id(offer_id) and (offer := session.get(Offer, offer_id)):
        return offer.campaign_id
    campaign = session.get(Campaign, campaign_id) if is_id(campaign_id) else None
    return campaign.id if campaign else None
