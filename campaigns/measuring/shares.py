"""Shares and saved reports: a question about a campaign, for somebody without an account, or for oneself later.

Neither keeps a number: what is opened is computed then.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote

from sqlalchemy import ForeignKey, Index, func, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from campaigns.kernel import texts
from campaigns.kernel.codes import digest, is_id, new_id, new_secret
from campaigns.kernel.columns import ID, Pk
from campaigns.kernel.db import Base, changed
from campaigns.kernel.errors import Faults, problem

DAYS = (7, 30, 90)
MOST_SHARES, MOST_SAVED, MOST_NAME, MOST_ADDRESS = 100, 200, 120, 2_000
LISTED = 100
NAMING = ("contact", "campaign")
"""Rows of these are called by persons' names, or by what other campaigns are about."""
PLACES = ("/", "/campaigns/", "/tweets/", "/conversions", "/conversions/")
"""What a saved report may open: our own reports, never another site."""


class Share(Base):
    """A report of a campaign that whoever has its address may read. Only a digest of the secret is kept.

    `question`: as questions.described tells it; `zone`: whose midnights; opened_at, opened: when last, how often.
    """

    __tablename__ = "shares"
    __table_args__ = (Index("ix_shares_campaign", "campaign_id", "created_at"),)

    id: Mapped[Pk]
    digest: Mapped[str] = mapped_column(unique=True)
    campaign_id: Mapped[str] = mapped_column(ID, ForeignKey("campaigns.id"))
    question: Mapped[dict[str, Any]]
    zone: Mapped[str]
    locale: Mapped[str]
    made_by: Mapped[str]
    created_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    opened_at: Mapped[datetime | None]
    opened: Mapped[int]


class SavedReport(Base):
    """An address of ours with a name. `for_everyone`: the others see it too."""

    __tablename__ = "saved_reports"
    __table_args__ = (Index("ix_saved_reports_user", "user_id", "name"),)

    id: Mapped[Pk]
    user_id: Mapped[str] = mapped_column(ID, ForeignKey("users.id"))
    name: Mapped[str]
    address: Mapped[str]
    for_everyone: Mapped[bool]
    created_at: Mapped[datetime]


def make(
    session: Session, campaign_id: str, question: Mapping[str, str], days: str, now: datetime, *, zone: str,
    locale: str, who: str,
) -> str:  # fmt: skip
    """A new one: its secret, told once.

    Raises invalid (`not_a_choice`, `share_names_others`), conflict (`shares_too_many`).
    """
    if question.get("group") in NAMING:
        raise problem("invalid", "share_names_others", "days")
    if days not in {f"{each}" for each in DAYS}:
        raise problem("invalid", "not_a_choice", "days")
    alive = (Share.campaign_id == campaign_id, Share.revoked_at.is_(None), Share.ends_at > now)
    if (session.scalar(select(func.count()).select_from(Share).where(*alive)) or 0) >= MOST_SHARES:
        raise problem("conflict", "shares_too_many", "days", most=MOST_SHARES)
    secret = new_secret()
    session.add(
        Share(
            id=new_id(), digest=digest(secret), campaign_id=campaign_id, question=dict(question), zone=zone,
            locale=locale, made_by=who, created_at=now, ends_at=now + timedelta(days=int(days)), opened=0,
        )
    )  # fmt: skip
    session.flush()
    return secret


def of_campaign(session: Session, campaign_id: str) -> list[Share]:
    """The newest, those that open nothing any more too: what was read by whom doesn't end with them. 1 query."""
    found = select(Share).where(Share.campaign_id == campaign_id).order_by(Share.created_at.desc(), Share.id.desc())
    return list(session.scalars(found.limit(LISTED)))


def open_(session: Session, secret: str, now: datetime) -> Share:
    """What an address opens. Raises missing (`share_missing`), gone (`share_gone`). 1 query."""
    found = session.scalars(select(Share).where(Share.digest == digest(secret[:200]))).one_or_none()
    if found is None:
        raise problem("missing", "share_missing")
    if found.revoked_at or found.ends_at <= now:
        raise problem("gone", "share_gone")
    return found


def count(session: Session, share_id: str, now: datetime) -> None:
    """Somebody opened it. 1 query."""
    session.execute(update(Share).where(Share.id == share_id).values(opened=Share.opened + 1, opened_at=now))


def revoke(session: Session, campaign_id: str, share_id: str, now: datetime) -> bool:
    """It opens nothing any more; whether it did until now. 1 query."""
    alive = (Share.id == share_id, Share.campaign_id == campaign_id, Share.revoked_at.is_(None))
    return bool(changed(session, update(Share).where(*alive).values(revoked_at=now)))


def save(session: Session, user_id: str, name: str, address: str, now: datetime, *, for_everyone: bool) -> SavedReport:
    """Keep an address of ours under a name. Raises invalid, conflict (`saved_too_many`)."""
    faults = Faults()
    name = texts.check(faults, "name", name, most=MOST_NAME, least=1)
    if not is_report(address):
        faults.add("address", "address_elsewhere")
    faults.check()
    mine = select(func.count()).select_from(SavedReport).where(SavedReport.user_id == user_id)
    if (session.scalar(mine) or 0) >= MOST_SAVED:
        raise problem("conflict", "saved_too_many", "name", most=MOST_SAVED)
    made = SavedReport(
        id=new_id(), user_id=user_id, name=name, address=address, for_everyone=for_everyone, created_at=now
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made


def is_report(address: str) -> bool:
    """Whether it is a report of ours, and nothing else.

    >>> is_report("/campaigns/x?model=linear"), is_report("//evil.example/"), is_report("/sign-out")
    (True, False, False)
    """
    if len(address) > MOST_ADDRESS or not address.isprintable() or "\\" in address or address.startswith("//"):
        return False
    path = unquote(address.partition("?")[0].partition("#")[0])
    if "/." in path or "%" in path or "\\" in path:
        return False
    return any(path == place or (len(place) > 1 and place.endswith("/") and path.startswith(place)) for place in PLACES)


def saved(session: Session, user_id: str) -> Sequence[SavedReport]:
    """One's own and everybody's, by name. 1 query."""
    seen = or_(SavedReport.user_id == user_id, SavedReport.for_everyone.is_(True))
    return session.scalars(select(SavedReport).where(seen).order_by(SavedReport.name, SavedReport.id).limit(500)).all()


def own(session: Session, user_id: str, report_id: str) -> SavedReport:
    """One of one's own. Raises missing (`report_missing`), for another's too."""
    found = session.get(SavedReport, report_id) if is_id(report_id) else None
    if found is None or found.user_id != user_id:
        raise problem("missing", "report_missing")
    return found


def rename(report: SavedReport, name: str, *, for_everyone: bool) -> None:
    """Another name. Raises invalid."""
    faults = Faults()
    report.name = texts.check(faults, "name", name, most=MOST_NAME, least=1)
    faults.check()
    report.for_everyone = for_everyone
