"""A visitor opens a landing page: the page and what it tells of."""

from collections.abc import Sequence
from dataclasses import dataclass

from campaigns.kernel.errors import problem
from campaigns.planning import campaigns, offers, pages, papers
from campaigns.planning.campaigns import Campaign
from campaigns.planning.offers import Offer
from campaigns.planning.pages import Page
from campaigns.planning.papers import Paper
from campaigns.world import World


@dataclass(frozen=True)
class Around:
    """A page with what stands around it.

    | field | meaning |
    |---|---|
    | others | the offer's other pages that are online |
    | over | why nothing is to be had any more: page_closed, offer_ended; None: it is |
    """

    page: Page
    offer: Offer
    campaign: Campaign
    paper: Paper | None
    others: Sequence[Page]
    over: str | None = None


def look_at_page(world: World, slug: str) -> Around:
    """Raises missing (`page_missing`) for a page that never was online. Queries: 5."""
    now = world.clock.now()
    with world.db.read() as session:
        page = pages.find_by_slug(session, slug)
        if page.published_at is None:
            raise problem("missing", "page_missing")
        offer = offers.find(session, page.offer_id)
        campaign = campaigns.find(session, offer.campaign_id)
        over = "page_closed" if page.closed_at else None
        if offers.has_ended(offer, campaign.zone, now):
            over = over or "offer_ended"
        others = [each for each in pages.list_of(session, offer.id) if each.is_online and each.id != page.id]
        return Around(page, offer, campaign, papers.get(session, offer.id), others, over)
