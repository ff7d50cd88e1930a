"""POST /api/v1/tweets/{tweet_id}/repeat."""

from pydantic import Field

from campaigns.flows.repeat_tweet import repeat_tweet
from campaigns.publishing import rhythms
from campaigns.publishing.rhythms import Every
from web.api.blueprint import Call, blueprint
from web.api.bodies import Answer, Body
from web.api.operations import operation
from web.api.tweets import TweetAnswer, told


class RepeatBody(Body):
    every: Every
    count: int = Field(ge=1, le=rhythms.MOST)
    zone: str = Field("UTC", max_length=100, description="Whose clocks count, where the tweet was planned by none")


class Repeated(Answer):
    items: list[TweetAnswer]


@blueprint.post("/v1/tweets/<tweet_id>/repeat")
@operation("Tweets", gives=Repeated, status=201, body=RepeatBody)
def repeat(call: Call, tweet_id: str, body: RepeatBody) -> Repeated:
    """Make drafts for a tweet's next times; each is planned once its words are others"""
    made = repeat_tweet(call.world, tweet_id, body.every, body.count, body.zone, who=call.token.name)
    return Repeated(items=[told(each) for each in made])
