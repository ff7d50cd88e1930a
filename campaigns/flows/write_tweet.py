"""A tweet is written: its text is weighed, its link made with it, and it waits as a draft or for its moment."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from campaigns.kernel.errors import Faults, Problem, problem
from campaigns.planning import campaigns, offers, pages
from campaigns.planning.campaigns import Campaign
from campaigns.planning.offers import Offer
from campaigns.publishing import calendars, tweets, weights
from campaigns.tracking import linked, links
from campaigns.tracking.linked import LinkedTweet
from campaigns.world import World


@dataclass(frozen=True)
class TweetDraft:
    """A tweet as it was typed, not checked yet. `scheduled_at`: ISO 8601, without an offset a time in `zone`."""

    campaign_id: str
    offer_id: str
    text: str
    scheduled_at: str | None = None
    zone: str | None = None


def write_tweet(world: World, draft: TweetDraft, *, who: str, user_id: str | None = None) -> LinkedTweet:
    """The new tweet.

    Raises invalid with every field's fault (`campaign_missing`, `offer_missing`; see weights.check, calendars.plan),
    conflict (`no_page_online`) when it is planned and its link would lead nowhere.
    """
    now, faults, text, plan = world.clock.now(), Faults(), "", None
    with faults.gather():
        text = weights.check(draft.text)
    if draft.scheduled_at:
        with faults.gather():
            plan = calendars.plan(draft.scheduled_at, draft.zone, now)
    with world.db.write() as session:
        campaign, offer = _belonging(session, draft, faults)
        if plan and not pages.online_page_of(session, offer.id):
            raise problem("conflict", "no_page_online")
        tweet = tweets.create(
            session, campaign_id=campaign.id, offer_id=offer.id, text=text, now=now, who=who, user_id=user_id
        )
        links.make(session, world.settings, campaign=campaign, offer_id=offer.id, tweet=tweet, now=now)
        if plan:
            tweet = tweets.schedule(
                session, tweet, plan, rehearsed=world.publisher.rehearses, who=who, why="planned", now=now
            )
        return linked.linked(session, world.settings, [tweet], now)[0]


def _belonging(session: Session, draft: TweetDraft, faults: Faults) -> tuple[Campaign, Offer]:
    """The campaign and its offer; raises what was gathered with what is wrong about them."""
    campaign = offer = None
    try:
        campaign = campaigns.find(session, draft.campaign_id)
    except Problem:
        faults.add("campaign_id", "campaign_missing")
    if campaign:
        offer = next((each for each in offers.list_of(session, campaign.id) if each.id == draft.offer_id), None)
        if offer is None:
            faults.add("offer_id", "offer_missing")
    faults.check()
    assert campaign
    assert offer
    return campaign, offer
