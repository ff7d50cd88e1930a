"""Coupons: the codes given to leads. Ours at once; Stripe follows by the outbox."""

from datetime import datetime
from typing import Literal

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from campaigns.kernel.columns import ID, Pk
from campaigns.kernel.db import Base


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
