"""Agendas: what went out and what will, day by day, and the holidays of a zone's country."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays
from babel.core import get_global
from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from campaigns.planning import campaigns
from campaigns.publishing import slots
from campaigns.publishing.slots import Free
from campaigns.publishing.tweets import Tweet

MOST = 600
"""So many tweets are shown in a month; of more, the first."""
WEEK = timedelta(days=7)


@dataclass
class Day:
    """A day with its tweets in their order, the slots that are free, and its holiday; empty: none."""

    on: date
    tweets: list[Tweet] = field(default_factory=list)
    free: list[Free] = field(default_factory=list)
    holiday: str = ""


def month(on: date) -> list[date]:
    """The days of a month in whole weeks.

    >>> days = month(date(2026, 11, 15))
    >>> days[0].isoformat(), days[-1].isoformat(), len(days)
    ('2026-10-26', '2026-12-06', 42)
    """
    first = on.replace(day=1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    begins, ends = first - timedelta(days=first.weekday()), last + timedelta(days=6 - last.weekday())
    return [begins + timedelta(days=n) for n in range((ends - begins).days + 1)]


def week(on: date) -> list[date]:
    """The days of a week, from Monday."""
    return [on - timedelta(days=on.weekday()) + timedelta(days=n) for n in range(7)]


def between(session: Session, since: datetime, until: datetime, campaign_id: str | None = None) -> list[Tweet]:
    """Tweets that went out, or are planned, between two moments, in order; the parts of a thread by its first. 1 query.

    Indexes: state and sent_at, scheduled_at.
    """
    mine = [Tweet.campaign_id == campaign_id] if campaign_id else []
    when = or_(
        and_(Tweet.state == "sent", Tweet.sent_at >= since, Tweet.sent_at < until),
        and_(Tweet.state == "draft", Tweet.series_id.is_not(None), Tweet.scheduled_at >= since,
             Tweet.scheduled_at < until),
        and_(Tweet.state.in_(("proposed", "approved", "scheduled", "sending", "failed", "unsure")),
             Tweet.scheduled_at >= since, Tweet.scheduled_at < until),
    )  # fmt: skip
    # of more than are shown those that are still to come, then the newest
    rows = select(Tweet).where(when, Tweet.part == 1, *mine).order_by(
        Tweet.state == "sent", Tweet.sent_at.desc(), Tweet.scheduled_at, Tweet.id
    ).limit(MOST)  # fmt: skip
    return sorted(session.scalars(rows), key=lambda tweet: (moment_of(tweet), tweet.id))


def moment_of(tweet: Tweet) -> datetime:
    """Where it stands in an agenda."""
    moment = tweet.sent_at if tweet.state == "sent" else tweet.scheduled_at
    return moment or tweet.created_at


def clock_of(tweet: Tweet, zone: str) -> str:
    """That moment by the clocks of a zone."""
    return f"{moment_of(tweet).astimezone(ZoneInfo(zone)):%H:%M}"


def days_of(
    session: Session, days: Iterable[date], zone: str, locale: str, now: datetime, campaign_id: str | None = None
) -> list[Day]:
    """Days with what is in them, by the clock of a zone. Raises missing (`campaign_missing`). Queries: 3 or 4."""
    if campaign_id is not None:
        campaigns.find(session, campaign_id)
    rules = ZoneInfo(zone)
    found = {on: Day(on, holiday=holiday(on, zone, locale)) for on in days}
    begins, ends = min(found), max(found) + timedelta(days=1)
    since, until = (datetime.combine(on, time(), rules).astimezone(UTC) for on in (begins, ends))
    for tweet in between(session, since, until, campaign_id):
        found[moment_of(tweet).astimezone(rules).date()].tweets.append(tweet)
    for each in slots.free(session, max(since, now), until) if until > now else []:
        found[each.at.astimezone(rules).date()].free.append(each)
    return list(found.values())


def holiday(on: date, zone: str, locale: str) -> str:
    """The public holiday of a day in the country of a zone, in its language or in English; empty: none.

    >>> holiday(date(2026, 11, 11), "Europe/Paris", "fr"), holiday(date(2026, 11, 12), "Europe/Paris", "en")
    ('Armistice', '')
    """
    return _holidays(get_global("zone_territories").get(zone, ""), on.year, locale).get(on, "")


@lru_cache(64)
def _holidays(country: str, year: int, locale: str) -> dict[date, str]:
    try:
        known = holidays.country_holidays(country, years=year)
    except (NotImplementedError, KeyError):
        return {}
    language = next((each for each in known.supported_languages if each.startswith(locale)), None)
    told = holidays.country_holidays(country, years=year, language=language) if language else known
    return dict(told.items())
