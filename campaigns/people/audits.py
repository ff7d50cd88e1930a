"""Audits: who did what, append-only."""

from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Index, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from campaigns.kernel import keysets
from campaigns.kernel.codes import new_id
from campaigns.kernel.columns import ID, Pk
from campaigns.kernel.db import Base
from campaigns.kernel.keysets import Slice

log = structlog.get_logger()


class Audit(Base):
    """An act worth remembering. `who` is a user's name, a token's or `system`; never a secret or a lead's data."""

    __tablename__ = "audits"
    __table_args__ = (
        Index("ix_audits_at", "at"),  # the log, newest first
        Index("ix_audits_action", "action", "subject", "at"),  # when was this last done to it?
    )

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
    """Write it down, and say it in the process's log. Action: a noun and a verb, `lead.exported`; subject: an id."""
    log.info("audit", action=action, user_id=user_id, subject=subject, details=details)
    session.add(Audit(id=new_id(), at=now, user_id=user_id, who=who, action=action, subject=subject, details=details))


def list_page(session: Session, cursor: str | None = None, limit: int = keysets.LIMIT) -> Slice[Audit]:
    """The log, newest first. Raises invalid (`malformed`) for a cursor that isn't one."""
    return keysets.read_page(session, select(Audit), Audit.at, Audit.id, cursor, limit)


def last(session: Session, action: str, subject: str) -> Audit | None:
    """The last time that this was done to it; None when never."""
    rows = select(Audit).where(Audit.action == action, Audit.subject == subject)
    return session.scalars(rows.order_by(Audit.at.desc(), Audit.id.desc()).limit(1)).one_or_none()
