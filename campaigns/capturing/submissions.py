"""Submissions: each form as it was sent, with what it agreed to; never changed afterwards."""

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from campaigns.kernel.columns import ID, Pk
from campaigns.kernel.db import Base


class Submission(Base):
    """A form that was accepted. `key` makes the same form sent twice one submission."""

    __tablename__ = "submissions"

    id: Mapped[Pk]
    key: Mapped[str] = mapped_column(unique=True)
    lead_id: Mapped[str] = mapped_column(ID, ForeignKey("leads.id"), index=True)
    page_id: Mapped[str] = mapped_column(ID, ForeignKey("pages.id"))
    page_revision: Mapped[int]
    touch_id: Mapped[str] = mapped_column(ID, ForeignKey("touches.id"))
    at: Mapped[datetime]
    answers: Mapped[list[dict[str, Any]]]


class Consent(Base):
    """What a person agreed to or didn't, in which words, when and how: append-only, the last one holds."""

    __tablename__ = "consents"
    __table_args__ = (Index("ix_consents_person", "person_id", "purpose", "at"),)

    id: Mapped[Pk]
    person_id: Mapped[str] = mapped_column(ID, ForeignKey("persons.id"))
    lead_id: Mapped[str] = mapped_column(ID, ForeignKey("leads.id"), index=True)
    submission_id: Mapped[str | None] = mapped_column(ID, ForeignKey("submissions.id"))
    purpose: Mapped[str]
    state: Mapped[Literal["granted", "refused", "withdrawn"]]
    text_sha256: Mapped[str] = mapped_column(ForeignKey("consent_texts.sha256"))
    at: Mapped[datetime]
    how: Mapped[str]  # form, mail, staff


class Delivery(Base):
    """A white paper given to a lead: once a lead and offer; each real download is counted."""

    __tablename__ = "deliveries"
    __table_args__ = (Index("ux_deliveries_lead_offer", "lead_id", "offer_id", unique=True),)

    id: Mapped[Pk]
    lead_id: Mapped[str] = mapped_column(ID, ForeignKey("leads.id"))
    offer_id: Mapped[str] = mapped_column(ID, ForeignKey("offers.id"))
    created_at: Mapped[datetime]
    downloads: Mapped[int]
    first_at: Mapped[datetime | None]
    last_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
