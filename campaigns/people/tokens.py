"""Tokens: of machines (API), and single-use ones that come by mail (invitation, new password, sign-in link)."""

from datetime import datetime
from typing import Literal

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from campaigns.kernel.columns import ID, Pk
from campaigns.kernel.db import Base
from campaigns.people.users import Role

Purpose = Literal["invite", "password", "sign_in"]


class ApiToken(Base):
    """A machine's key. Shown once; its hash is kept."""

    __tablename__ = "api_tokens"

    id: Mapped[Pk]
    name: Mapped[str]
    role: Mapped[Role]
    token_hash: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class MailToken(Base):
    """A secret sent by mail: single use, short-lived, for one purpose."""

    __tablename__ = "mail_tokens"

    id: Mapped[Pk]
    user_id: Mapped[str] = mapped_column(ID, ForeignKey("users.id", ondelete="CASCADE"), index=True)
    purpose: Mapped[Purpose]
    token_hash: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
