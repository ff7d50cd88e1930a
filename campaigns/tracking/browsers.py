"""Browsers: who agreed to be recognised over several visits (identity level 2). A random id in one cookie, hashed here.

It lasts thirteen months at most and is never renewed. Withdrawing deletes it, and takes it from its visits.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ForeignKey, Index, delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from campaigns.kernel.arrays import among
from campaigns.kernel.codes import digest, new_secret
from campaigns.kernel.columns import ID
from campaigns.kernel.db import Base, changed
from campaigns.tracking.visits import Visit

LIFE = timedelta(days=395)
IDLE = timedelta(minutes=30)
"""After so long without a page the next one begins another visit."""


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


def agreed(session: Session, browser_ids: Collection[str]) -> set[str]:
    """Those of them whose users agreed, and didn't withdraw. Queries: 1, none for none."""
    if not browser_ids:
        return set()
    return set(session.scalars(select(Browser.id).where(Browser.id.in_(browser_ids))))


def of_persons(session: Session, visit_ids: Collection[str]) -> list[tuple[str, str]]:
    """The browsers that these visits were made with, and their persons, when those are known. Queries: 1."""
    wanted = select(Browser.id, Browser.person_id).join(Visit, Visit.browser == Browser.id)
    rows = session.execute(wanted.where(among(session, Visit.id, visit_ids), Browser.person_id.is_not(None)).distinct())
    return sorted((browser_id, person_id) for browser_id, person_id in rows if person_id)


class Stay(NamedTuple):
    """A visit of several pages: its first one, and when its last one came."""

    first: Visit
    until: datetime


def stays(session: Session, browser_id: str, since: datetime) -> list[Stay]:
    """A browser's confirmed visits from a moment on, in order. Index: browser. Queries: 1."""
    seen = select(Visit).where(Visit.browser == browser_id, Visit.at >= since, Visit.counted)
    return apart(session.scalars(seen.order_by(Visit.at, Visit.id)).all())


def apart(seen: Sequence[Visit]) -> list[Stay]:
    """Pages in order as visits: another one begins after half an hour without any, or with another link's code."""
    found: list[Stay] = []
    for page in seen:
        last = found[-1] if found else None
        goes_on = last is not None and page.at - last.until < IDLE
        if last and goes_on and page.link_id in (None, last.first.link_id):
            found[-1] = Stay(last.first, page.at)
        else:
            found.append(Stay(page, page.at))
    return found


def withdraw(session: Session, secret: str) -> bool:
    """Forget a browser, and that its visits belong together; whether there was one."""
    session.execute(update(Visit).where(Visit.browser == digest(secret)).values(browser=None))
    return bool(changed(session, delete(Browser).where(Browser.id == digest(secret))))


def forget(session: Session, now: datetime) -> None:
    """Forget those whose time is over."""
    over = select(Browser.id).where(Browser.ends_at <= now)
    session.execute(update(Visit).where(Visit.browser.in_(over)).values(browser=None))
    session.execute(delete(Browser).where(Browser.ends_at <= now))
