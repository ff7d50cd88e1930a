"""Entered sales: what a member says that a lead brought. One a lead; what it was before is never forgotten."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from campaigns.capturing import touches
from campaigns.capturing.leads import Lead
from campaigns.kernel.codes import new_id
from campaigns.kernel.db import insert_once
from campaigns.kernel.errors import problem
from campaigns.kernel.money import Money
from campaigns.selling import earnings, sales
from campaigns.selling.sales import Sale


def get(session: Session, lead_id: str) -> Sale | None:
    """A lead's entered sale, withdrawn ones too."""
    return session.scalars(select(Sale).where(Sale.key == _key(lead_id)).with_for_update()).one_or_none()


def enter(session: Session, lead: Lead, money: Money, now: datetime, *, who: str, user_id: str | None) -> Sale:
    """The lead's sale with this amount: new, corrected, or come back; the same amount changes nothing.

    A correction keeps the moment of the sale, and so its credit.
    """
    last = touches.last_from_outside(session, lead.person_id, now)
    first = insert_once(
        session, Sale, id=new_id(), key=_key(lead.id), origin="entered", lead_id=lead.id, person_id=lead.person_id,
        campaign_id=lead.campaign_id, offer_id=lead.offer_id, state="paid", currency=money.currency,
        amount=money.amount, tax=0, refunded=0, disputed=0, evidence=last.evidence if last else "direct",
        found_by="entered", rehearsed=lead.rehearsed, entered_by=user_id, paid_at=now, created_at=now, updated_at=now,
    )  # fmt: skip
    sale = get(session, lead.id)
    assert sale is not None
    before = sales.told(sale)
    sale.state, sale.amount, sale.currency = "paid", money.amount, money.currency
    if not first and before != sales.told(sale):
        sale.updated_at = now
        sales.note_change(session, sale, before, now, who=who, user_id=user_id)
    earnings.settle(session, sale)
    return sale


def withdraw(session: Session, lead: Lead, now: datetime, *, who: str, user_id: str | None) -> Sale:
    """It counts no more. Raises missing (`sale_missing`)."""
    sale = get(session, lead.id)
    if sale is None:
        raise problem("missing", "sale_missing")
    if sale.state != "withdrawn":
        before = sales.told(sale)
        sale.state, sale.updated_at = "withdrawn", now
        sales.note_change(session, sale, before, now, who=who, user_id=user_id)
        earnings.settle(session, sale)
    return sale


def _key(lead_id: str) -> str:
    return f"entered:{lead_id}"
