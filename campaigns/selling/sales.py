"""Sales: money that came, and went back. Facts are kept as they arrive; order is never assumed."""

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import BigInteger, ForeignKey, Index, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from campaigns.kernel.codes import is_id, new_id
from campaigns.kernel.columns import ID, Pk
from campaigns.kernel.db import Base, insert_once
from campaigns.kernel.errors import problem
from campaigns.ports import Event
from campaigns.tracking.hits import Evidence

SaleState = Literal["pending", "paid", "refunded", "partly_refunded", "disputed", "failed", "withdrawn"]
EARNED: tuple[SaleState, ...] = ("paid", "partly_refunded", "refunded", "disputed")
"""States that count: the money came. A sale that was given back whole is still one, of net 0."""


class Sale(Base):
    """A sale.

    | column | meaning |
    |---|---|
    | key | unique name of the money: stripe:<session or invoice>, till:<…>, entered:<lead> |
    | intent | Stripe's payment intent, by which refunds and disputes find it |
    | amount | what was paid, tax included; `tax` the part of it that isn't ours |
    | refunded, disputed | what went back (cumulative); net = amount − tax − refunded − disputed, never below −tax |
    | found_by | how its lead was found (reference, metadata, email, code, entered); none: nobody's |
    | evidence | that of the touch which its person's last visit left, or code |
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
    coupon_id: Mapped[str | None] = mapped_column(ID, ForeignKey("coupons.id"), index=True)
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

    @property
    def net(self) -> int:
        """What is left of the amount."""
        return self.amount - self.tax - self.refunded - self.disputed


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

    Kept by payment intent, since it may come before its sale.

    | column | meaning |
    |---|---|
    | key | <intent>:<currency>:<total> of a refund, the dispute's id, or that with :won |
    | total | of a refund: cumulative as Stripe tells it; else the amount |
    | amount | what this one added to the next smaller total, whichever of them was heard of first |
    """

    __tablename__ = "refunds"

    id: Mapped[Pk]
    key: Mapped[str] = mapped_column(unique=True)
    intent: Mapped[str] = mapped_column(index=True)
    kind: Mapped[Literal["refund", "dispute", "dispute_won"]]
    total: Mapped[int] = mapped_column(BigInteger)
    amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str]
    at: Mapped[datetime]


class Intent(Base):
    """The row that a payment's refunds and its sale lock and meet at, whichever came first.

    `refunded` and `disputed` are what its refunds sum up to in the sale's currency; 0 until the sale is there.
    """

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


def find(session: Session, sale_id: str) -> Sale:
    """The sale. Raises missing (`sale_missing`)."""
    if is_id(sale_id) and (sale := session.get(Sale, sale_id)):
        return sale
    raise problem("missing", "sale_missing")


def of_lead(session: Session, lead_id: str) -> list[Sale]:
    """A lead's sales, newest first."""
    return list(session.scalars(select(Sale).where(Sale.lead_id == lead_id).order_by(Sale.paid_at.desc(), Sale.id)))


def of_coupon(session: Session, coupon_id: str) -> Sale | None:
    """The sale that a code was used for; one that earned before one that waits."""
    found = session.scalars(select(Sale).where(Sale.coupon_id == coupon_id).order_by(Sale.paid_at, Sale.id)).all()
    return next((sale for sale in found if sale.state in EARNED), found[-1] if found else None)


def history(session: Session, sale_id: str) -> list[SaleChange]:
    """An entered sale's corrections, newest first."""
    wanted = select(SaleChange).where(SaleChange.sale_id == sale_id)
    return list(session.scalars(wanted.order_by(SaleChange.at.desc(), SaleChange.id.desc())))


def note_event(session: Session, event: Event, now: datetime) -> bool:
    """Keep a message; False when it came before."""
    return insert_once(
        session, StripeEvent, id=event.id, type=event.type, happened_at=event.happened_at, received_at=now,
        rehearsed=event.rehearsed, outcome=event.what, payload=event.payload,
    )  # fmt: skip


def note_outcome(session: Session, event_id: str, outcome: str) -> None:
    """What a message did."""
    session.execute(update(StripeEvent).where(StripeEvent.id == event_id).values(outcome=outcome))


def lock_intent(session: Session, intent: str) -> Intent:
    """The payment intent's row, held until this transaction ends. 2 queries."""
    insert_once(session, Intent, id=intent, refunded=0, disputed=0)
    held = select(Intent).where(Intent.id == intent).with_for_update().execution_options(populate_existing=True)
    return session.scalars(held).one()


def get_by_intent(session: Session, intent: str) -> Sale | None:
    """The sale of a payment intent, held."""
    return session.scalars(select(Sale).where(Sale.intent == intent).with_for_update()).one_or_none()


def weigh(sale: Sale, intent: Intent | None, now: datetime) -> None:
    """A sale's state and what went back of it, from what is known of its money: whatever came first."""
    if intent is not None:
        refunded = min(intent.refunded, sale.amount)
        sale.refunded, sale.disputed = refunded, min(intent.disputed, sale.amount - refunded)
    if sale.state in EARNED:
        sale.state = _earned_state(sale)
    sale.updated_at = now


def _earned_state(sale: Sale) -> SaleState:
    if sale.disputed:
        return "disputed"
    if not sale.refunded:
        return "paid"
    return "refunded" if sale.refunded == sale.amount else "partly_refunded"


def note_change(
    session: Session, sale: Sale, before: dict[str, Any], now: datetime, *, who: str, user_id: str | None
) -> None:
    """Write down a correction: what it was, what it is now."""
    session.add(
        SaleChange(
            id=new_id(), sale_id=sale.id, at=now, user_id=user_id, who=who, before=before, after=told(sale)
        )
    )  # fmt: skip


def told(sale: Sale) -> dict[str, Any]:
    """What a correction may change of a sale."""
    return {"amount": sale.amount, "currency": sale.currency, "state": sale.state}
