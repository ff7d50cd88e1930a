"""Leads: a person in a campaign, after the form."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, ForeignKey, Index, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from campaigns.capturing import conversions
from campaigns.capturing.conversions import Exclusion, Kind
from campaigns.capturing.persons import Person
from campaigns.kernel import keysets, texts
from campaigns.kernel.codes import is_id, new_id
from campaigns.kernel.columns import ID, Pk
from campaigns.kernel.db import Base, put_once
from campaigns.kernel.errors import Faults, problem
from campaigns.planning.campaigns import Campaign
from campaigns.planning.offers import Offer
from campaigns.planning.pages import Page

LeadState = Literal["new", "contacted", "qualified", "won", "lost"]
EXCLUSIONS: tuple[Exclusion, ...] = ("test", "internal", "spam")
LEAD_STATES: tuple[LeadState, ...] = ("new", "contacted", "qualified", "won", "lost")
QUALIFIED: tuple[LeadState, ...] = ("qualified", "won")
BEFORE: tuple[LeadState, ...] = ("new", "contacted")
"""Who goes back to one of these never was qualified; who is lost was."""


class Lead(Base):
    """A person in a campaign, once however often the form is sent.

    `answers` are those of the latest submission ([{name, label, kind, value}]); the earlier ones stay in theirs.
    `search` is what the search box looks in: address and answers, lower case (denormalised from them).
    `rehearsed`: the tweet that brought it was a rehearsal. `excluded`: its conversions are kept without credit.
    """

    __tablename__ = "leads"
    __table_args__ = (
        UniqueConstraint("person_id", "campaign_id"),
        Index("ix_leads_campaign", "campaign_id", "created_at", "id"),  # a campaign's leads; its report
        Index("ix_leads_created", "created_at", "id"),  # all leads, newest first; exports
        Index("ix_leads_state", "state", "created_at", "id"),  # the saved views by state
    )

    id: Mapped[Pk]
    person_id: Mapped[str] = mapped_column(ID, ForeignKey("persons.id"))
    campaign_id: Mapped[str] = mapped_column(ID, ForeignKey("campaigns.id"))
    offer_id: Mapped[str] = mapped_column(ID, ForeignKey("offers.id"), index=True)
    page_id: Mapped[str] = mapped_column(ID, ForeignKey("pages.id"), index=True)
    locale: Mapped[str]
    state: Mapped[LeadState]
    answers: Mapped[list[dict[str, Any]]]
    search: Mapped[str]
    rehearsed: Mapped[bool]
    excluded: Mapped[Exclusion | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class LeadChange(Base):
    """A change of a lead's state, of whether it counts (`none`: again), or a note: append-only."""

    __tablename__ = "lead_changes"

    id: Mapped[Pk]
    lead_id: Mapped[str] = mapped_column(ID, ForeignKey("leads.id"), index=True)
    at: Mapped[datetime]
    user_id: Mapped[str | None] = mapped_column(ID)
    who: Mapped[str]
    before: Mapped[LeadState | None]
    after: Mapped[LeadState | None]
    excluded: Mapped[Literal["test", "internal", "spam", "withdrawn", "none"] | None]
    note: Mapped[str]


def claim(
    session: Session, person_id: str, offer: Offer, page: Page, answers: list[dict[str, Any]], email: str, *,
    rehearsed: bool, excluded: Exclusion | None, now: datetime,
) -> tuple[Lead, bool]:  # fmt: skip
    """The lead of a person in the offer's campaign, and whether it is new. Queries: 2, 3 for one that was there.

    One that was there keeps its state and its first page; its answers become these. Its row is held until the
    transaction ends: of two forms at one moment the second waits, and sees what the first did.
    """
    search = search_text(email, answers)
    new = Lead(
        id=new_id(), person_id=person_id, campaign_id=offer.campaign_id, offer_id=offer.id, page_id=page.id,
        locale=page.locale, state="new", answers=answers, search=search, rehearsed=rehearsed, excluded=excluded,
        created_at=now, updated_at=now,
    )  # fmt: skip
    if put_once(session, new):
        convert(session, new, f"lead:{new.id}", "lead", now)
        return new, True
    wanted = select(Lead).where(Lead.person_id == person_id, Lead.campaign_id == offer.campaign_id)
    lead = session.scalars(wanted.with_for_update()).one()
    if lead.answers != answers:
        lead.answers, lead.search, lead.updated_at = answers, search, now
    return lead, False


def convert(session: Session, lead: Lead, key: str, kind: Kind, at: datetime, **more: Any) -> None:
    """Something that a lead did counts. `more`: as conversions.note."""
    conversions.note(
        session, key, kind, at, campaign_id=lead.campaign_id, person_id=lead.person_id, lead_id=lead.id,
        excluded=lead.excluded, **({"rehearsed": lead.rehearsed} | more),
    )  # fmt: skip


def search_text(email: str, answers: list[dict[str, Any]]) -> str:
    """What the search box looks in."""
    return " ".join([email, *(str(answer["value"]) for answer in answers)]).casefold()[:4000]


def find(session: Session, lead_id: str, *, to_change: bool = False) -> Lead:
    """The lead; with to_change nobody else changes it until this transaction ends. Raises missing (`lead_missing`)."""
    if is_id(lead_id):
        wanted = select(Lead).where(Lead.id == lead_id)
        if found := session.scalars(wanted.with_for_update() if to_change else wanted).one_or_none():
            return found
    raise problem("missing", "lead_missing")


def get(session: Session, lead_id: str) -> Lead | None:
    """The lead, if there is one."""
    return session.get(Lead, lead_id) if is_id(lead_id) else None


def of_person(session: Session, person_id: str) -> list[Lead]:
    """A person's leads in all campaigns, newest first."""
    wanted = select(Lead).where(Lead.person_id == person_id)
    return list(session.scalars(wanted.order_by(Lead.created_at.desc(), Lead.id.desc())))


def change_state(
    session: Session, lead: Lead, state: str, now: datetime, *, who: str, user_id: str | None = None, note: str = ""
) -> bool:
    """Another state, a note, or both, written down with who did it; whether anything changed.

    Raises invalid (`lead_state_unknown`, `too_long`, `control_characters`).
    """
    faults = Faults()
    if state not in LEAD_STATES:
        faults.add("state", "lead_state_unknown")
    note = texts.check(faults, "note", note, most=2_000, several_lines=True)
    faults.check()
    if state == lead.state and not note:
        return False
    session.add(
        LeadChange(
            id=new_id(), lead_id=lead.id, at=now, user_id=user_id, who=who, note=note,
            before=lead.state if state != lead.state else None, after=state if state != lead.state else None,
        )
    )  # fmt: skip
    if state != lead.state:
        lead.state = state  # type: ignore[assignment]  # one of LEAD_STATES
        lead.updated_at = now
        _qualify(session, lead, now)
    session.flush()
    return True


def _qualify(session: Session, lead: Lead, now: datetime) -> None:
    key = f"qualified:{lead.id}"
    if lead.state in BEFORE:
        conversions.withdraw(session, key)
    elif lead.state in QUALIFIED and not conversions.is_there(session, key):
        convert(session, lead, key, "qualified", now)


def exclude(
    session: Session, lead: Lead, why: Exclusion | None, now: datetime, *, who: str, user_id: str | None
) -> bool:
    """A lead and all that it did count no more (test, internal, spam), or again (None); whether anything changed.

    Raises invalid (`not_a_choice`).
    """
    if why not in (None, *EXCLUSIONS):
        raise problem("invalid", "not_a_choice", "excluded")
    if lead.excluded == why:
        return False
    lead.excluded, lead.updated_at = why, now
    conversions.exclude(session, lead.id, why)
    session.add(
        LeadChange(
            id=new_id(), lead_id=lead.id, at=now, user_id=user_id, who=who, note="", before=None, after=None,
            excluded=why or "none",
        )
    )  # fmt: skip
    session.flush()
    return True


def history(session: Session, lead_id: str, limit: int = 200) -> list[LeadChange]:
    """Its changes, newest first."""
    wanted = select(LeadChange).where(LeadChange.lead_id == lead_id)
    return list(session.scalars(wanted.order_by(LeadChange.at.desc(), LeadChange.id.desc()).limit(limit)))


@dataclass(frozen=True)
class LeadFilter:
    """Which leads: those that pass all that is set.

    | field | meaning |
    |---|---|
    | since, until | when they came: since included, until not |
    | text | words that address or answers hold, each of them, whatever their case |
    | rehearsal | False leaves out what a rehearsal brought |
    | excluded | instead of those that count, those that don't: for any reason (True), or for this one |
    """

    campaign_id: str | None = None
    state: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    text: str = ""
    rehearsal: bool = True
    excluded: bool | Exclusion = False


@dataclass(frozen=True)
class Listed:
    """A lead as lists show it."""

    lead: Lead
    email: str
    campaign: str


def conditions(wanted: LeadFilter) -> list[ColumnElement[bool]]:
    """The filter as SQL, for lists and downloads alike.

    Raises invalid (`campaign_missing`, `lead_state_unknown`, `control_characters`, `too_long`), all at once.
    """
    faults = Faults()
    if wanted.campaign_id and not is_id(wanted.campaign_id):
        faults.add("campaign_id", "campaign_missing")
    if wanted.state and wanted.state not in LEAD_STATES:
        faults.add("state", "lead_state_unknown")
    words = texts.check(faults, "q", wanted.text, most=200).casefold().split()
    faults.check()
    found: list[ColumnElement[bool]] = [Lead.search.contains(word, autoescape=True) for word in words]
    found.append(_counting(wanted.excluded))
    if wanted.campaign_id:
        found.append(Lead.campaign_id == wanted.campaign_id)
    if wanted.state:
        found.append(Lead.state == wanted.state)
    if wanted.since:
        found.append(Lead.created_at >= wanted.since)
    if wanted.until:
        found.append(Lead.created_at < wanted.until)
    return found if wanted.rehearsal else [*found, Lead.rehearsed.is_(False)]


def _counting(excluded: bool | Exclusion) -> ColumnElement[bool]:
    if isinstance(excluded, str):
        return Lead.excluded == excluded
    return Lead.excluded.is_not(None) if excluded else Lead.excluded.is_(None)


def list_page(
    session: Session, wanted: LeadFilter, *, before: str | None = None, limit: int = keysets.LIMIT
) -> keysets.Slice[Listed]:
    """Leads, newest first. Raises invalid for a filter or a cursor that can't be. 1 query."""
    rows = (
        select(Lead, Person.email, Campaign.name)
        .join(Person, Person.id == Lead.person_id)
        .join(Campaign, Campaign.id == Lead.campaign_id)
        .where(*conditions(wanted))
        .order_by(Lead.created_at.desc(), Lead.id.desc())
        .limit(limit + 1)
    )
    if before:
        rows = rows.where(keysets.after(Lead.created_at, Lead.id, before))
    found = [Listed(*row) for row in session.execute(rows)]
    return keysets.cut(found, limit, lambda row: (row.lead.created_at, row.lead.id))
