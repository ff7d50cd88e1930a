"""Audits: who did what, append-only."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, Session, mapped_column

from campaigns.kernel.codes import new_id
from campaigns.kernel.columns import ID, Pk
from campaigns.kernel.db import Base


class Audit(Base):
    """An act worth remembering. `who` is a user's name, a token's or `system`; never a secret or a lead's data."""

    __tablename__ = "audits"
    __table_args__ = (Index("ix_audits_at", "at"),)  # the log, newest first

    id: Mapped[Pk]
    at: Mapped[datetime]
    user_id: Mapped[str | None] = mapped_column(ID)
    who: Mapped[str]
    action: Mapped[str]
    subject: Mapped[str | None]
    details: Mapped[dict[str, Any]]


def note(
    session: Session,
    action: str,
    now: datetime,
    *,
    who: str,
    user_id: str | None = None,
    subject: str | None = None,
    **details: object,
) -> None:
    """Write it down. Action: a noun and a verb, `lead.exported`; subject: the id it is about."""
    session.add(Audit(id=new_id(), at=now, user_id=user_id, who=who, action=action, subject=subject, details=details))
