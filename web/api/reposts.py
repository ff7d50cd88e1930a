"""GET, POST /api/v1/reposts · DELETE /api/v1/reposts/{repost_id} · POST …/take-back."""

from typing import Any

from pydantic import Field

from campaigns.flows import repost as flow
from campaigns.kernel.errors import problem
from campaigns.publishing import addresses, reposts
from campaigns.publishing.reposts import Repost, RepostState
from web.api.blueprint import ALL, Call, blueprint
from web.api.bodies import Answer, Body, Id, Items, ListQuery, Moment, items
from web.api.operations import operation
from web.api.tweets import is_approver


class RepostBody(Body):
    tweet_id: Id | None = Field(None, description="One of ours that is out; this or `url`")
    url: str | None = Field(None, max_length=addresses.MOST, description="Another post's address on X")
    account_id: Id | None = Field(None, description="Who reposts; left out: the usual account")
    scheduled_at: str | None = Field(None, max_length=100, description="As a tweet's; at once when left out")
    zone: str | None = Field(None, max_length=100, description="IANA time zone, when scheduled_at has no offset")


class RepostAnswer(Answer):
    id: str
    x_id: str
    x_url: str
    tweet_id: str | None
    account_id: str | None
    state: RepostState
    rehearsed: bool
    planned_at: Moment
    done_at: Moment | None
    problem: str | None = Field(description="Why it waits or failed")


class Reposts(Items[RepostAnswer]):
    """A page of reposts, the latest moment first."""


def told(repost: Repost) -> RepostAnswer:
    """As it is answered."""
    return RepostAnswer(
        id=repost.id, x_id=repost.x_id, x_url=addresses.x_url_of(repost.x_id), tweet_id=repost.tweet_id,
        account_id=repost.account_id, state=repost.state, rehearsed=repost.rehearsed, planned_at=repost.planned_at,
        done_at=repost.done_at, problem=repost.problem,
    )  # fmt: skip


@blueprint.get("/v1/reposts")
@operation("Reposts", gives=Reposts, query=ListQuery, roles=ALL)
def list_reposts(call: Call, query: ListQuery) -> dict[str, Any]:
    """List reposts, the latest moment first"""
    with call.world.db.read() as session:
        return items(reposts.list_page(session, query.cursor, query.limit), told)


@blueprint.post("/v1/reposts")
@operation("Reposts", gives=RepostAnswer, status=201, body=RepostBody)
def create_repost(call: Call, body: RepostBody) -> RepostAnswer:
    """Plan a repost of one of our tweets, or of any post on X"""
    if (body.tweet_id is None) == (body.url is None):
        raise problem("invalid", "required", "url")
    made = flow.plan_repost(
        call.world, body.url or "", body.scheduled_at or "", body.zone, who=call.token.name, approves=is_approver(call),
        account_id=body.account_id, tweet_id=body.tweet_id,
    )  # fmt: skip
    return told(made)


@blueprint.delete("/v1/reposts/<repost_id>")
@operation("Reposts", status=204)
def delete_repost(call: Call, repost_id: str) -> None:
    """Remove a repost that isn't on X"""
    flow.cancel_repost(call.world, repost_id)


@blueprint.post("/v1/reposts/<repost_id>/take-back")
@operation("Reposts", gives=RepostAnswer, once_anyway=True)
def take_repost_back(call: Call, repost_id: str) -> RepostAnswer:
    """Take a repost back from X"""
    return told(flow.take_back(call.world, repost_id))
