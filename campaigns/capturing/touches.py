"""Touches: where each visit that led to something came from. Append-only: credit is computed from them, later."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from campaigns.kernel.columns import ID, Pk
from campaigns.kernel.db import Base
from campaigns.tracking.hits import Evidence


class Touch(Base):
    """The visit of a submission, or the code typed at a till.

    `at` is the moment of the click (a direct visit: of the form). tweet_id, link_id and hit_id come from the signed
    token in the page's address, so a lead never waits for the click's row. The keys are plain columns: a hit may be
    stored after its touch.
    """

    __tablename__ = "touches"
    __table_args__ = (
        Index("ix_touches_person_at", "person_id", "at", "id"),  # a person's path, in order
        Index("ix_touches_tweet", "tweet_id", "at"),
    )

    id: Mapped[Pk]
    person_id: Mapped[str] = mapped_column(ID, ForeignKey("persons.id"))
    at: Mapped[datetime]
    evidence: Mapped[Evidence]
    campaign_id: Mapped[str | None] = mapped_column(ID)
    tweet_id: Mapped[str | None] = mapped_column(ID)
    link_id: Mapped[str | None] = mapped_column(ID)
    hit_id: Mapped[str | None] = mapped_column(ID)
    referrer: Mapped[str | None]
    utm: Mapped[dict[str, Any]]
    key: Mapped[str] = mapped_column(unique=True)  # hit:<id>, submission:<id> or code:<sale>: one touch each
