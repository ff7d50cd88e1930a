"""Audiences: how many follow each account, and have it on a list, day by day as X told."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from campaigns.kernel.db import Base, insert_once
from campaigns.ports import Profile

USUAL = "usual"
"""In the place of an account's id: the settings' own."""


class AudienceDay(Base):
    """What X counted of an account on a day (UTC)."""

    __tablename__ = "audience_days"

    account: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    followers: Mapped[int]
    following: Mapped[int]
    listed: Mapped[int]
    posts: Mapped[int]


def is_known(session: Session, account: str, now: datetime) -> bool:
    """Whether it was told today. 1 query."""
    return session.get(AudienceDay, (account, now.date())) is not None


def keep(session: Session, account: str, profile: Profile, now: datetime) -> None:
    """What X told; the first of a day stays. 1 query."""
    insert_once(session, AudienceDay, account=account, day=now.date(), **vars(profile))


def latest(session: Session, accounts: Sequence[str], now: datetime, days: int = 28) -> dict[str, list[AudienceDay]]:
    """The last days of each, oldest first. 1 query."""
    since = now.date() - timedelta(days=days)
    rows = select(AudienceDay).where(AudienceDay.account.in_(accounts), AudienceDay.day >= since)
    found: dict[str, list[AudienceDay]] = {}
    for each in session.scalars(rows.order_by(AudienceDay.day)):
        found.setdefault(each.account, []).append(each)
    return found
