"""GET, PATCH /api/v1/links/{code}."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from pydantic import Field

from campaigns.settings import Settings
from campaigns.tracking import drafts, links, rollups, targets
from campaigns.tracking.hits import HitClass
from campaigns.tracking.targets import Destination
from web.api.blueprint import ALL, Call, blueprint
from web.api.bodies import Answer, Change, Moment, chars
from web.api.operations import operation

Target = Annotated[str, chars(0, links.MAX_TARGET, "^(https?://|$)")]


class LinkChange(Change):
    """What is left out stays."""

    target: Target | None = Field(None, description="Another address, http or https; null: the offer's page again")
    disabled: bool = Field(False, description="Its visitors are told that it is closed")


class LinkAnswer(Answer):
    code: str
    url: str
    target: str | None = Field(description="Where it leads, without its tags; null: nowhere")
    tweet_id: str | None
    campaign_id: str
    offer_id: str | None
    medium: str = Field(description="utm_medium")
    content: str = Field(description="utm_content")
    hits: int = Field(description="All requests")
    clicks: int = Field(description="Those judged human")
    hits_by_class: dict[str, int]
    created_at: Moment
    disabled_at: Moment | None


def told(found: Destination, counted: Mapping[HitClass, int], settings: Settings, now: datetime) -> LinkAnswer:
    """As it is answered."""
    link = found.link
    return LinkAnswer(
        code=link.code,
        url=links.url(settings, link.code),
        target=found.target(settings, now),
        tweet_id=link.tweet_id,
        campaign_id=link.campaign_id,
        offer_id=link.offer_id,
        medium=link.medium,
        content=link.content,
        hits=sum(counted.values()),
        clicks=counted.get("human", 0),
        hits_by_class={str(klass): number for klass, number in counted.items()},
        created_at=link.created_at,
        disabled_at=link.disabled_at,
    )


@blueprint.get("/v1/links/<code>")
@operation("Links", gives=LinkAnswer, roles=ALL)
def show_link(call: Call, code: str) -> LinkAnswer:
    """Show a link and how often it was followed"""
    with call.world.db.read() as session:
        found = targets.find_destination(session, code)
        return told(found, rollups.by_class(session, found.link.id), call.world.settings, call.now)


@blueprint.patch("/v1/links/<code>")
@operation("Links", gives=LinkAnswer, body=LinkChange)
def change_link(call: Call, code: str, body: LinkChange) -> LinkAnswer:
    """Let a link lead elsewhere, or nowhere"""
    changes = body.changes()
    with call.world.db.write() as session:
        link = links.find_by_code(session, code)
        if "target" in changes:
            drafts.aim(session, call.world.settings, link, body.target, call.now)
        if "disabled" in changes:
            links.disable(session, link.id, call.now) if body.disabled else links.enable(session, link.id, call.now)
        found = targets.find_destination(session, code)
        return told(found, rollups.by_class(session, link.id), call.world.settings, call.now)
