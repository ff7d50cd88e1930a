"""Sales: money that came, and went back. Facts are kept as they arrive; order is never assumed."""

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import BigInteger, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from campaigns.kernel.columns import ID, Pk
from campaigns.kernel.db import Base
from campaigns.tracking.hits import Evidence

SaleState = Literal["pending", "paid", "refunded", "partly_refunded", "disputed", "failed", "withdrawn"]


class Sale(Base):
    """A sale.

    | column | meaning |
    |---|---|
    | key | unique name of the money: stripe:<session or invoice>, till:<…>, entered:<lead> |
    | intent | Stripe's payment intent, by which refunds and disputes find it |
    | amount | what was paid, tax included; `tax` the part of it that isn't ours |
    | refunded, disputed | what went back (cumulative); net = amount − tax − refunded − disputed, never below −tax |
    | evidence, found_by | how its lead was found (reference, metadata, code, email); none: nobody's |
    | entered_by | the member who entered it; corrections are in sale_changes |
    """

    __tablename__ = "sales"
    __table_args__ = (
        Index("ix_sales_campaign", "campaign_id", "paid_at", "id"),  # a campaign's report
        Index("ix_sales_paid", "paid_at", "id"),
    )

    id: Mapped[Pk]
    key: Mapped[str] = mapped_column(unique=True)
    origin: Mapped[Literal["stripe", "entered"]]
    intent: Mapped[str | None] = mapped_column(unique=True)
    stripe_id: Mapped[str | None]
    lead_id: Mapped[str | None] = mapped_column(ID, ForeignKey("leads.id"), index=True)
    person_id: Mapped[str | None] = mapped_column(ID, ForeignKey("persons.id"), index=True)
    campaign_id: Mapped[str | None] = mapped_column(ID, ForeignKey("campaigns.id"))
    offer_id: Mapped[str | None] = mapped_column(ID, ForeignKey("offers.id"))
    coupon_id: Mapped[str | None] = mapped_column(ID, ForeignKey("coupons.id"))
    state: Mapped[SaleState]
    currency: Mapped[str]
    amount: Mapped[int] = mapped_column(BigInteger)
    tax: Mapped[int] = mapped_column(BigInteger)
    refunded: Mapped[int] = mapped_column(BigInteger)
    disputed: Mapped[int] = mapped_column(BigInteger)
    evidence: Mapped[Evidence | None]
    found_by: Mapped[str | None]
    rehearsed: Mapped[bool]
    entered_by: Mapped[str | None] = mapped_column(ID)
    paid_at: Mapped[datetime]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class SaleChange(Base):
    """A correction of an entered sale: what it was, what it is, who and why. Append-only."""

    __tablename__ = "sale_changes"

    id: Mapped[Pk]
    sale_id: Mapped[str] = mapped_column(ID, ForeignKey("sales.id"), index=True)
    at: Mapped[datetime]
    user_id: Mapped[str | None] = mapped_column(ID)
    who: Mapped[str]
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]


class Refund(Base):
    """Money that went back, or was taken by a dispute: a negative conversion on its own date.

    Kept by payment intent, since it may come before its sale. `total` is cumulative as Stripe tells it; `amount` is
    what this one added to the largest total before it.
    """

    __tablename__ = "refunds"
    __table_args__ = (Index("ux_refunds_intent_total", "intent", "kind", "total", unique=True),)

    id: Mapped[Pk]
    intent: Mapped[str]
    kind: Mapped[Literal["refund", "dispute", "dispute_won"]]
    total: Mapped[int] = mapped_column(BigInteger)
    amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str]
    at: Mapped[datetime]


class Intent(Base):
    """What is known of a payment intent, whatever came first: the row that refunds and sales lock and meet at."""

    __tablename__ = "intents"

    id: Mapped[str] = mapped_column(primary_key=True)
    refunded: Mapped[int] = mapped_column(BigInteger)
    disputed: Mapped[int] = mapped_column(BigInteger)


class StripeEvent(Base):
    """Each verified event once, as it came, with what it did."""

    __tablename__ = "stripe_events"
    __table_args__ = (Index("ix_stripe_events_received", "received_at"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    type: Mapped[str]
    happened_at: Mapped[datetime]
    received_at: Mapped[datetime]
    rehearsed: Mapped[bool]
    outcome: Mapped[str]
    payload: Mapped[dict[str, Any]]
