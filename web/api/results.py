"""POST /api/v1/tweets/{tweet_id}/take-down · GET /api/v1/tweets/{tweet_id}/results."""

from pydantic import Field

from campaigns.flows.take_down import take_down
from campaigns.publishing import results, tweets
from web.api.blueprint import ALL, Call, blueprint
from web.api.bodies import Answer, Moment
from web.api.operations import operation
from web.api.tweets import TweetAnswer, told


class ResultAnswer(Answer):
    """What X counted up to an hour in which it was asked."""

    hour: Moment
    impressions: int
    likes: int
    reposts: int
    replies: int
    quotes: int
    bookmarks: int
    link_clicks: int | None = Field(description="The last three are told to the account itself, for 30 days")
    profile_clicks: int | None
    engagements: int | None


class Results(Answer):
    items: list[ResultAnswer] = Field(description="Oldest first")


@blueprint.get("/v1/tweets/<tweet_id>/results")
@operation("Tweets", gives=Results, roles=ALL)
def list_tweet_results(call: Call, tweet_id: str) -> Results:
    """List what X counted of a tweet, each time that it was asked"""
    with call.world.db.read() as session:
        found = results.history(session, tweets.find(session, tweet_id).id)
    names = ResultAnswer.model_fields
    return Results(items=[ResultAnswer(**{name: getattr(each, name) for name in names}) for each in found])


@blueprint.post("/v1/tweets/<tweet_id>/take-down")
@operation("Tweets", gives=TweetAnswer, once_anyway=True)
def take_tweet_down(call: Call, tweet_id: str) -> TweetAnswer:
    """Take a tweet down from X; its link and what it brought stay. One that is gone already stays so"""
    return told(take_down(call.world, tweet_id, who=call.token.name))
