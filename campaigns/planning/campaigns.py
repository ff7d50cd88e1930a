"""Campaigns: a goal, a period, a budget."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import BigInteger, Index, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from campaigns.kernel import editions, keysets, texts, zones
from campaigns.kernel.codes import is_id, new_id
from campaigns.kernel.columns import Pk
from campaigns.kernel.db import Base, insert_once
from campaigns.kernel.errors import Faults, problem
from campaigns.kernel.money import MAX_AMOUNT, Money, known_currency
from campaigns.planning import slugs

MAX_NAME, MAX_GOAL, MAX_GOAL_LEADS = 120, 2_000, 10_000_000


class Campaign(Base):
    """What tweets and offers belong to. Dates are whole days in `zone`, both included."""

    __tablename__ = "campaigns"
    __table_args__ = (Index("ix_campaigns_created", "created_at", "id"),)  # the list, newest first

    id: Mapped[Pk]
    slug: Mapped[str] = mapped_column(unique=True)  # utm_campaign: never changes once made
    name: Mapped[str]
    goal: Mapped[str]  # in words; may be empty
    goal_leads: Mapped[int | None]
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    zone: Mapped[str]
    budget_amount: Mapped[int | None] = mapped_column(BigInteger)
    budget_currency: Mapped[str | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    archived_at: Mapped[datetime | None]
    paused_at: Mapped[datetime | None]  # its tweets wait

    @property
    def budget(self) -> Money | None:
        """The budget, when there is one."""
        if self.budget_amount is None or self.budget_currency is None:
            return None
        return Money(self.budget_amount, self.budget_currency)


@dataclass(frozen=True)
class CampaignDraft:
    """A campaign as it is written down, not checked yet."""

    name: str
    zone: str
    goal: str = ""
    goal_leads: int | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    budget: Money | None = None


def draft_of(campaign: Campaign) -> CampaignDraft:
    """The draft that would change nothing: what a partial change starts from."""
    return CampaignDraft(
        name=campaign.name,
        zone=campaign.zone,
        goal=campaign.goal,
        goal_leads=campaign.goal_leads,
        starts_on=campaign.starts_on,
        ends_on=campaign.ends_on,
        budget=campaign.budget,
    )


def check(draft: CampaignDraft) -> CampaignDraft:
    """The draft as it is kept. Raises invalid with every field's fault."""
    faults = Faults()
    name = texts.check(faults, "name", draft.name, most=MAX_NAME, least=1)
    goal = texts.check(faults, "goal", draft.goal, most=MAX_GOAL, several_lines=True)
    if draft.goal_leads is not None and not 1 <= draft.goal_leads <= MAX_GOAL_LEADS:
        faults.add("goal_leads", "out_of_range", least=1, most=MAX_GOAL_LEADS)
    if draft.starts_on and draft.ends_on and draft.ends_on < draft.starts_on:
        faults.add("ends_on", "end_before_start", start=draft.starts_on)
    with faults.gather():
        zones.known(draft.zone)
    budget = draft.budget
    if budget:
        with faults.gather():
            budget = Money(budget.amount, known_currency(budget.currency, "budget.currency"))
        if budget.amount <= 0:
            faults.add("budget.amount", "budget_not_positive")
        elif budget.amount > MAX_AMOUNT:
            faults.add("budget.amount", "amount_too_large")
    faults.check()
    return CampaignDraft(name, draft.zone, goal, draft.goal_leads, draft.starts_on, draft.ends_on, budget)


def create(session: Session, draft: CampaignDraft, now: datetime) -> Campaign:
    """A new campaign; its slug is made of its name and never changes. Raises invalid. 3 queries."""
    draft = check(draft)
    base = slugs.fold(draft.name, "campaign")
    # `_` can't be in a slug, so this pattern means what it says
    alike = select(Campaign.slug).where(or_(Campaign.slug == base, Campaign.slug.like(f"{base[:50]}%")))
    taken = set(session.scalars(alike))
    campaign_id = new_id()
    while True:
        slug = slugs.next_free(base, taken)
        row = {"id": campaign_id, "slug": slug, "created_at": now, "updated_at": now, **_columns(draft)}
        if insert_once(session, Campaign, **row):
            return find(session, campaign_id)
        taken.add(slug)  # somebody took it in the meantime


def find(session: Session, campaign_id: str, *, to_change: bool = False) -> Campaign:
    """The campaign. Raises missing (`campaign_missing`).

    | argument | meaning |
    |---|---|
    | to_change | nobody else changes it until this transaction ends |
    """
    if is_id(campaign_id):
        wanted = select(Campaign).where(Campaign.id == campaign_id)
        if found := session.scalars(wanted.with_for_update() if to_change else wanted).one_or_none():
            return found
    raise problem("missing", "campaign_missing")


def update(session: Session, campaign: Campaign, draft: CampaignDraft, now: datetime) -> Campaign:
    """Change what is written down. Raises invalid."""
    for column, value in _columns(check(draft)).items():
        setattr(campaign, column, value)
    campaign.updated_at = now
    editions.turn(session)
    session.flush()
    return campaign


def _columns(draft: CampaignDraft) -> dict[str, object]:
    return {
        "name": draft.name,
        "zone": draft.zone,
        "goal": draft.goal,
        "goal_leads": draft.goal_leads,
        "starts_on": draft.starts_on,
        "ends_on": draft.ends_on,
        "budget_amount": draft.budget.amount if draft.budget else None,
        "budget_currency": draft.budget.currency if draft.budget else None,
    }


def list_page(session: Session, *, before: str | None = None, limit: int = keysets.LIMIT) -> keysets.Slice[Campaign]:
    """Campaigns, newest first. Raises invalid for a cursor that isn't one."""
    return keysets.read_page(session, select(Campaign), Campaign.created_at, Campaign.id, before, limit)


def ids(session: Session) -> list[str]:
    """All campaigns' ids: a company's goals, not a table that grows with its visitors. Queries: 1."""
    return list(session.scalars(select(Campaign.id).order_by(Campaign.id)))


def pause(campaign: Campaign, at: datetime | None) -> None:
    """Its tweets wait from a moment on; None: they go on."""
    campaign.paused_at = at
