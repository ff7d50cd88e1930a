"""POST /api/v1/threads · GET /api/v1/threads/{thread_id} · POST …/schedule, publish, cancel, go-on."""

from typing import Annotated

from pydantic import Field

from campaigns.flows import plan_tweet
from campaigns.flows.write_tweet import TweetDraft, write_tweet
from campaigns.kernel.errors import problem
from campaigns.ports import ReplySettings
from campaigns.publishing import tweets
from campaigns.publishing.threads import MOST_PARTS
from campaigns.tracking import linked
from web.api.blueprint import ALL, Call, blueprint
from web.api.bodies import Answer, Body, Id, chars
from web.api.operations import operation
from web.api.tweets import MOST, WHEN, ZONE, TweetAnswer, is_approver, told

Part = Annotated[str, chars(1, MOST, r"\S")]


class ThreadBody(Body):
    campaign_id: Id
    offer_id: Id
    parts: list[Part] = Field(
        min_length=2, max_length=MOST_PARTS, description="In order; {link} in one or more of them"
    )
    linkless: bool = Field(False, description="It may do without {link}")
    account_id: Id | None = Field(None, description="Who posts it; left out: the usual account")
    reply_settings: ReplySettings = "everyone"
    scheduled_at: str | None = Field(None, max_length=100, description=f"{WHEN}; drafts when left out")
    zone: str | None = Field(None, max_length=100, description=ZONE)


class WhenBody(Body):
    scheduled_at: str = Field(max_length=100, description=WHEN)
    zone: str | None = Field(None, max_length=100, description=ZONE)


class ThreadAnswer(Answer):
    id: str = Field(description="Its first tweet's")
    parts: list[TweetAnswer]


def _shown(call: Call, thread_id: str) -> ThreadAnswer:
    with call.world.db.read() as session:
        first = tweets.find(session, thread_id)
        whole = linked.linked(session, call.world.settings, tweets.parts(session, first), call.now)
    return ThreadAnswer(id=whole[0].tweet.id, parts=[told(each) for each in whole])


@blueprint.post("/v1/threads")
@operation("Threads", gives=ThreadAnswer, status=201, body=ThreadBody)
def create_thread(call: Call, body: ThreadBody) -> ThreadAnswer:
    """Write a thread; each part has a short link of its own"""
    draft = TweetDraft(
        body.campaign_id, body.offer_id, body.parts[0], body.scheduled_at, body.zone, body.account_id, body.linkless,
        tuple(body.parts[1:]), body.reply_settings,
    )  # fmt: skip
    made = write_tweet(call.world, draft, who=call.token.name, approves=is_approver(call))
    return _shown(call, made.tweet.id)


@blueprint.get("/v1/threads/<thread_id>")
@operation("Threads", gives=ThreadAnswer, roles=ALL)
def show_thread(call: Call, thread_id: str) -> ThreadAnswer:
    """Show a thread's parts in order, by any part's id"""
    return _shown(call, thread_id)


@blueprint.post("/v1/threads/<thread_id>/schedule")
@operation("Threads", gives=ThreadAnswer, body=WhenBody)
def schedule_thread(call: Call, thread_id: str, body: WhenBody) -> ThreadAnswer:
    """Plan a thread: its parts go out one under the other"""
    plan_tweet.plan_tweet(
        call.world, thread_id, body.scheduled_at, body.zone, who=call.token.name, approves=is_approver(call)
    )
    return _shown(call, thread_id)


@blueprint.post("/v1/threads/<thread_id>/publish")
@operation("Threads", gives=ThreadAnswer, status=202)
def publish_thread(call: Call, thread_id: str) -> ThreadAnswer:
    """Publish a thread now"""
    plan_tweet.publish(call.world, thread_id, who=call.token.name, approves=is_approver(call))
    return _shown(call, thread_id)


@blueprint.post("/v1/threads/<thread_id>/cancel")
@operation("Threads", gives=ThreadAnswer)
def cancel_thread(call: Call, thread_id: str) -> ThreadAnswer:
    """Take a planned thread back: drafts again"""
    plan_tweet.cancel(call.world, thread_id, who=call.token.name)
    return _shown(call, thread_id)


@blueprint.post("/v1/threads/<thread_id>/go-on")
@operation("Threads", gives=ThreadAnswer, status=202)
def go_on_with_thread(call: Call, thread_id: str) -> ThreadAnswer:
    """Go on with a thread whose part was refused: that one now, then those behind it"""
    with call.world.db.read() as session:
        left = [each for each in tweets.parts(session, tweets.find(session, thread_id)) if each.state != "sent"]
    if not left:
        raise problem("conflict", "tweet_gone_out")
    plan_tweet.publish(call.world, left[0].id, who=call.token.name, approves=is_approver(call))
    return _shown(call, thread_id)
