"""Campaigns: a goal, a period, a budget."""

from datetime import date, datetime

from sqlalchemy import BigInteger, Index
from sqlalchemy.orm import Mapped, mapped_column

from campaigns.kernel.columns import Pk
from campaigns.kernel.db import Base


class Campaign(Base):
    """What tweets and offers belong to. Dates are whole days in `zone`, both included."""

    __tablename__ = "campaigns"
    __table_args__ = (Index("ix_campaigns_created", "created_at", "id"),)  # the list, newest first

    id: Mapped[Pk]
    slug: Mapped[str] = mapped_column(unique=True)  # utm_campaign: never changes once made
    name: Mapped[str]
    goal: Mapped[str]  # in words; may be empty
    goal_leads: Mapped[int | None]
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    zone: Mapped[str]
    budget_amount: Mapped[int | None] = mapped_column(BigInteger)
    budget_currency: Mapped[str | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    archived_at: Mapped[datetime | None]
