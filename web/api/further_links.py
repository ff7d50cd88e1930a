"""POST /api/v1/tweets/{tweet_id}/links · DELETE /api/v1/tweets/{tweet_id}/links/{place}."""

from pydantic import Field

from campaigns.flows import edit_tweet
from campaigns.kernel.errors import Faults
from campaigns.publishing import weights
from campaigns.tracking import drafts, links
from campaigns.tracking.drafts import LinkDraft
from campaigns.tracking.linked import Further
from campaigns.tracking.links import Link
from web.api.blueprint import Call, blueprint
from web.api.bodies import Answer, Body, Id
from web.api.operations import operation

PLACES = {f"{place}" for place in weights.PLACES}


class FurtherBody(Body):
    """A further link: one of the two."""

    offer_id: Id | None = Field(None, description="Another offer of the campaign: its page")
    target: str = Field("", max_length=links.MAX_TARGET, description="Any address: a page that isn't ours")

    def check(self, call: Call) -> None:
        faults = Faults()
        drafts.columns(faults, call.world.settings, LinkDraft("x_organic", offer_id=self.offer_id, target=self.target))
        faults.check()

    def told(self) -> Further:
        """As a flow takes it."""
        return Further(self.offer_id, self.target)


class PlacedLink(Answer):
    code: str
    url: str
    place: int = Field(description="1 stands for {link}, 2 for {link2}, and so on")
    offer_id: str | None
    target: str | None = Field(description="Where it leads, when that is none of our pages")


def placed(link: Link, url: str) -> PlacedLink:
    """As it is answered."""
    return PlacedLink(code=link.code, url=url, place=link.place, offer_id=link.offer_id, target=link.target)


@blueprint.post("/v1/tweets/<tweet_id>/links")
@operation("Tweets", gives=PlacedLink, status=201, body=FurtherBody)
def add_tweet_link(call: Call, tweet_id: str, body: FurtherBody) -> PlacedLink:
    """Give a tweet a further link, to another offer or any address, for {link2}, {link3} or {link4} in its words"""
    link = edit_tweet.add_link(call.world, tweet_id, body.told())
    return placed(link, links.url(call.world.settings, link.code))


@blueprint.delete("/v1/tweets/<tweet_id>/links/<place>")
@operation("Tweets", status=204)
def delete_tweet_link(call: Call, tweet_id: str, place: str) -> None:
    """Take a further link away that isn't in the words, and that nobody opened"""
    edit_tweet.remove_link(call.world, tweet_id, int(place) if place in PLACES else 0)
