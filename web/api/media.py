"""POST /api/v1/tweets/{tweet_id}/media · DELETE /api/v1/tweets/{tweet_id}/media/{media_id}."""

from flask import request
from pydantic import Field

from campaigns.flows.attach_media import attach, detach
from campaigns.ports import media_rules
from campaigns.publishing.media import TweetMedia
from web.api.blueprint import Call, blueprint
from web.api.bodies import Answer, Query, refuse_type
from web.api.operations import operation

TYPES = {each for types in media_rules.TYPES.values() for each in types} | {"application/octet-stream"}


class MediaQuery(Query):
    alt: str = Field("", max_length=media_rules.MOST_ALT, description="What it shows, for who can't see it")


class MediaAnswer(Answer):
    id: str
    content_type: str
    category: str = Field(description="image, gif or video")
    alt: str
    bytes: int


def told(media: TweetMedia) -> MediaAnswer:
    """As it is answered."""
    return MediaAnswer(
        id=media.id, content_type=media.content_type, category=media.category, alt=media.alt, bytes=media.bytes
    )


@blueprint.post("/v1/tweets/<tweet_id>/media")
@operation("Tweets", gives=MediaAnswer, status=201, query=MediaQuery, takes="image/png", once_anyway=True)
def add_tweet_media(call: Call, tweet_id: str, query: MediaQuery) -> MediaAnswer:
    """Give a tweet a picture, an animated one or a film; the content decides which it is

    Up to four pictures, or one of the others. X is sent them with the tweet. The same content again changes nothing.
    """
    if request.mimetype not in TYPES:
        refuse_type("image/png")
    request.max_content_length = call.world.settings.media_max_bytes
    return told(attach(call.world, tweet_id, request.get_data(cache=False), query.alt, who=call.token.name))


@blueprint.delete("/v1/tweets/<tweet_id>/media/<media_id>")
@operation("Tweets", status=204)
def delete_tweet_media(call: Call, tweet_id: str, media_id: str) -> None:
    """Take a picture or a film out of a tweet that X can't have"""
    detach(call.world, tweet_id, media_id, who=call.token.name)
