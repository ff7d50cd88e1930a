"""Coupons: the codes given to leads. Ours at once; Stripe follows by the outbox."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import ForeignKey, UniqueConstraint, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from campaigns.kernel import outbox
from campaigns.kernel.codes import CAPITALS, is_id, new_code, new_id
from campaigns.kernel.columns import ID, Pk
from campaigns.kernel.db import Base, changed, put_once
from campaigns.kernel.errors import problem
from campaigns.kernel.money import Money
from campaigns.planning import campaigns, offers
from campaigns.planning.offers import Offer
from campaigns.ports import CouponTerms

MOST_TYPED = 60


class Coupon(Base):
    """A lead's code of an offer, usable once. `code` is in capitals: case doesn't matter when it is typed."""

    __tablename__ = "coupons"
    __table_args__ = (UniqueConstraint("lead_id", "offer_id"),)

    id: Mapped[Pk]
    code: Mapped[str] = mapped_column(unique=True)
    offer_id: Mapped[str] = mapped_column(ID, ForeignKey("offers.id"), index=True)
    lead_id: Mapped[str] = mapped_column(ID, ForeignKey("leads.id"))
    stripe_id: Mapped[str | None] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    redeemed_at: Mapped[datetime | None]


class Checkout(Base):
    """A payment page opened for a coupon."""

    __tablename__ = "checkouts"

    id: Mapped[Pk]
    coupon_id: Mapped[str] = mapped_column(ID, ForeignKey("coupons.id"), index=True)
    stripe_id: Mapped[str | None] = mapped_column(unique=True)
    url: Mapped[str | None]
    state: Mapped[Literal["opening", "open", "pending", "paid", "expired", "failed"]]
    opened_at: Mapped[datetime]


@dataclass(frozen=True)
class StripeTerms:
    """What Stripe is to know of a coupon: the offer's terms, then this code of them."""

    coupon_id: str
    code: str
    expires_at: datetime | None
    terms: CouponTerms
    offer_stripe_id: str | None
    code_stripe_id: str | None


def issue(session: Session, offer: Offer, lead_id: str, now: datetime) -> tuple[Coupon, bool]:
    """The lead's code of an offer, and whether it is new. Raises gone (`stock_gone`).

    The lead's row is held by whoever claims, so two can't both find no code; the stock is taken by a conditional
    update, so two leads can't take the last one.
    """
    wanted = select(Coupon).where(Coupon.lead_id == lead_id, Coupon.offer_id == offer.id)
    if there := session.scalars(wanted).one_or_none():
        return there, False
    if not offers.take_one(session, offer.id):
        raise problem("gone", "stock_gone")
    for _try in range(10):
        coupon = Coupon(
            id=new_id(), code=_new_code(offer.title), offer_id=offer.id, lead_id=lead_id, stripe_id=None,
            created_at=now, redeemed_at=None,
        )  # fmt: skip
        if put_once(session, coupon):
            outbox.put(session, "coupon", f"coupon:{coupon.id}", {"coupon_id": coupon.id}, now)
            return coupon, True
    raise RuntimeError("ten codes were taken one after the other")


def _new_code(title: str) -> str:
    """Four letters of the offer, then eight that nobody can guess: FEUI-7K2M-9QXW."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().upper()
    head = (re.sub(r"[^A-Z]", "", plain) + "CODE")[:4]
    return f"{head}-{new_code(4, CAPITALS)}-{new_code(4, CAPITALS)}"


def normal(typed: str) -> str:
    """A code as it is stored, whatever its case and spaces.

    >>> normal(" feui-7k2m-9qxw ")
    'FEUI-7K2M-9QXW'
    """
    return "".join(typed[:MOST_TYPED].split()).upper()


def get_by_code(session: Session, typed: str) -> Coupon | None:
    """The coupon of a typed code."""
    code = normal(typed)
    if not re.fullmatch(r"[A-Z0-9-]+", code):
        return None  # PostgreSQL can't even be asked about a NUL
    return session.scalars(select(Coupon).where(Coupon.code == code)).one_or_none()


def get_by_stripe_id(session: Session, stripe_id: str) -> Coupon | None:
    """The coupon of a promotion code at Stripe."""
    if not re.fullmatch(r"[\w-]+", stripe_id):
        return None
    return session.scalars(select(Coupon).where(Coupon.stripe_id == stripe_id)).one_or_none()


def find(session: Session, coupon_id: str) -> Coupon:
    """The coupon. Raises missing (`code_unknown`)."""
    if is_id(coupon_id) and (coupon := session.get(Coupon, coupon_id)):
        return coupon
    raise problem("missing", "code_unknown")


def find_usable(session: Session, coupon_id: str, now: datetime) -> Coupon:
    """The coupon, neither used nor past its day.

    Raises missing (`code_unknown`), gone (`code_used`, `code_expired`).
    """
    coupon = find(session, coupon_id)
    if coupon.redeemed_at:
        raise problem("gone", "code_used")
    offer = offers.find(session, coupon.offer_id)
    if offers.has_ended(offer, campaigns.find(session, offer.campaign_id).zone, now):
        raise problem("gone", "code_expired")
    return coupon


def of_lead(session: Session, lead_id: str) -> list[Coupon]:
    """A lead's codes, the oldest first."""
    return list(session.scalars(select(Coupon).where(Coupon.lead_id == lead_id).order_by(Coupon.created_at)))


def count_redeemed(session: Session, offer_id: str) -> int:
    """How many of an offer's codes were used. 1 query."""
    used = select(func.count()).select_from(Coupon).where(Coupon.offer_id == offer_id, Coupon.redeemed_at.is_not(None))
    return session.scalar(used) or 0


def redeem(session: Session, coupon_id: str, now: datetime) -> bool:
    """Use it up; only the first one does."""
    mine = update(Coupon).where(Coupon.id == coupon_id, Coupon.redeemed_at.is_(None)).values(redeemed_at=now)
    return changed(session, mine.execution_options(synchronize_session=False)) == 1


def due(offer: Offer) -> Money | None:
    """What is left to pay of the price with the coupon; None for an offer that isn't paid here."""
    if offer.price_amount is None or offer.currency is None:
        return None
    off = offer.amount_off or (offer.price_amount * (offer.percent_off or 0) + 50) // 100
    return Money(max(offer.price_amount - off, 0), offer.currency)


def stripe_terms(session: Session, coupon_id: str) -> StripeTerms:
    """What Stripe is to know. Raises missing. Queries: 3."""
    coupon = find(session, coupon_id)
    offer = offers.find(session, coupon.offer_id)
    zone = campaigns.find(session, offer.campaign_id).zone
    return StripeTerms(
        coupon.id, coupon.code, offers.last_moment(offer, zone), offers.terms(offer, zone), offer.stripe_coupon_id,
        coupon.stripe_id,
    )  # fmt: skip


def note_stripe(session: Session, coupon_id: str, offer_stripe_id: str, code_stripe_id: str) -> None:
    """What Stripe calls them."""
    coupon = find(session, coupon_id)
    coupon.stripe_id = code_stripe_id
    session.execute(update(Offer).where(Offer.id == coupon.offer_id).values(stripe_coupon_id=offer_stripe_id))
