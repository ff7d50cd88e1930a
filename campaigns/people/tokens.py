"""API tokens: the keys of machines, each with a role."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from campaigns.kernel.columns import Pk
from campaigns.kernel.db import Base
from campaigns.people.users import Role


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
