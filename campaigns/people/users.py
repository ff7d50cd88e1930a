"""Users: the staff. A role opens pages; it is one of three, and each is whole."""

from datetime import datetime
from typing import Literal

from sqlalchemy.orm import Mapped, mapped_column

from campaigns.kernel.columns import Pk
from campaigns.kernel.db import Base

Role = Literal["admin", "marketer", "sales"]
ROLES: tuple[Role, ...] = ("admin", "marketer", "sales")
Notices = Literal["none", "each", "daily"]


class User(Base):
    """Someone who works here. No password yet: invited, not come."""

    __tablename__ = "users"

    id: Mapped[Pk]
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    role: Mapped[Role]
    locale: Mapped[str]
    zone: Mapped[str]
    password_hash: Mapped[str | None]
    lead_notices: Mapped[Notices]
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]
