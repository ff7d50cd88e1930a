"""Persons: one row a normalised e-mail address."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from campaigns.kernel.columns import Pk
from campaigns.kernel.db import Base


class Person(Base):
    """Someone who filled a form. `email` is normalised (trimmed, lower case, IDNA); `typed` is as it was written."""

    __tablename__ = "persons"

    id: Mapped[Pk]
    email: Mapped[str] = mapped_column(unique=True)
    typed: Mapped[str]
    created_at: Mapped[datetime]
