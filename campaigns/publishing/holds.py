"""Holds: until when X takes nothing of an account, as it said, whatever becomes of the tweet that heard it."""

from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from campaigns.kernel.columns import ID
from campaigns.kernel.db import Base, conflict_insert

CODES = ("x_limit", "x_credits")
USUAL = "usual"


class Hold(Base):
    """`whose`: the account's id, or the settings' own; `account_id` is None then."""

    __tablename__ = "holds"

    whose: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[str | None] = mapped_column(ID)
    until: Mapped[datetime]
    code: Mapped[str]


def put(session: Session, account_id: str | None, code: str, until: datetime) -> None:
    """X told an account to wait; anything else that it says holds nothing. 1 query."""
    if code not in CODES:
        return
    whose = conflict_insert(session, Hold).values(
        whose=account_id or USUAL, account_id=account_id, until=until, code=code
    )  # fmt: skip
    newer = {"until": whose.excluded.until, "code": whose.excluded.code}
    session.execute(whose.on_conflict_do_update(index_elements=["whose"], set_=newer))


def until(session: Session, account_id: str | None, now: datetime) -> datetime | None:
    """When an account may be asked again; None: at once. 1 query."""
    found = session.get(Hold, account_id or USUAL, populate_existing=True)
    return found.until if found and found.until > now else None


def accounts(now: datetime) -> Select[str | None]:
    """The ids of the connected accounts that wait."""
    return select(Hold.account_id).where(Hold.account_id.is_not(None), Hold.until > now)


def usual(now: datetime) -> Select[str]:
    """A row when the settings' own account waits."""
    return select(Hold.whose).where(Hold.account_id.is_(None), Hold.until > now)
