"""Conversions: what a person did that counts, each once. Which touches it is owed to, is computed from here, later.

Written in the transaction of the fact itself, and never deleted: what turns out not to count is excluded, and says why.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import BigInteger, ForeignKey, Index, insert, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from campaigns.kernel.codes import new_id
from campaigns.kernel.columns import ID, Pk
from campaigns.kernel.db import Base, insert_once

Kind = Literal["lead", "repeat", "qualified", "customer", "sale", "refund", "dispute"]
KINDS: tuple[Kind, ...] = ("lead", "repeat", "qualified", "customer", "sale", "refund", "dispute")
Exclusion = Literal["test", "internal", "spam", "withdrawn"]


class Conversion(Base):
    """A lead, a form sent again, a lead qualified, a person become a customer, money that came or went back.

    | column | meaning |
    |---|---|
    | key | what it is, once: lead:, qualified: or customer:<lead>, repeat:<submission>, sale:<sale>, back:<refund> |
    | at | when it counts |
    | moment | from when the lookback counts back; of a refund: its sale's |
    | amount, currency | what it adds to net revenue: paid − tax, or less than nothing for what went back |
    | campaign_id, person_id, lead_id | None: money that names nobody of ours |
    | excluded | kept without credit: test, internal, spam; withdrawn: it never was |
    """

    __tablename__ = "conversions"
    __table_args__ = (
        Index("ix_conversions_campaign", "campaign_id", "id"),  # a campaign's, as they came: packs, and what is in none
        # what a report counts, without a look at the table, and in the order of its groups: a fifth of the time
        Index("ix_conversions_totals", "campaign_id", "kind", "currency", "at", "amount", "excluded", "rehearsed"),
        Index("ix_conversions_at", "at", "campaign_id", "kind", "currency", "amount", "excluded", "rehearsed"),
        Index("ix_conversions_person", "person_id", "moment"),  # whose credit another touch may change
        Index("ix_conversions_lead", "lead_id"),
    )  # fmt: skip

    id: Mapped[Pk]
    key: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[Kind]
    at: Mapped[datetime]
    moment: Mapped[datetime]
    campaign_id: Mapped[str | None] = mapped_column(ID, ForeignKey("campaigns.id"))
    person_id: Mapped[str | None] = mapped_column(ID, ForeignKey("persons.id"))
    lead_id: Mapped[str | None] = mapped_column(ID, ForeignKey("leads.id"))
    sale_id: Mapped[str | None] = mapped_column(ID)
    currency: Mapped[str | None]
    amount: Mapped[int] = mapped_column(BigInteger)
    excluded: Mapped[Exclusion | None]
    rehearsed: Mapped[bool]


class Restated(Base):
    """A conversion whose credit may not be what was computed ahead. Whoever computes it again takes the row away."""

    __tablename__ = "restated"
    __table_args__ = (Index("ix_restated_campaign", "campaign_id", "conversion_id"),)

    id: Mapped[Pk]
    campaign_id: Mapped[str | None] = mapped_column(ID)
    conversion_id: Mapped[str] = mapped_column(ID)


def note(
    session: Session, key: str, kind: Kind, at: datetime, *, campaign_id: str | None, person_id: str | None,
    lead_id: str | None, rehearsed: bool, excluded: Exclusion | None = None, moment: datetime | None = None,
    sale_id: str | None = None, amount: int = 0, currency: str | None = None,
) -> None:  # fmt: skip
    """A conversion, once; told again with other words, those hold. 1 query, 2 to 4 for one that is there."""
    values: dict[str, Any] = {
        "kind": kind, "at": at, "moment": moment or at, "campaign_id": campaign_id, "person_id": person_id,
        "lead_id": lead_id, "sale_id": sale_id, "currency": currency, "amount": amount, "rehearsed": rehearsed,
        "excluded": excluded,
    }  # fmt: skip
    if insert_once(session, Conversion, id=new_id(), key=key, **values):
        return
    known = session.scalars(select(Conversion).where(Conversion.key == key)).one()
    if values != {name: getattr(known, name) for name in values}:
        restate(session, [known])  # before and after: it may go to another campaign
        for name, value in values.items():
            setattr(known, name, value)
        restate(session, [known])


def is_there(session: Session, key: str) -> bool:
    """Whether it was noted, and not withdrawn. 1 query."""
    found = select(Conversion.id).where(Conversion.key == key, Conversion.excluded.is_distinct_from("withdrawn"))
    return session.scalar(found) is not None


def withdraw(session: Session, key: str) -> bool:
    """It never was. 1 query, or 3; whether it was there."""
    known = session.scalars(select(Conversion).where(Conversion.key == key)).one_or_none()
    if known is None or known.excluded == "withdrawn":
        return False
    known.excluded = "withdrawn"
    restate(session, [known])
    return True


def exclude(session: Session, lead_id: str, why: Exclusion | None) -> int:
    """All of a lead's conversions count no more, or again; how many changed. Queries: 3."""
    found = session.scalars(select(Conversion).where(Conversion.lead_id == lead_id)).all()
    meant = [each for each in found if each.excluded not in ("withdrawn", why)]
    for each in meant:
        each.excluded = why
    restate(session, meant)
    return len(meant)


def touched(session: Session, person_id: str, at: datetime) -> None:
    """A person has another touch: what they did after it may be owed to it. Queries: 1, or 2."""
    later = select(Conversion).where(Conversion.person_id == person_id, Conversion.moment >= at)
    restate(session, session.scalars(later).all())


def restate(session: Session, known: Collection[Conversion]) -> None:
    """What was computed ahead of these conversions isn't to be trusted. Queries: 0 or 1."""
    rows = [{"id": new_id(), "campaign_id": each.campaign_id, "conversion_id": each.id} for each in known]
    if rows:
        session.execute(insert(Restated), rows)
        session.flush()
