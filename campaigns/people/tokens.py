"""API tokens: the keys of machines, each with a role."""

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from campaigns.kernel import texts
from campaigns.kernel.codes import digest, is_id, new_id, new_secret
from campaigns.kernel.columns import Pk
from campaigns.kernel.db import Base
from campaigns.kernel.errors import Faults, problem
from campaigns.people.users import ROLES, Role

SECRET_PREFIX = "pch_"  # noqa: S105 - so that scanners of leaked secrets know one of ours
MAX_SECRET_LENGTH = 100
NOTED_EVERY = timedelta(minutes=1)


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


def create(session: Session, name: str, role: str, now: datetime) -> tuple[ApiToken, str]:
    """A new machine's key, and its secret, which is told this once. Raises invalid (`required`, `role_unknown` …)."""
    faults = Faults()
    name = texts.check(faults, "name", name, most=80, least=1)
    known = next((each for each in ROLES if each == role), None)
    if known is None:
        faults.add("role", "role_unknown")
    faults.check()
    assert known is not None
    secret = SECRET_PREFIX + new_secret()
    token = ApiToken(id=new_id(), name=name, role=known, token_hash=digest(secret), created_at=now)
    session.add(token)
    session.flush()
    return token, secret


def find(session: Session, secret: str) -> ApiToken | None:
    """The key of a secret; None when there is none or it was revoked."""
    if not secret.startswith(SECRET_PREFIX) or len(secret) > MAX_SECRET_LENGTH:
        return None
    living = select(ApiToken).where(ApiToken.token_hash == digest(secret), ApiToken.revoked_at.is_(None))
    return session.scalars(living).one_or_none()


def list_all(session: Session) -> list[ApiToken]:
    """The living keys first, then those revoked, each the newest first."""
    everyone = select(ApiToken).order_by(ApiToken.revoked_at.isnot(None), ApiToken.id.desc()).limit(500)
    return list(session.scalars(everyone))


def of_id(session: Session, token_id: str) -> ApiToken:
    """The key; raises missing (`token_missing`)."""
    token = session.get(ApiToken, token_id) if is_id(token_id) else None
    if token is None:
        raise problem("missing", "token_missing")
    return token


def revoke(session: Session, token_id: str, now: datetime) -> ApiToken:
    """From here on it opens nothing; revoked before is no error. Raises missing (`token_missing`)."""
    token = of_id(session, token_id)
    token.revoked_at = token.revoked_at or now
    return token


def is_stale(token: ApiToken, now: datetime) -> bool:
    """Whether its use should be written down: not at each request."""
    return token.used_at is None or now - token.used_at >= NOTED_EVERY


def note_use(session: Session, token_id: str, now: datetime) -> None:
    """It was used."""
    session.execute(update(ApiToken).where(ApiToken.id == token_id).values(used_at=now))
