"""Persons: one row a normalised e-mail address."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from campaigns.kernel import emails, texts
from campaigns.kernel.codes import new_id
from campaigns.kernel.columns import Pk
from campaigns.kernel.db import Base, put_once
from campaigns.kernel.errors import Problem


class Person(Base):
    """Someone who filled a form. `email` is normalised (trimmed, lower case, IDNA); `typed` is as it was written."""

    __tablename__ = "persons"

    id: Mapped[Pk]
    email: Mapped[str] = mapped_column(unique=True)
    typed: Mapped[str]
    created_at: Mapped[datetime]


def of_email(session: Session, typed: str, now: datetime) -> Person:
    """The person of an address, made when it is new. Raises invalid as kernel.emails.read. 1 query, or 2."""
    email = emails.read(typed)
    person = Person(id=new_id(), email=email, typed=texts.line(typed), created_at=now)
    if put_once(session, person):
        return person
    return session.scalars(select(Person).where(Person.email == email)).one()


def mailbox(person: Person) -> str:
    """Where letters go: as the person wrote it, unless a mail header can't hold that."""
    return person.typed if person.typed.isascii() else person.email


def get(session: Session, person_id: str) -> Person | None:
    """The person, if there is one."""
    return session.get(Person, person_id)


def get_by_email(session: Session, typed: str) -> Person | None:
    """The person of an address as somebody wrote it; None for an unknown one and for what is no address."""
    try:
        email = emails.read(typed)
    except Problem:
        return None
    return session.scalars(select(Person).where(Person.email == email)).one_or_none()
