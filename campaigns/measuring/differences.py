"""Differences: when what reports are computed from wasn't the facts, or a report's parts didn't make its whole.

Each is a bug of ours: told to whoever keeps the installation, and never a number on a page.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Index, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from campaigns.kernel.codes import new_id
from campaigns.kernel.columns import ID, Pk
from campaigns.kernel.db import Base


class Difference(Base):
    """One that was found. `fault` holds numbers and no person; `is_open`: no check since found that it is mended."""

    __tablename__ = "differences"
    __table_args__ = (Index("ix_differences_open", "is_open", "campaign_id"),)  # the alarm, asked for each few seconds

    id: Mapped[Pk]
    at: Mapped[datetime]
    found_by: Mapped[Literal["check", "report"]]
    campaign_id: Mapped[str | None] = mapped_column(ID)
    fault: Mapped[str]
    is_open: Mapped[bool]


@dataclass(frozen=True)
class Differing:
    """Campaigns whose packs differed when they were last looked at; reports that were refused, lately and ever."""

    packs: int
    reports_lately: int
    reports: int


def note_packs(session: Session, campaign_id: str, fault: str, now: datetime) -> None:
    """A campaign's packs weren't the facts; that stands until a check finds that they are."""
    session.add(Difference(id=new_id(), at=now, found_by="check", campaign_id=campaign_id, fault=fault, is_open=True))


def note_report(session: Session, fault: str, now: datetime) -> None:
    """A report didn't reconcile, and was an error page."""
    session.add(Difference(id=new_id(), at=now, found_by="report", campaign_id=None, fault=fault, is_open=False))


def is_open(session: Session, campaign_id: str) -> bool:
    """Whether a campaign's packs differed when they were last looked at. Queries: 1."""
    found = select(Difference.id).where(Difference.is_open, Difference.campaign_id == campaign_id)
    return session.scalar(found.limit(1)) is not None


def close(session: Session, campaign_id: str) -> None:
    """They are the facts again. Queries: 1."""
    meant = (Difference.is_open, Difference.campaign_id == campaign_id)
    session.execute(update(Difference).where(*meant).values(is_open=False))


def told(session: Session, lately: datetime) -> Differing:
    """What there is to tell; `lately`: since when. Queries: 1; the table has a row for each bug found."""
    packs = select(func.count(Difference.campaign_id.distinct())).where(Difference.is_open).scalar_subquery()
    reports = select(func.count()).select_from(Difference).where(Difference.found_by == "report")
    some = reports.where(Difference.at >= lately).scalar_subquery()
    return Differing(*session.execute(select(packs, some, reports.scalar_subquery())).one())
