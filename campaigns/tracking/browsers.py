"""Browsers: who agreed to be recognised over several visits (identity level 2). A random id in one cookie, hashed here.

It lasts thirteen months at most and is never renewed. Withdrawing deletes it, and takes it from its visits.
"""

from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, Index, delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from campaigns.kernel.codes import digest, new_secret
from campaigns.kernel.columns import ID
from campaigns.kernel.db import Base, changed
from campaigns.tracking.visits import Visit

LIFE = timedelta(days=395)


class Browser(Base):
    """A browser whose user agreed. `person_id`: who sent a form with it, as far as known."""

    __tablename__ = "browsers"
    __table_args__ = (
        Index("ix_browsers_person", "person_id"),  # what is known of a person
        Index("ix_browsers_ends", "ends_at"),  # to forget those whose time is over
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    consented_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    person_id: Mapped[str | None] = mapped_column(ID, ForeignKey("persons.id"))


def agree(session: Session, now: datetime) -> tuple[str, datetime]:
    """A new browser: the secret for its cookie, and when it ends."""
    secret, ends_at = new_secret(), now + LIFE
    session.add(Browser(id=digest(secret), consented_at=now, ends_at=ends_at, person_id=None))
    return secret, ends_at


def get(session: Session, secret: str, now: datetime) -> Browser | None:
    """The browser of a cookie; None when it isn't one of ours, or its time is over. Queries: 1."""
    if not secret or len(secret) > 100:
        return None
    return session.scalar(select(Browser).where(Browser.id == digest(secret), Browser.ends_at > now))


def withdraw(session: Session, secret: str) -> bool:
    """Forget a browser, and that its visits belong together; whether there was one."""
    session.execute(update(Visit).where(Visit.browser == digest(secret)).values(browser=None))
    return bool(changed(session, delete(Browser).where(Browser.id == digest(secret))))


def forget(session: Session, now: datetime) -> None:
    """Forget those whose time is over."""
    over = select(Browser.id).where(Browser.ends_at <= now)
    session.execute(update(Visit).where(Visit.browser.in_(over)).values(browser=None))
    session.execute(delete(Browser).where(Browser.ends_at <= now))
