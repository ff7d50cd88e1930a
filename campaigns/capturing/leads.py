"""Leads: a person in a campaign, after the form."""

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from campaigns.kernel.columns import ID, Pk
from campaigns.kernel.db import Base

LeadState = Literal["new", "contacted", "qualified", "won", "lost"]
LEAD_STATES: tuple[LeadState, ...] = ("new", "contacted", "qualified", "won", "lost")


class Lead(Base):
    """A person in a campaign, once however often the form is sent.

    `answers` are those of the latest submission ([{name, label, kind, value}]); the earlier ones stay in theirs.
    `search` is what the search box looks in: address and answers, lower case (denormalised from them).
    `rehearsed`: the tweet that brought it was a rehearsal.
    """

    __tablename__ = "leads"
    __table_args__ = (
        UniqueConstraint("person_id", "campaign_id"),
        Index("ix_leads_campaign", "campaign_id", "created_at", "id"),  # a campaign's leads; its report
        Index("ix_leads_created", "created_at", "id"),  # all leads, newest first; exports
        Index("ix_leads_state", "state", "created_at", "id"),  # the saved views by state
    )

    id: Mapped[Pk]
    person_id: Mapped[str] = mapped_column(ID, ForeignKey("persons.id"))
    campaign_id: Mapped[str] = mapped_column(ID, ForeignKey("campaigns.id"))
    offer_id: Mapped[str] = mapped_column(ID, ForeignKey("offers.id"), index=True)
    page_id: Mapped[str] = mapped_column(ID, ForeignKey("pages.id"), index=True)
    locale: Mapped[str]
    state: Mapped[LeadState]
    answers: Mapped[list[dict[str, Any]]]
    search: Mapped[str]
    rehearsed: Mapped[bool]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class LeadChange(Base):
    """A change of a lead's state, or a note: append-only."""

    __tablename__ = "lead_changes"

    id: Mapped[Pk]
    lead_id: Mapped[str] = mapped_column(ID, ForeignKey("leads.id"), index=True)
    at: Mapped[datetime]
    user_id: Mapped[str | None] = mapped_column(ID)
    who: Mapped[str]
    before: Mapped[LeadState | None]
    after: Mapped[LeadState | None]
    note: Mapped[str]
