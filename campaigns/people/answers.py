"""Answers kept for machines: the same Idempotency-Key and body gives the same answer, once."""

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from campaigns.kernel.columns import ID
from campaigns.kernel.db import Base


class KeptAnswer(Base):
    """The answer to a request, kept in the transaction of its effect. `status` 0: claimed, not answered yet."""

    __tablename__ = "kept_answers"

    token_id: Mapped[str] = mapped_column(ID, ForeignKey("api_tokens.id"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    request_hash: Mapped[str]
    status: Mapped[int]
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
