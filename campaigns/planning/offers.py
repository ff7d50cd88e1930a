"""Offers: what a prospect gets: a white paper, or a coupon."""

from datetime import date, datetime
from typing import Literal

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from campaigns.kernel.columns import ID, Pk
from campaigns.kernel.db import Base

OfferKind = Literal["white_paper", "coupon"]


class Offer(Base):
    """An offer of a campaign.

    For a coupon: percent_off or amount_off (in `currency`), the full price in the same currency when it is paid
    here, `stock` codes at most (none: no limit), the last day (in the campaign's zone). `issued` is how many codes
    were given out: raised by a conditional update, so two prospects can't take the last one.
    """

    __tablename__ = "offers"
    __table_args__ = (CheckConstraint("stock IS NULL OR issued <= stock", "stock_not_overdrawn"),)

    id: Mapped[Pk]
    campaign_id: Mapped[str] = mapped_column(ID, ForeignKey("campaigns.id"), index=True)
    kind: Mapped[OfferKind]
    title: Mapped[str]
    percent_off: Mapped[int | None]
    amount_off: Mapped[int | None] = mapped_column(BigInteger)
    currency: Mapped[str | None]
    price_amount: Mapped[int | None] = mapped_column(BigInteger)
    stock: Mapped[int | None]
    issued: Mapped[int] = mapped_column(default=0)
    expires_on: Mapped[date | None]
    stripe_coupon_id: Mapped[str | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
