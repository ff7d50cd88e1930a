"""Claims: what a prospect got for the form, as a signed address carries it."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from campaigns.capturing.deliveries import Delivery
from campaigns.kernel.errors import problem
from campaigns.selling.coupons import Coupon


@dataclass(frozen=True)
class Claim:
    """The lead, and the coupon or the delivery."""

    lead_id: str
    coupon_id: str | None
    delivery_id: str | None


def find(session: Session, claim: Claim, offer_id: str) -> tuple[Coupon | None, Delivery | None]:
    """What was got, when it is of this offer.

    Raises forbidden (`token_forged`), gone (`token_expired`) when the paper was revoked.
    """
    coupon = session.get(Coupon, claim.coupon_id) if claim.coupon_id else None
    delivery = session.get(Delivery, claim.delivery_id) if claim.delivery_id else None
    got = coupon or delivery
    if got is None or got.offer_id != offer_id:
        raise problem("forbidden", "token_forged")
    if delivery and delivery.revoked_at:
        raise problem("gone", "token_expired")
    return coupon, delivery
