"""Users: the staff. A role opens pages; it is one of three, and each is whole."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Literal, get_args

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column
from zxcvbn import zxcvbn

from campaigns.kernel import texts, zones
from campaigns.kernel.codes import digest, is_id, new_id, new_secret
from campaigns.kernel.columns import Pk
from campaigns.kernel.db import Base, insert_once
from campaigns.kernel.errors import Faults, problem
from campaigns.words import LOCALES

Role = Literal["admin", "marketer", "sales"]
ROLES: tuple[Role, ...] = ("admin", "marketer", "sales")
Notices = Literal["none", "each", "daily"]
NOTICES: tuple[Notices, ...] = get_args(Notices)

MOST_EMAIL, MOST_NAME = 254, 100
LEAST_PASSWORD, MOST_PASSWORD = 8, 128
GUESSES_LOG10 = 4.5
"""A password that falls within some 30,000 guesses is on the lists of stolen ones."""

_hasher = PasswordHasher()


@lru_cache(1)
def _nobody() -> str:
    """What a password is compared with when there is nobody: it takes as long."""
    return _hasher.hash("nobody's password")


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
    weekly: Mapped[bool] = mapped_column(default=False)  # last week's figures, each Monday
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]
    feed_digest: Mapped[str | None] = mapped_column(unique=True)  # of the secret in the calendar feed's address

    @property
    def has_joined(self) -> bool:
        return self.password_hash is not None


@dataclass(frozen=True)
class Profile:
    """What a member says of themself, as it was typed."""

    name: str
    locale: str
    zone: str
    lead_notices: str = "none"
    weekly: bool = False


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
    faults = Faults()
    email = _check_email(faults, email)
    name = texts.check(faults, "name", name, most=MOST_NAME, least=1)
    if role not in ROLES:
        faults.add("role", "role_unknown")
    _check_place(faults, locale, zone)
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


def _check_email(faults: Faults, typed: str) -> str:
    if len(typed) > 4 * MOST_EMAIL:  # before normalising what nobody has as an address
        faults.add("email", "too_long", most=MOST_EMAIL, count=len(typed))
        return ""
    email = normal(typed)
    name, at, domain = email.rpartition("@")
    whole = name and at and domain and "@" not in name and not any(c.isspace() or c in '<>,;"' for c in email)
    if not email:
        faults.add("email", "required")
    elif len(email) > MOST_EMAIL:
        faults.add("email", "too_long", most=MOST_EMAIL, count=len(email))
    elif not whole or texts.has_control(email):
        faults.add("email", "email_malformed")
    return email


def _check_place(faults: Faults, locale: str, zone: str) -> None:
    if locale not in LOCALES:
        faults.add("locale", "not_a_choice")
    with faults.gather():
        zones.known(zone)


def change(user: User, profile: Profile) -> None:
    """Keep what a member says of themself. Raises invalid with every field's fault."""
    faults = Faults()
    name = texts.check(faults, "name", profile.name, most=MOST_NAME, least=1)
    _check_place(faults, profile.locale, profile.zone)
    notices = next((known for known in NOTICES if known == profile.lead_notices), None)
    if notices is None:
        faults.add("lead_notices", "not_a_choice")
    faults.check()
    user.name, user.locale, user.zone = name, profile.locale, profile.zone
    user.lead_notices, user.weekly = notices or user.lead_notices, profile.weekly


def find(session: Session, user_id: str) -> User:
    """The member; raises missing (`user_missing`)."""
    user = session.get(User, user_id) if is_id(user_id) else None
    if user is None:
        raise problem("missing", "user_missing")
    return user


def of_email(session: Session, email: str) -> User | None:
    """The member who has this address; nobody has one that can't be kept."""
    if len(email) > 4 * MOST_EMAIL or texts.has_control(email):
        return None
    return session.scalars(select(User).where(User.email == normal(email))).one_or_none()


def list_all(session: Session) -> list[User]:
    """Everyone, by name: a company's staff, not a table that grows."""
    return list(session.scalars(select(User).order_by(User.disabled_at.isnot(None), User.name, User.id).limit(500)))


_TOLD = (
    select(User)
    .where(User.lead_notices == bindparam("how"), User.disabled_at.is_(None), User.role.in_(("sales", "admin")))
    .order_by(User.id)
    .limit(500)
)


def list_weekly(session: Session) -> list[User]:
    """Those who want last week's figures each Monday, and may see them. 1 query."""
    wanted = select(User).where(User.weekly, User.disabled_at.is_(None), User.role.in_(("admin", "marketer")))
    return list(session.scalars(wanted.order_by(User.id)))


def working(session: Session, user_id: str) -> User | None:
    """A member who may work on tweets still; None: gone, shut out, or in sales now."""
    found = session.get(User, user_id)
    return found if found and not found.disabled_at and found.role != "sales" else None


def list_admins(session: Session) -> list[User]:
    """The administrators, none of those shut out. 1 query."""
    wanted = select(User).where(User.role == "admin", User.disabled_at.is_(None))
    return list(session.scalars(wanted.order_by(User.id).limit(50)))


def list_told(session: Session, how: Notices) -> list[User]:
    """Those who want to be told of new leads in this way."""
    return list(session.scalars(_TOLD, {"how": how}))


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
    own_words = [word for text in about for word in (text, *re.split(r"[\W_]+", text)) if word]
    if zxcvbn(password[:72], user_inputs=[*own_words, "perchoir"])["guesses_log10"] < GUESSES_LOG10:
        raise problem("invalid", "password_common", "password")
    return _hasher.hash(password)


def verify(user: User | None, password: str) -> bool:
    """Whether it is the member's password. Takes as long for nobody as for somebody."""
    stored = user.password_hash if user and user.password_hash and not user.disabled_at else None
    try:
        _hasher.verify(stored or _nobody(), password[:MOST_PASSWORD])
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


def set_role(session: Session, user: User, role: str) -> None:
    """Another role. Raises invalid `role_unknown`, conflict `last_admin`."""
    if role not in ROLES:
        raise problem("invalid", "role_unknown", "role")
    if user.role == "admin" and role != "admin":
        _keep_an_admin(session, user)
    user.role = next(known for known in ROLES if known == role)


def disable(session: Session, user: User, now: datetime) -> None:
    """Shut someone out; what they did stays. Raises conflict `last_admin`."""
    if user.role == "admin":
        _keep_an_admin(session, user)
    user.disabled_at = user.disabled_at or now


def enable(user: User) -> None:
    """Let someone in again, with the password they had."""
    user.disabled_at = None


def _keep_an_admin(session: Session, leaving: User) -> None:
    # Locking all administrators' rows makes two who leave at once take turns.
    session.execute(
        update(User).where(User.role == "admin").values(role="admin").execution_options(synchronize_session=False)
    )
    # one who was invited and never came can't let anybody in
    able = (User.role == "admin", User.disabled_at.is_(None), User.password_hash.isnot(None))
    others = select(func.count()).where(*able, User.id != leaving.id)
    if not session.scalar(others):
        raise problem("conflict", "last_admin", "role")


def new_feed(session: Session, user: User) -> str:
    """The secret of another calendar feed; the one before opens nothing any more."""
    secret = new_secret()
    user.feed_digest = digest(secret)
    session.flush()
    return secret


def of_feed(session: Session, secret: str) -> User:
    """Whose calendar it is. Raises missing (`feed_missing`) for one that isn't, and for who was shut out. 1 query."""
    found = session.scalars(select(User).where(User.feed_digest == digest(secret[:200]))).one_or_none()
    if found is None or found.disabled_at:
        raise problem("missing", "feed_missing")
    return found
