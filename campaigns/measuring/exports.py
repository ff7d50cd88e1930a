"""Exports: who downloaded which leads, when, with which filter."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from campaigns.kernel.columns import ID, Pk
from campaigns.kernel.db import Base


class Export(Base):
    """A download of leads. `upto` is the moment up to which it held leads: the next "new since" starts there."""

    __tablename__ = "exports"
    __table_args__ = (Index("ix_exports_user", "user_id", "at"),)  # my last one

    id: Mapped[Pk]
    user_id: Mapped[str | None] = mapped_column(ID, ForeignKey("users.id"))
    who: Mapped[str]
    at: Mapped[datetime]
    upto: Mapped[datetime]
    filter: Mapped[dict[str, Any]]
    format: Mapped[str]
    rows: Mapped[int | None]  # None: it was cut off
