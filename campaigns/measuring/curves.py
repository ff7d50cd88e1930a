"""Curves: clicks and leads of a campaign by day, with the tweets that went out."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from campaigns.measuring import packs
from campaigns.measuring.figures import real, real_links
from campaigns.measuring.packs import HOUR_US
from campaigns.measuring.questions import Asked
from campaigns.planning.campaigns import Campaign
from campaigns.publishing.tweets import Tweet
from campaigns.tracking.links import Link
from campaigns.tracking.rollups import LinkHour
from campaigns.tracking.visits import EPOCH


@dataclass(frozen=True)
class Day:
    """A day of a campaign, in its own time zone; `tweets` are those sent on it."""

    on: date
    clicks: int
    leads: int
    tweets: list[str]


def curve(session: Session, campaign: Campaign, asked: Asked) -> list[Day]:
    """Clicks and leads of each day of the period, from the first with something to the last; hours are whole ones.

    Queries: 5, and those of what is in no pack yet.
    """
    rehearsal = asked.rehearsal
    zone = ZoneInfo(asked.zone)
    clicks: defaultdict[date, int] = defaultdict(int)
    leads: defaultdict[date, int] = defaultdict(int)
    tweets: defaultdict[date, list[str]] = defaultdict(list)
    for hour, number in _clicks_by_hour(session, campaign.id, rehearsal):
        clicks[hour.astimezone(zone).date()] += number
    for hour, number in leads_by_hour(session, campaign.id, rehearsal):
        leads[hour.astimezone(zone).date()] += number
    sent = select(Tweet.id, Tweet.sent_at).where(Tweet.campaign_id == campaign.id, *real(Tweet.rehearsed, rehearsal))
    for tweet_id, sent_at in session.execute(sent.order_by(Tweet.sent_at)):
        if sent_at:
            tweets[sent_at.astimezone(zone).date()].append(tweet_id)
    days = clicks.keys() | leads.keys() | tweets.keys()
    if not days:
        return []
    first, last = max(min(days), asked.since or date.min), min(max(days), asked.until or date.max)
    whole = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return [Day(on, clicks[on], leads[on], tweets[on]) for on in whole]


def _clicks_by_hour(session: Session, campaign_id: str, rehearsal: bool) -> Iterable[tuple[datetime, int]]:
    where = [Link.campaign_id == campaign_id, *real_links(rehearsal)]
    query = (
        select(LinkHour.hour, func.sum(LinkHour.human))
        .join(Link, Link.id == LinkHour.link_id)
        .where(*where)
        .group_by(LinkHour.hour)
    )
    for hour, clicks in session.execute(query):
        if clicks:
            yield hour, int(clicks)


def leads_by_hour(session: Session, campaign_id: str, rehearsal: bool) -> Iterator[tuple[datetime, int]]:
    """Hours with leads, any of them several times, and how many: from the packs, which know, and from the facts."""
    spans = packs.spans(session, campaign_id)
    known = packs.hours_of(session, campaign_id) if any(span.is_packed for span in spans) else {}
    found = []
    for span in spans:
        if span.is_packed and span.pack_id in known:
            found.append(known[span.pack_id])
        else:  # or its pack was made again since
            found += [packs.lead_hours(facts) for facts in packs.unpacked(session, span)]
    for hours in found:
        for hour, real_ones, rehearsed in hours.tolist():
            if count := real_ones + rehearsed * rehearsal:
                yield EPOCH + timedelta(microseconds=hour * HOUR_US), count
