"""Mail tokens: secrets that come by mail, for one purpose and one use."""

from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import ForeignKey, delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from campaigns.kernel.codes import digest, new_id, new_secret
from campaigns.kernel.columns import ID, Pk
from campaigns.kernel.db import Base, changed
from campaigns.kernel.errors import problem
from campaigns.people.users import User

Purpose = Literal["invite", "password", "sign_in"]
LIFE_S: dict[Purpose, int] = {"invite": 7 * 86400, "password": 30 * 60, "sign_in": 10 * 60}
KEPT = timedelta(days=30)


class MailToken(Base):
    """A secret sent by mail: its hash is kept."""

    __tablename__ = "mail_tokens"

    id: Mapped[Pk]
    user_id: Mapped[str] = mapped_column(ID, ForeignKey("users.id", ondelete="CASCADE"), index=True)
    purpose: Mapped[Purpose]
    token_hash: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


def issue(session: Session, user: User, purpose: Purpose, now: datetime) -> str:
    """A new secret; the earlier ones of this purpose stop working."""
    close(session, user.id, now, purpose)
    secret = new_secret()
    session.add(
        MailToken(
            id=new_id(), user_id=user.id, purpose=purpose, token_hash=digest(secret), created_at=now,
            expires_at=now + timedelta(seconds=LIFE_S[purpose]),
        )
    )  # fmt: skip
    return secret


def look(session: Session, secret: str, purpose: Purpose, now: datetime) -> User:
    """Whose secret it is, still unused. Raises forbidden (`token_forged`), gone (`token_used`, `token_expired`)."""
    row = session.execute(
        select(MailToken, User)
        .join(User, User.id == MailToken.user_id)
        .where(MailToken.token_hash == digest(secret), MailToken.purpose == purpose, User.disabled_at.is_(None))
    ).one_or_none()
    if row is None:
        raise problem("forbidden", "token_forged")
    token, user = row[0], row[1]
    if token.used_at:
        raise problem("gone", "token_used")
    if token.expires_at < now:
        raise problem("gone", "token_expired")
    return user


def spend(session: Session, secret: str, purpose: Purpose, now: datetime) -> User:
    """Use it up; two who try at once can't both. Raises as `look`."""
    user = look(session, secret, purpose, now)
    mine = update(MailToken).where(MailToken.token_hash == digest(secret), MailToken.used_at.is_(None))
    if not changed(session, mine.values(used_at=now)):
        raise problem("gone", "token_used")
    return user


def close(session: Session, user_id: str, now: datetime, *purposes: Purpose) -> None:
    """The secrets of these purposes stop working: a password that changed makes the links to change it worthless."""
    open_ones = update(MailToken).where(
        MailToken.user_id == user_id, MailToken.purpose.in_(purposes), MailToken.used_at.is_(None)
    )
    session.execute(open_ones.values(used_at=now))


def invitations(session: Session) -> dict[str, datetime]:
    """Until when the invitation of each member who hasn't come works, by the member's id."""
    waiting = select(MailToken.user_id, MailToken.expires_at).where(
        MailToken.purpose == "invite", MailToken.used_at.is_(None)
    )
    return {row.user_id: row.expires_at for row in session.execute(waiting)}


def forget(session: Session, now: datetime) -> None:
    """Delete those that expired a month ago: until then a late click is told that they were used or expired."""
    session.execute(delete(MailToken).where(MailToken.expires_at < now - KEPT))
