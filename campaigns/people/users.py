"""Users: the staff. A role opens pages; it is one of three, and each is whole."""

import unicodedata
from datetime import datetime
from typing import Literal

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column
from zxcvbn import zxcvbn

from campaigns.kernel.codes import new_id
from campaigns.kernel.columns import Pk
from campaigns.kernel.db import Base, insert_once
from campaigns.kernel.errors import Faults, problem

Role = Literal["admin", "marketer", "sales"]
ROLES: tuple[Role, ...] = ("admin", "marketer", "sales")
Notices = Literal["none", "each", "daily"]

LEAST_PASSWORD, MOST_PASSWORD = 8, 128
GUESSES_LOG10 = 4.5
"""A password that falls within some 30,000 guesses is on the lists of stolen ones."""

_hasher = PasswordHasher()
_nobody = _hasher.hash("nobody's password")


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


def normal(email: str) -> str:
    """One spelling an address: what is stored and what is looked up.

    >>> normal("  Léa@Feuillet.EXAMPLE ")
    'léa@feuillet.example'
    """
    return unicodedata.normalize("NFKC", email).strip().casefold()


def create(
    session: Session, email: str, name: str, role: str, now: datetime, *, locale: str, zone: str,
    password: str | None = None,
) -> User:  # fmt: skip
    """A new member.

    Raises invalid (`email_malformed`, `required`, `too_long`, `role_unknown`, a password's faults) and conflict
    (`email_taken`).
    """
    faults, email, name = Faults(), normal(email), name.strip()
    if not 3 <= len(email) <= 254 or email.count("@") != 1 or any(c.isspace() for c in email):
        faults.add("email", "email_malformed")
    if not name:
        faults.add("name", "required")
    if len(name) > 100:
        faults.add("name", "too_long", most=100, count=len(name))
    if role not in ROLES:
        faults.add("role", "role_unknown")
    with faults.gather():
        password_hash = hashed(password, email, name) if password is not None else None
    faults.check()
    user_id = new_id()
    first = insert_once(
        session, User, id=user_id, email=email, name=name, role=role, locale=locale, zone=zone, created_at=now,
        password_hash=password_hash, lead_notices="each" if role == "sales" else "none",
    )  # fmt: skip
    if not first:
        raise problem("conflict", "email_taken", "email")
    return find(session, user_id)


def find(session: Session, user_id: str) -> User:
    """The member; raises missing (`user_missing`)."""
    user = session.get(User, user_id)
    if user is None:
        raise problem("missing", "user_missing")
    return user


def of_email(session: Session, email: str) -> User | None:
    """The member who has this address."""
    return session.scalars(select(User).where(User.email == normal(email))).one_or_none()


def list_all(session: Session) -> list[User]:
    """Everyone, by name: a company's staff, not a table that grows."""
    return list(session.scalars(select(User).order_by(User.disabled_at.isnot(None), User.name).limit(500)))


def count(session: Session) -> int:
    """How many members there are."""
    return session.scalar(select(func.count()).select_from(User)) or 0


def hashed(password: str, *about: str) -> str:
    """A password's hash. Raises invalid (`password_short`, `too_long`, `password_common`).

    `about`: name and address, which are no password. No rule on signs: only what falls at once is refused.
    """
    if len(password) < LEAST_PASSWORD:
        raise problem("invalid", "password_short", "password")
    if len(password) > MOST_PASSWORD:
        raise problem("invalid", "too_long", "password", most=MOST_PASSWORD, count=len(password))
    if zxcvbn(password[:72], user_inputs=[*about, "perchoir"])["guesses_log10"] < GUESSES_LOG10:
        raise problem("invalid", "password_common", "password")
    return _hasher.hash(password)


def verify(user: User | None, password: str) -> bool:
    """Whether it is the member's password. Takes as long for nobody as for somebody."""
    stored = user.password_hash if user and user.password_hash and not user.disabled_at else None
    try:
        right = _hasher.verify(stored or _nobody, password[:MOST_PASSWORD])
    except (VerificationError, InvalidHashError):
        return False
    return right and stored is not None


def set_role(session: Session, user: User, role: str) -> None:
    """Another role. Raises invalid `role_unknown`, conflict `last_admin`."""
    if role not in ROLES:
        raise problem("invalid", "role_unknown", "role")
    if user.role == "admin" and role != "admin":
        _keep_an_admin(session, user)
    user.role = role


def disable(session: Session, user: User, now: datetime) -> None:
    """Shut someone out; what they did stays. Raises conflict `last_admin`."""
    if user.role == "admin":
        _keep_an_admin(session, user)
    user.disabled_at = user.disabled_at or now


def _keep_an_admin(session: Session, leaving: User) -> None:
    # Locking all administrators' rows makes two who leave at once take turns.
    session.execute(update(User).where(User.role == "admin").values(role="admin"))
    others = select(func.count()).where(User.role == "admin", User.disabled_at.is_(None), User.id != leaving.id)
    if not session.scalar(others):
        raise problem("conflict", "last_admin", "role")
