"""Journeys: what one person's way was made of, and which tweets stand at its beginning and end."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from campaigns.capturing import touches
from campaigns.capturing.leads import Lead
from campaigns.crediting.models import Lens, counting
from campaigns.crediting.paths import Touch, entity_of
from campaigns.planning.campaigns import Campaign
from campaigns.publishing.tweets import Tweet
from campaigns.tracking.links import Link


@dataclass(frozen=True)
class LeadCredit:
    """Whom a lead is owed to, last non-direct, as v_leads says it.

    | field | meaning |
    |---|---|
    | tweet_id, evidence | the last tweet and what proves it; without proof no tweet |
    | first_tweet_id | the tweet of the person's first visit within the lookback |
    | spillover_tweet_id | its link was opened from elsewhere than X: nobody's credit |
    """

    tweet_id: str | None
    evidence: str
    first_tweet_id: str | None
    spillover_tweet_id: str | None


@dataclass(frozen=True)
class Step:
    """A touch of a person, with what it belongs to."""

    touch: touches.Touch
    tweet: Tweet | None
    campaign: Campaign | None
    code: str | None


def lead_credit(session: Session, lead_ids: Collection[str], *, lookback_days: int) -> dict[str, LeadCredit]:
    """The credit of each of these leads, by its id. Queries: 2."""
    moments = select(Lead.id, Lead.person_id, Lead.created_at).where(Lead.id.in_(lead_ids))
    leads = session.execute(moments).all()
    paths: defaultdict[str, list[Touch]] = defaultdict(list)
    tweets: dict[str | int, str | None] = {}
    persons = {person_id for _, person_id, _ in leads}
    for each in session.scalars(select(touches.Touch).where(touches.Touch.person_id.in_(persons))):
        entity = entity_of(each.tweet_id, each.evidence, each.link_id)
        paths[each.person_id].append(Touch(each.id, each.at, entity, each.evidence))
        tweets[each.id] = each.tweet_id
    lens = Lens(lookback_days=lookback_days)
    return {
        lead_id: _credit(counting(paths[person_id], created_at, lens), tweets)
        for lead_id, person_id, created_at in leads
    }


def _credit(path: list[Touch], tweets: dict[str | int, str | None]) -> LeadCredit:
    if all(touch.is_direct for touch in path):
        return LeadCredit(None, "direct", None, None)
    last = path[-1]
    first = next((touch for touch in path if touch.entity.startswith("tweet:")), None)
    return LeadCredit(
        tweet_id=tweets[last.id] if last.entity.startswith("tweet:") else None,
        evidence=last.evidence,
        first_tweet_id=tweets[first.id] if first else None,
        spillover_tweet_id=tweets[last.id] if last.entity.startswith("spillover:") else None,
    )


def path(session: Session, person_id: str) -> list[Step]:
    """A person's touches in their order, with tweets, campaigns and codes. Queries: 1."""
    query = (
        select(touches.Touch, Tweet, Campaign, Link.code)
        .outerjoin(Tweet, Tweet.id == touches.Touch.tweet_id)
        .outerjoin(Campaign, Campaign.id == touches.Touch.campaign_id)
        .outerjoin(Link, Link.id == touches.Touch.link_id)
        .where(touches.Touch.person_id == person_id)
        .order_by(touches.Touch.at, touches.Touch.id)
    )
    return [Step(*row) for row in session.execute(query)]
