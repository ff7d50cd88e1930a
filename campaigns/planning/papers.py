"""Papers: the PDF of a white-paper offer, checked by its content."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from campaigns.kernel.columns import ID, Pk
from campaigns.kernel.db import Base


class Paper(Base):
    """The current PDF of an offer. Files are kept under `file_key` (the PDF) and `cover_key` (a WebP of page 1)."""

    __tablename__ = "papers"

    offer_id: Mapped[str] = mapped_column(ID, ForeignKey("offers.id"), primary_key=True)
    sha256: Mapped[str]
    bytes: Mapped[int]
    pages: Mapped[int]
    name: Mapped[str]  # what the prospect's file is called
    file_key: Mapped[str]
    cover_key: Mapped[str | None]
    uploaded_at: Mapped[datetime]
