"""Editions: a number that goes up with each change of what the public sees, so that copies of it know that they aged.

Links and pages are served from copies in each process. Whoever changes what they show turns the edition in the same
transaction; processes look at the number a few times a second, and the one that made the change at once.
"""

from sqlalchemy import BigInteger, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from campaigns.kernel.db import TURNED, Base

PUBLIC = "public"


class Edition(Base):
    """The number of each edition. One row is updated by every change, so numbers are seen in the order of commits."""

    __tablename__ = "editions"

    name: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger)


def turn(session: Session) -> None:
    """What the public sees changes with this transaction. Queries: 1."""
    session.execute(update(Edition).where(Edition.name == PUBLIC).values(number=Edition.number + 1))
    session.info[TURNED] = True


def number(session: Session) -> int:
    """The edition that is out. Queries: 1."""
    return session.scalars(select(Edition.number).where(Edition.name == PUBLIC)).one()
