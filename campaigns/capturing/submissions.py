"""Submissions: each form as it was sent, with what it agreed to; never changed afterwards."""

import hashlib
import json
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ForeignKey, Index, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from campaigns.capturing.leads import Lead
from campaigns.kernel.codes import new_id
from campaigns.kernel.columns import ID, Pk
from campaigns.kernel.db import Base, insert_once, put_once
from campaigns.planning.pages import Page

REPEAT = timedelta(minutes=10)
"""The same form with the same answers within this time is one click too many, not another submission."""


class Submission(Base):
    """A form that was accepted. `key` makes the same form sent twice one submission."""

    __tablename__ = "submissions"

    id: Mapped[Pk]
    key: Mapped[str] = mapped_column(unique=True)
    lead_id: Mapped[str] = mapped_column(ID, ForeignKey("leads.id"), index=True)
    page_id: Mapped[str] = mapped_column(ID, ForeignKey("pages.id"))
    page_revision: Mapped[int]
    touch_id: Mapped[str] = mapped_column(ID, ForeignKey("touches.id"))
    at: Mapped[datetime]
    answers: Mapped[list[dict[str, Any]]]


class Consent(Base):
    """What a person agreed to or didn't, in which words, when and how: append-only, the last one holds."""

    __tablename__ = "consents"
    __table_args__ = (Index("ix_consents_person", "person_id", "purpose", "at"),)

    id: Mapped[Pk]
    person_id: Mapped[str] = mapped_column(ID, ForeignKey("persons.id"))
    lead_id: Mapped[str] = mapped_column(ID, ForeignKey("leads.id"), index=True)
    submission_id: Mapped[str | None] = mapped_column(ID, ForeignKey("submissions.id"))
    purpose: Mapped[str]
    state: Mapped[Literal["granted", "refused", "withdrawn"]]
    text_sha256: Mapped[str] = mapped_column(ForeignKey("consent_texts.sha256"))
    at: Mapped[datetime]
    how: Mapped[str]  # form, mail, staff


def latest_key(lead_id: str, page: Page, answers: list[dict[str, Any]], ticked: Collection[str]) -> str:
    """What makes two forms the same: the lead, the page, what was answered and what was ticked."""
    told = json.dumps([lead_id, page.id, answers, sorted(ticked)], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()


def repeated(session: Session, lead_id: str, key: str, now: datetime) -> bool:
    """Whether the lead's latest form is this very one, sent a moment ago. 1 query."""
    latest = (
        select(Submission).where(Submission.lead_id == lead_id).order_by(Submission.at.desc(), Submission.id.desc())
    )
    found = session.scalars(latest.limit(1)).one_or_none()
    return found is not None and found.key.startswith(f"{key}:") and found.at > now - REPEAT


def add(
    session: Session, submission_id: str, key: str, lead_id: str, page: Page, touch_id: str,
    answers: list[dict[str, Any]], now: datetime,
) -> Submission:  # fmt: skip
    """Keep a form. `submission_id` is made before, since its touch may be named by it."""
    submission = Submission(
        id=submission_id, key=f"{key}:{submission_id}", lead_id=lead_id, page_id=page.id, at=now,
        page_revision=page.revision, touch_id=touch_id, answers=answers,
    )  # fmt: skip
    put_once(session, submission)
    return submission


def log_consents(
    session: Session, submission: Submission, person_id: str, page: Page, ticked: Collection[str], how: str = "form"
) -> None:
    """One row for each purpose that the page asked for: ticked is granted, left alone is refused."""
    for consent in page.consents:
        insert_once(
            session, Consent, id=new_id(), person_id=person_id, lead_id=submission.lead_id,
            submission_id=submission.id, how=how, purpose=consent["purpose"],
            state="granted" if consent["purpose"] in ticked else "refused", text_sha256=consent["sha256"],
            at=submission.at,
        )  # fmt: skip


def any_since(session: Session, person_id: str, since: datetime) -> bool:
    """Whether a person sent a form after a moment. Queries: 1."""
    sent = select(Submission.id).join(Lead, Lead.id == Submission.lead_id)
    return session.scalar(sent.where(Lead.person_id == person_id, Submission.at > since).limit(1)) is not None


def list_of(session: Session, lead_id: str, limit: int = 100) -> list[Submission]:
    """A lead's forms, newest first."""
    wanted = select(Submission).where(Submission.lead_id == lead_id).order_by(Submission.at.desc(), Submission.id)
    return list(session.scalars(wanted.limit(limit)))


def consents_of(session: Session, lead_ids: Collection[str]) -> Mapping[str, dict[str, Consent]]:
    """What holds today, by lead and purpose: the last word of each. Queries: 1."""
    found: dict[str, dict[str, Consent]] = {}
    wanted = select(Consent).where(Consent.lead_id.in_(lead_ids)).order_by(Consent.at, Consent.id)
    for consent in session.scalars(wanted):
        found.setdefault(consent.lead_id, {})[consent.purpose] = consent
    return found
