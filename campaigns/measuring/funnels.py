"""Funnels: what each tweet of a campaign brought, from hit to money, and what nobody can be credited with.

Rows and unattributed always make the totals, by count and to the cent: the totals are counted by queries of their
own, and a difference is an error, never a page.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import String, and_, cast, func, select
from sqlalchemy.orm import Session

from campaigns.capturing.leads import Lead
from campaigns.capturing.touches import Touch
from campaigns.measuring.conversions import Where, lead_groups, sale_groups
from campaigns.measuring.figures import Figures, Followed, count, hits_by_tweet, owed, real, real_links
from campaigns.planning.campaigns import Campaign
from campaigns.publishing.tweets import Tweet
from campaigns.selling.sales import Sale
from campaigns.tracking.links import Link
from campaigns.tracking.rollups import LinkHour, Period

MODEL = "last_non_direct"
BEST = 5


class Unreconciled(Exception):
    """Rows and unattributed don't make the totals: a bug, told instead of shown."""


@dataclass(frozen=True)
class TweetRow:
    """A tweet and what it brought.

    | field | meaning |
    |---|---|
    | tweet | None: it is no longer there |
    | elsewhere | it belongs to another campaign, and only its credits here are counted |
    | spillover | conversions by its link opened from elsewhere than X: part of the unattributed, not of figures |
    """

    tweet_id: str
    tweet: Tweet | None
    code: str | None
    elsewhere: bool
    figures: Figures
    spillover: Figures


@dataclass(frozen=True)
class Report:
    """A campaign's ledger. `by_evidence` takes the unattributed conversions apart."""

    campaign_id: str
    model: str
    lookback_days: int
    rehearsal: bool
    totals: Figures
    tweets: list[TweetRow]
    unattributed: Figures
    by_evidence: dict[str, Figures]


@dataclass(frozen=True)
class Day:
    """A day of a campaign, in its own time zone; `tweets` are those sent on it."""

    on: date
    clicks: int
    leads: int
    tweets: list[str]


@dataclass(frozen=True)
class Overview:
    """A period beside the one of the same length before it, and the tweets that brought most in it.

    Best, others and unattributed make the figures; a payment that names nobody of ours is unattributed.
    """

    figures: Figures
    before: Figures
    best: list[TweetRow]
    others: Figures
    unattributed: Figures


@dataclass
class _Brought:
    """What is owed to each tweet (None: to nobody), while it is put together."""

    by_tweet: defaultdict[str | None, Figures]
    spilled: defaultdict[str, Figures]
    by_evidence: defaultdict[str, Figures]

    @property
    def tweet_ids(self) -> set[str]:
        return {each for each in self.by_tweet if each} | set(self.spilled)


def report(session: Session, campaign: Campaign, *, lookback_days: int, rehearsal: bool) -> Report:
    """The ledger of a campaign. Raises Unreconciled. Queries: 8, however many tweets.

    `rehearsal`: count what was rehearsed too; otherwise the tweets, hits, leads and sales of a rehearsal are left out.
    """
    links, leads, sales = _of_campaign(campaign.id)
    brought = _brought(session, links, leads, sales, lookback_days, rehearsal)
    known = _tweets(session, [Tweet.campaign_id == campaign.id, *real(Tweet.rehearsed, rehearsal)])
    known |= _tweets(session, [Tweet.id.in_(brought.tweet_ids - known.keys())])
    rows = _rows(brought, known, known.keys() | brought.tweet_ids, campaign.id)
    totals = count(session, links, leads, sales, rehearsal)
    unattributed = brought.by_tweet[None]
    reconcile(totals, [row.figures for row in rows], unattributed)
    return Report(
        campaign_id=campaign.id, model=MODEL, lookback_days=lookback_days, rehearsal=rehearsal, totals=totals,
        tweets=sorted(rows, key=_order), unattributed=unattributed, by_evidence=dict(brought.by_evidence),
    )  # fmt: skip


def tweet_row(session: Session, tweet: Tweet, code: str, *, lookback_days: int, rehearsal: bool) -> TweetRow:
    """A tweet's row of its campaign's report, without the others: only whom it touched is looked at. Queries: 3.

    `code`: its link's.
    """
    touched = select(Touch.person_id).where(Touch.tweet_id == tweet.id)
    brought = _brought(
        session, Followed([Link.tweet_id == tweet.id]),
        [Lead.campaign_id == tweet.campaign_id, Lead.person_id.in_(touched)],
        [Sale.campaign_id == tweet.campaign_id, Sale.person_id.in_(touched)],
        lookback_days, rehearsal,
    )  # fmt: skip
    return _rows(brought, {tweet.id: (tweet, code)}, [tweet.id], tweet.campaign_id)[0]


def reconcile(totals: Figures, rows: Iterable[Figures], unattributed: Figures) -> None:
    """Raise Unreconciled unless the parts make the whole."""
    found = sum(rows, unattributed)
    if found != totals:
        raise Unreconciled(f"rows and unattributed are {found}, the totals {totals}")


def overview(session: Session, since: datetime, until: datetime, *, lookback_days: int, rehearsal: bool) -> Overview:
    """All campaigns in a period, `until` not included, beside the period before. Hits by whole hours. Queries: 10.

    Best: by sales, then leads, then clicks; currencies can't be compared.
    """
    links, leads, sales = _between(since, until)
    brought = _brought(session, links, leads, sales, lookback_days, rehearsal)
    figures = count(session, links, leads, sales, rehearsal)
    unattributed = brought.by_tweet[None]
    reconcile(figures, [each for tweet, each in brought.by_tweet.items() if tweet], unattributed)
    before = count(session, *_between(since - (until - since), since), rehearsal)
    best = sorted(
        (tweet_id for tweet_id in brought.by_tweet if tweet_id),
        key=lambda each: (*_rank(brought.by_tweet[each]), each),
        reverse=True,
    )[:BEST]
    known = _tweets(session, [Tweet.id.in_(best)])
    others = sum((each for tweet, each in brought.by_tweet.items() if tweet and tweet not in best), Figures())
    return Overview(figures, before, _rows(brought, known, best, None), others, unattributed)


def curve(session: Session, campaign: Campaign, *, rehearsal: bool) -> list[Day]:
    """Clicks and leads of each day, from the first with something to the last; hours are whole ones. Queries: 3."""
    zone = ZoneInfo(campaign.zone)
    clicks: defaultdict[date, int] = defaultdict(int)
    leads: defaultdict[date, int] = defaultdict(int)
    tweets: defaultdict[date, list[str]] = defaultdict(list)
    for hour, number in _clicks_by_hour(session, campaign.id, rehearsal):
        clicks[hour.astimezone(zone).date()] += number
    for hour, number in _leads_by_hour(session, campaign.id, rehearsal):
        leads[hour.astimezone(zone).date()] += number
    sent = select(Tweet.id, Tweet.sent_at).where(Tweet.campaign_id == campaign.id, *real(Tweet.rehearsed, rehearsal))
    for tweet_id, sent_at in session.execute(sent.order_by(Tweet.sent_at)):
        if sent_at:
            tweets[sent_at.astimezone(zone).date()].append(tweet_id)
    days = clicks.keys() | leads.keys() | tweets.keys()
    if not days:
        return []
    first = min(days)
    whole = (first + timedelta(days=n) for n in range((max(days) - first).days + 1))
    return [Day(on, clicks[on], leads[on], tweets[on]) for on in whole]


def _of_campaign(campaign_id: str) -> tuple[Followed, Where, Where]:
    return (
        Followed([Link.campaign_id == campaign_id]),
        [Lead.campaign_id == campaign_id],
        [Sale.campaign_id == campaign_id],
    )


def _between(since: datetime, until: datetime) -> tuple[Followed, Where, Where]:
    leads, sales = ([column >= since, column < until] for column in (Lead.created_at, Sale.paid_at))
    return Followed(period=Period(since, until)), leads, sales


def _brought(
    session: Session, links: Followed, leads: Where, sales: Where, lookback_days: int, rehearsal: bool
) -> _Brought:
    brought = _Brought(
        defaultdict(Figures, hits_by_tweet(session, links, rehearsal)), defaultdict(Figures), defaultdict(Figures)
    )
    for group, figures in owed(
        lead_groups(session, [*leads, *real(Lead.rehearsed, rehearsal)], lookback_days),
        sale_groups(session, [*sales, *real(Sale.rehearsed, rehearsal)], lookback_days),
    ):
        brought.by_tweet[group.tweet_id] += figures
        if group.tweet_id is None:
            brought.by_evidence[group.evidence] += figures
            if group.touched_tweet_id and group.evidence == "link+other":
                brought.spilled[group.touched_tweet_id] += figures
    return brought


Known = dict[str, tuple[Tweet, str | None]]


def _tweets(session: Session, where: Where) -> Known:
    """Tweets with their links' codes."""
    own_link = and_(Link.tweet_id == Tweet.id, Link.qr_of.is_(None))
    query = select(Tweet, Link.code).outerjoin(Link, own_link).where(*where)
    return {tweet.id: (tweet, code) for tweet, code in session.execute(query)}


def _rows(brought: _Brought, known: Known, tweet_ids: Iterable[str], campaign_id: str | None) -> list[TweetRow]:
    rows = []
    for tweet_id in tweet_ids:
        tweet, code = known.get(tweet_id, (None, None))
        elsewhere = bool(campaign_id and tweet and tweet.campaign_id != campaign_id)
        figures, spillover = brought.by_tweet[tweet_id], brought.spilled[tweet_id]
        rows.append(TweetRow(tweet_id, tweet, code, elsewhere, figures, spillover))
    return rows


def _order(row: TweetRow) -> tuple[bool, bool, float, str]:
    """Our own first: those that went out, the newest at the top, then those to come."""
    tweet = row.tweet
    at = (tweet.sent_at or tweet.scheduled_at or tweet.created_at).timestamp() if tweet else 0
    return row.elsewhere or tweet is None, not (tweet and tweet.sent_at), -at, row.tweet_id


def _rank(figures: Figures) -> tuple[int, int, int]:
    return figures.sales, figures.leads, figures.clicks


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


def _leads_by_hour(session: Session, campaign_id: str, rehearsal: bool) -> Iterable[tuple[datetime, int]]:
    # both databases write a moment as 2026-11-02 09:…, the session's zone is UTC
    hour = func.substr(cast(Lead.created_at, String), 1, 13).label("hour")
    where = [Lead.campaign_id == campaign_id, *real(Lead.rehearsed, rehearsal)]
    for text, number in session.execute(select(hour, func.count()).where(*where).group_by(hour)):
        yield datetime.fromisoformat(f"{text}:00").replace(tzinfo=UTC), number
