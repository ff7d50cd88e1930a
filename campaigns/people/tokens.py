"""API tokens: the keys of machines, each with a role."""

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from campaigns.kernel import texts
from campaigns.kernel.codes import digest, new_id, new_secret
from campaigns.kernel.columns import Pk
from campaigns.kernel.db import Base
from campaigns.kernel.errors import Faults
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


def create(session: Session, name: str, role: Role, now: datetime) -> tuple[ApiToken, str]:
    """A new machine's key, and its secret, which is told this once. Raises invalid (`required`, `role_unknown` …)."""
    faults = Faults()
    name = texts.check(faults, "name", name, most=80, least=1)
    if role not in ROLES:
        faults.add("role", "role_unknown")
    faults.check()
    secret = SECRET_PREFIX + new_secret()
    token = ApiToken(id=new_id(), name=name, role=role, token_hash=digest(secret), created_at=now)
    session.add(token)
    session.flush()
    return token, secret


def find(session: Session, secret: str) -> ApiToken | None:
    """The key of a secret; None when there is none or it was revoked."""
    if not secret.startswith(SECRET_PREFIX) or len(secret) > MAX_SECRET_LENGTH:
        return None
    living = select(ApiToken).where(ApiToken.token_hash == digest(secret), ApiToken.revoked_at.is_(None))
    return session.scalars(living).one_or_none()


def is_stale(token: ApiToken, now: datetime) -> bool:
    """Whether its use should be written down: not at each request."""
    return token.used_at is None or now - token.used_at >= NOTED_EVERY


def note_use(session: Session, token_id: str, now: datetime) -> None:
    """It was used."""
    session.execute(update(ApiToken).where(ApiToken.id == token_id).values(used_at=now))
