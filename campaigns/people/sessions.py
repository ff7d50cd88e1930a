"""Sessions: rows, so that each can be ended from the server."""

from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from campaigns.kernel.codes import digest, new_id, new_secret
from campaigns.kernel.columns import ID, Pk
from campaigns.kernel.db import Base, changed
from campaigns.people.users import User

NOTED_EVERY = timedelta(minutes=1)
KEPT = timedelta(days=30)

BROWSERS = (("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("FxiOS/", "Firefox"), ("CriOS/", "Chrome"),
            ("Chrome/", "Chrome"), ("Safari/", "Safari"))  # fmt: skip
"""In the order to look: each names those after it too."""
SYSTEMS = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"),
           ("Mac OS X", "macOS"), ("CrOS", "ChromeOS"), ("Linux", "Linux"))  # fmt: skip


class UserSession(Base):
    """A browser that is signed in. The cookie holds a secret; its hash is here."""

    __tablename__ = "sessions"

    id: Mapped[Pk]
    user_id: Mapped[str] = mapped_column(ID, ForeignKey("users.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    agent: Mapped[str]
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


def start(session: Session, user: User, agent: str, now: datetime) -> str:
    """A new session of a user; gives the secret for the cookie."""
    secret = new_secret()
    session.add(
        UserSession(
            id=new_id(), user_id=user.id, token_hash=digest(secret), agent=agent[:200], created_at=now, seen_at=now
        )
    )
    # `note_seen` comes minutes later: until then the list of people would say that the one who reads it was never seen
    session.execute(update(User).where(User.id == user.id).values(seen_at=now))
    return secret


def find(session: Session, secret: str, now: datetime, idle_s: int, max_s: int) -> tuple[UserSession, User] | None:
    """The living session of a secret and its user; None when it ended, idled, grew old, or the user is disabled."""
    row = session.execute(
        select(UserSession, User)
        .join(User, User.id == UserSession.user_id)
        .where(
            UserSession.token_hash == digest(secret),
            UserSession.ended_at.is_(None),
            UserSession.seen_at > now - timedelta(seconds=idle_s),
            UserSession.created_at > now - timedelta(seconds=max_s),
            User.disabled_at.is_(None),
        )
    ).one_or_none()
    return (row[0], row[1]) if row else None


def is_stale(user_session: UserSession, now: datetime) -> bool:
    """Whether its last use should be written down: not at each page."""
    return now - user_session.seen_at > NOTED_EVERY


def note_seen(session: Session, session_id: str, user_id: str, now: datetime) -> None:
    """It was used."""
    session.execute(update(UserSession).where(UserSession.id == session_id).values(seen_at=now))
    session.execute(update(User).where(User.id == user_id).values(seen_at=now))


def list_of(session: Session, user_id: str, now: datetime, idle_s: int, max_s: int) -> list[UserSession]:
    """A member's living sessions, the last used first."""
    theirs = (
        select(UserSession)
        .where(
            UserSession.user_id == user_id,
            UserSession.ended_at.is_(None),
            UserSession.seen_at > now - timedelta(seconds=idle_s),
            UserSession.created_at > now - timedelta(seconds=max_s),
        )
        .order_by(UserSession.seen_at.desc(), UserSession.id.desc())
        .limit(100)
    )
    return list(session.scalars(theirs))


def device(agent: str) -> tuple[str, str]:
    """The browser and the system of a user agent, as far as a member needs them to know a session again.

    >>> device("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
    ('Firefox', 'Linux')
    >>> device("curl/8.5.0")
    ('', '')
    """
    browser = next((name for sign, name in BROWSERS if sign in agent), "")
    return browser, next((name for sign, name in SYSTEMS if sign in agent), "")


def end_own(session: Session, session_id: str, user_id: str, now: datetime) -> bool:
    """Sign out one session of a member; False when it isn't theirs or has ended."""
    mine = update(UserSession).where(
        UserSession.id == session_id, UserSession.user_id == user_id, UserSession.ended_at.is_(None)
    )
    return bool(changed(session, mine.values(ended_at=now)))


def end(session: Session, session_id: str, now: datetime) -> None:
    """Sign it out."""
    mine = update(UserSession).where(UserSession.id == session_id, UserSession.ended_at.is_(None))
    session.execute(mine.values(ended_at=now))


def end_all(session: Session, user_id: str, now: datetime, but: str | None = None) -> int:
    """Sign a user out everywhere, or everywhere else; how many sessions that ended."""
    theirs = update(UserSession).where(UserSession.user_id == user_id, UserSession.ended_at.is_(None))
    return changed(session, (theirs.where(UserSession.id != but) if but else theirs).values(ended_at=now))


def forget(session: Session, now: datetime, max_s: int) -> None:
    """Delete those that ended or grew too old to be used, a month ago: until then their owner may look at them."""
    old = now - timedelta(seconds=max_s) - KEPT
    session.execute(delete(UserSession).where(UserSession.created_at < old))
