"""POST /api/v1/tweets/{tweet_id}/propose, /approve, /ask-changes, /withdraw."""

from pydantic import Field

from campaigns.flows import approve_tweet as flow
from campaigns.publishing import proposals
from web.api.blueprint import ADMINS, Call, blueprint
from web.api.bodies import Body
from web.api.operations import operation
from web.api.tweets import WHEN, ZONE, TweetAnswer, told
from web.request import locale

NOTE = Field("", max_length=4 * flow.MOST_NOTE, description="Up to 1,000 characters")


class ProposeBody(Body):
    email: str = Field(max_length=1_000, description="Who is asked; they need no account")
    note: str = NOTE
    scheduled_at: str | None = Field(None, max_length=100, description=f"When it goes out once accepted. {WHEN}")
    zone: str | None = Field(None, max_length=100, description=ZONE)


class NoteBody(Body):
    note: str = NOTE


@blueprint.post("/v1/tweets/<tweet_id>/propose")
@operation("Tweets", gives=TweetAnswer, body=ProposeBody)
def propose_tweet(call: Call, tweet_id: str, body: ProposeBody) -> TweetAnswer:
    """Ask somebody by mail whether the tweet may go out"""
    found = flow.propose(
        call.world, tweet_id, body.email, body.note, body.scheduled_at or "", body.zone, who=call.token.name,
        locale=locale(),
    )  # fmt: skip
    return told(found)


@blueprint.post("/v1/tweets/<tweet_id>/approve")
@operation("Tweets", gives=TweetAnswer, body=NoteBody, roles=ADMINS)
def approve_tweet(call: Call, tweet_id: str, body: NoteBody) -> TweetAnswer:
    """Accept a tweet that was proposed; for administrators' tokens"""
    return told(flow.accept(call.world, _proposal(call, tweet_id), body.note, who=call.token.name))


@blueprint.post("/v1/tweets/<tweet_id>/ask-changes")
@operation("Tweets", gives=TweetAnswer, body=NoteBody, roles=ADMINS)
def ask_tweet_changes(call: Call, tweet_id: str, body: NoteBody) -> TweetAnswer:
    """Ask for changes of a tweet that was proposed; for administrators' tokens"""
    return told(flow.ask_changes(call.world, _proposal(call, tweet_id), body.note, who=call.token.name))


@blueprint.post("/v1/tweets/<tweet_id>/withdraw")
@operation("Tweets", gives=TweetAnswer)
def withdraw_tweet(call: Call, tweet_id: str) -> TweetAnswer:
    """Take a proposal back: the tweet is a draft again"""
    return told(flow.withdraw(call.world, tweet_id, who=call.token.name))


def _proposal(call: Call, tweet_id: str) -> str:
    with call.world.db.read() as session:
        return proposals.newest(session, tweet_id).id
