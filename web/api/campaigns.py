"""POST /api/v1/campaigns · GET /api/v1/campaigns · GET, PATCH /api/v1/campaigns/{campaign_id}."""

from dataclasses import replace
from datetime import date
from typing import Annotated, Any

from pydantic import Field

from campaigns.planning import campaigns
from campaigns.planning.campaigns import Campaign, CampaignDraft
from web.api.blueprint import ALL, Call, blueprint
from web.api.bodies import Amount, Answer, Body, Change, Items, ListQuery, Moment, Price, amount, between, chars, items
from web.api.operations import operation

ZONE = "IANA time zone of its days; the installation's when left out"


Name = Annotated[str, chars(1, campaigns.MAX_NAME)]
Goal = Annotated[str, chars(0, campaigns.MAX_GOAL)]
GoalLeads = Annotated[int, between(1, campaigns.MAX_GOAL_LEADS)]
Zone = Annotated[str, chars(1, 100)]


class CampaignBody(Body):
    name: Name = Field(description="1 to 120 characters")
    goal: Goal = Field("", description="In words, 2,000 characters at most")
    goal_leads: GoalLeads | None = Field(None, description="How many leads are wanted")
    starts_on: date | None = None
    ends_on: date | None = None
    zone: Zone | None = Field(None, description=ZONE)
    budget: Price | None = None

    def draft(self, call: Call) -> CampaignDraft:
        return CampaignDraft(
            name=self.name,
            zone=call.world.settings.zone if self.zone is None else self.zone,
            goal=self.goal,
            goal_leads=self.goal_leads,
            starts_on=self.starts_on,
            ends_on=self.ends_on,
            budget=self.budget.money() if self.budget else None,
        )

    def check(self, call: Call) -> None:
        campaigns.check(self.draft(call))


class CampaignChange(Change):
    """What is left out stays; null takes an optional field away."""

    name: Name = ""
    goal: Goal = ""
    goal_leads: GoalLeads | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    zone: Zone = ""
    budget: Price | None = None


class CampaignAnswer(Answer):
    id: str
    slug: str = Field(description="utm_campaign of its links; made of the first name, never changes")
    name: str
    goal: str
    goal_leads: int | None
    starts_on: date | None
    ends_on: date | None
    zone: str
    budget: Amount | None
    created_at: Moment
    updated_at: Moment


class Campaigns(Items[CampaignAnswer]):
    """A page of campaigns, newest first."""


def told(campaign: Campaign) -> CampaignAnswer:
    """As it is answered."""
    return CampaignAnswer(
        id=campaign.id,
        slug=campaign.slug,
        name=campaign.name,
        goal=campaign.goal,
        goal_leads=campaign.goal_leads,
        starts_on=campaign.starts_on,
        ends_on=campaign.ends_on,
        zone=campaign.zone,
        budget=amount(campaign.budget),
        created_at=campaign.created_at,
        updated_at=campaign.updated_at,
    )


@blueprint.post("/v1/campaigns")
@operation("Campaigns", gives=CampaignAnswer, status=201, body=CampaignBody)
def create_campaign(call: Call, body: CampaignBody) -> CampaignAnswer:
    """Create a campaign"""
    with call.world.db.write() as session:
        return told(campaigns.create(session, body.draft(call), call.now))


@blueprint.get("/v1/campaigns")
@operation("Campaigns", gives=Campaigns, query=ListQuery, roles=ALL)
def list_campaigns(call: Call, query: ListQuery) -> dict[str, Any]:
    """List the campaigns, newest first"""
    with call.world.db.read() as session:
        return items(campaigns.list_page(session, before=query.cursor, limit=query.limit), told)


@blueprint.get("/v1/campaigns/<campaign_id>")
@operation("Campaigns", gives=CampaignAnswer, roles=ALL)
def show_campaign(call: Call, campaign_id: str) -> CampaignAnswer:
    """Show a campaign"""
    with call.world.db.read() as session:
        return told(campaigns.find(session, campaign_id))


@blueprint.patch("/v1/campaigns/<campaign_id>")
@operation("Campaigns", gives=CampaignAnswer, body=CampaignChange)
def change_campaign(call: Call, campaign_id: str, body: CampaignChange) -> CampaignAnswer:
    """Change a campaign; what is left out stays"""
    changes = body.changes()
    if body.budget:
        changes["budget"] = body.budget.money()
    with call.world.db.write() as session:
        campaign = campaigns.find(session, campaign_id, to_change=True)
        draft = replace(campaigns.draft_of(campaign), **changes)
        return told(campaigns.update(session, campaign, draft, call.now))
