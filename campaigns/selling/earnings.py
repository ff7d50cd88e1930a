"""Earnings: a sale and what went back of it, as conversions. Told again after each change of either."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from campaigns.capturing import conversions
from campaigns.capturing.conversions import Kind
from campaigns.capturing.leads import Lead
from campaigns.selling.sales import EARNED, Refund, Sale

Back = tuple[Refund, Kind, int]


def settle(session: Session, sale: Sale) -> None:
    """Bring the conversions of a sale to what it is now: itself, what went back, its lead become a customer.

    Queries: 3 for a new one; more for those that are there.
    """
    session.flush()
    lead = session.get(Lead, sale.lead_id) if sale.lead_id else None
    counts = sale.state in EARNED
    whose: dict[str, Any] = {
        "campaign_id": sale.campaign_id, "person_id": sale.person_id, "lead_id": sale.lead_id, "sale_id": sale.id,
        "rehearsed": sale.rehearsed, "excluded": lead.excluded if lead else None, "currency": sale.currency,
        "moment": sale.paid_at,
    }  # fmt: skip
    if counts:
        conversions.note(session, f"sale:{sale.id}", "sale", sale.paid_at, amount=sale.amount - sale.tax, **whose)
    else:
        conversions.withdraw(session, f"sale:{sale.id}")
    for refund, kind, amount in _backs(sale, _refunds(session, sale)):
        if counts and amount:
            conversions.note(session, f"back:{refund.id}", kind, refund.at, amount=-amount, **whose)
        else:
            conversions.withdraw(session, f"back:{refund.id}")
    if lead:
        _become_customer(session, lead)


def _refunds(session: Session, sale: Sale) -> Sequence[Refund]:
    if sale.intent is None:
        return []
    told = select(Refund).where(Refund.intent == sale.intent).order_by(Refund.at, Refund.id)
    return session.scalars(told).all()


def _backs(sale: Sale, told: Sequence[Refund]) -> Iterator[Back]:
    """What each refund and dispute took, as much in all as the sale says: no more than was paid, in its currency."""
    won = {refund.key for refund in told if refund.kind == "dispute_won"}
    left = {"refund": sale.refunded, "dispute": sale.disputed}
    for refund in told:
        if refund.kind == "dispute_won":
            continue
        counts = refund.currency == sale.currency and f"{refund.key}:won" not in won
        amount = min(refund.amount, left[refund.kind]) if counts else 0
        left[refund.kind] -= amount
        yield refund, refund.kind, amount


def _become_customer(session: Session, lead: Lead) -> None:
    """A lead is a customer from its first sale on; without any it is none."""
    earned = select(Sale.paid_at, Sale.rehearsed).where(Sale.lead_id == lead.id, Sale.state.in_(EARNED))
    first = session.execute(earned.order_by(Sale.rehearsed, Sale.paid_at).limit(1)).one_or_none()
    key = f"customer:{lead.id}"
    if first is None:
        conversions.withdraw(session, key)
        return
    conversions.note(
        session, key, "customer", first.paid_at, campaign_id=lead.campaign_id, person_id=lead.person_id,
        lead_id=lead.id, rehearsed=first.rehearsed, excluded=lead.excluded,
    )  # fmt: skip
