"""Sessions: rows, so that each can be ended from the server."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from campaigns.kernel.columns import ID, Pk
from campaigns.kernel.db import Base


class UserSession(Base):
    """A browser that is signed in. The cookie holds a secret; its hash is here."""

    __tablename__ = "sessions"

    id: Mapped[Pk]
    user_id: Mapped[str] = mapped_column(ID, ForeignKey("users.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    agent: Mapped[str]
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
