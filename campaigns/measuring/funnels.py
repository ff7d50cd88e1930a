"""Funnels: what each tweet of a campaign brought, from hit to money, and what nobody can be credited with.

Rows and unattributed always make the totals, by count and to the cent: the totals are counted by queries of their
own, and a difference is an error, never a page.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from campaigns.measuring.accounts import Account, Unreconciled, account, counted
from campaigns.measuring.figures import (
    Count,
    Figures,
    Followed,
    figures_of,
    followed_in,
    hits_by_link,
    real,
)
from campaigns.measuring.groups import Places, key_of_entity, key_of_link, places
from campaigns.measuring.questions import Asked
from campaigns.planning.campaigns import Campaign
from campaigns.publishing.tweets import Tweet
from campaigns.tracking.hits import Evidence
from campaigns.tracking.links import Link
from campaigns.tracking.rollups import Period

BEST = 5
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Row:
    """A row of a report and what it brought.

    | field | meaning |
    |---|---|
    | key | see groups.key_of_entity |
    | tweet | of a row by tweet; None: it is no longer there, or the rows are others |
    | elsewhere | it belongs to another campaign, and only its credits here are counted |
    | by_evidence | what the figures' conversions are proved by |
    | spillover | conversions by its link opened from elsewhere than X: part of the unattributed, not of figures |
    """

    key: str
    tweet: Tweet | None
    code: str | None
    elsewhere: bool
    figures: Figures
    by_evidence: dict[Evidence, Figures]
    spillover: Figures

    @property
    def tweet_id(self) -> str:
        return self.key


@dataclass(frozen=True)
class Report:
    """A ledger. `by_evidence` takes the unattributed conversions apart; paths: how many conversions have a touch, and
    how many of them only one.
    """

    asked: Asked
    totals: Figures
    rows: list[Row]
    unattributed: Figures
    by_evidence: dict[str, Figures]
    paths: int
    short_paths: int


@dataclass(frozen=True)
class Overview:
    """A period beside the one of the same length before it, and the tweets that brought most in it.

    Best, others and unattributed make the figures; a payment that names nobody of ours is unattributed.
    """

    figures: Figures
    before: Figures
    best: list[Row]
    others: Figures
    unattributed: Figures


@dataclass
class _Brought:
    """What is owed to each row (None: to nobody), while it is put together."""

    by_key: defaultdict[str | None, Figures] = field(default_factory=lambda: defaultdict(Figures))
    proofs: defaultdict[str, dict[Evidence, Figures]] = field(default_factory=lambda: defaultdict(dict))
    spilled: defaultdict[str, Figures] = field(default_factory=lambda: defaultdict(Figures))
    by_evidence: defaultdict[str, Figures] = field(default_factory=lambda: defaultdict(Figures))


def report(session: Session, campaign: Campaign, asked: Asked) -> Report:
    """The ledger of a campaign. Raises Unreconciled. Queries: those of accounts.account, and 6, however many tweets."""
    told = account(session, asked.question([campaign.id]))
    followed = Followed([Link.campaign_id == campaign.id], _hours(asked))
    key = func.coalesce(Tweet.thread_id, Tweet.id) if asked.group == "thread" else Tweet.id
    sent = select(key).where(Tweet.campaign_id == campaign.id, *real(Tweet.rehearsed, asked.rehearsal)).distinct()
    own = session.scalars(sent).all() if asked.group in ("tweet", "thread") else []
    return _report(session, asked, told, followed, own, campaign.id)


def of_tweet(session: Session, campaign: Campaign, tweet_id: str, asked: Asked) -> Row:
    """A tweet's row of its campaign's report."""
    whole = report(session, campaign, replace(asked, group="tweet"))
    return next(row for row in whole.rows if row.key == tweet_id)


def totals(session: Session, campaign: Campaign, asked: Asked) -> Figures:
    """What a campaign's report has as its totals, without its rows. Queries: 2; of a cohort those of its report."""
    if asked.by == "touch":
        return report(session, campaign, asked).totals
    followed = Followed([Link.campaign_id == campaign.id], _hours(asked))
    shares = counted(session, asked.question([campaign.id]))
    return figures_of(shares, followed_in(session, followed, asked.rehearsal))


def _report(
    session: Session, asked: Asked, told: Account, followed: Followed, own: Sequence[str], campaign_id: str | None
) -> Report:
    hits = hits_by_link(session, followed, asked.rehearsal)
    known = places(
        session,
        {*own, *_named(told, "tweet"), *_named(told, "spillover"), *(each.tweet_id for each in hits if each.tweet_id)},
        _named(told, "link"), asked.zone,
    )  # fmt: skip
    brought = _Brought()
    for link in hits:
        brought.by_key[key_of_link(link, asked.group, known)] += link.figures
    _book(brought, told, asked, known)
    nobodys = brought.by_key.pop(None, Figures())
    totals = figures_of(told.totals, followed_in(session, followed, asked.rehearsal))
    reconcile(totals, [*brought.by_key.values(), nobodys])
    keys = {*own, *(key for key in brought.by_key if key), *brought.spilled}
    rows = [_row(key, brought, known, campaign_id) for key in keys]
    return Report(
        asked, totals, sorted(rows, key=_order), nobodys, dict(brought.by_evidence), told.paths, told.short_paths
    )  # fmt: skip


def _named(told: Account, kind: str) -> set[str]:
    return {entity.partition(":")[2] for entity, _ in told.credit if entity.startswith(f"{kind}:")}


def _book(brought: _Brought, told: Account, asked: Asked, known: Places) -> None:
    """Each credit to its row; what is nobody's, by its evidence."""
    for (entity, evidence), shares in told.credit.items():
        figures, key = figures_of(shares), key_of_entity(entity, asked.group, known)
        brought.by_key[key] += figures
        if key:
            brought.proofs[key][evidence] = brought.proofs[key].get(evidence, Figures()) + figures
            continue
        brought.by_evidence[evidence] += figures
        if entity.startswith("spillover:") and asked.group in ("tweet", "thread"):
            brought.spilled[entity.partition(":")[2]] += figures
    untouched = figures_of(told.unattributed)
    if untouched != Figures():
        brought.by_key[None] += untouched
        brought.by_evidence["filtered" if asked.evidence else "direct"] += untouched


def _row(key: str, brought: _Brought, known: Places, campaign_id: str | None) -> Row:
    tweet, code = known.tweets.get(key, (None, None))
    elsewhere = bool(campaign_id and tweet and tweet.campaign_id != campaign_id)
    return Row(key, tweet, code, elsewhere, brought.by_key[key], brought.proofs.get(key, {}), brought.spilled[key])


def reconcile(totals: Figures, parts: Iterable[Figures]) -> None:
    """Raise Unreconciled unless the parts make the whole."""
    found = sum(parts, Figures())
    if found != totals:
        raise Unreconciled(f"rows and unattributed are {found}, the totals {totals}")


def _hours(asked: Asked) -> Period:
    """The period by whole hours, as hits are counted."""
    since, until = asked.span()
    return Period(since and _hour(since), until and _hour(until))


def _hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


def overview(session: Session, asked: Asked, campaign_ids: Collection[str | None]) -> Overview:
    """All these campaigns in a period, beside the period before. Raises Unreconciled.

    Best: by sales, then leads, then clicks; currencies can't be compared.
    """
    earlier = asked.before()
    assert earlier
    told = account(session, asked.question(campaign_ids))
    whole = _report(session, asked, told, Followed(period=_hours(asked)), [], None)
    before = figures_of(
        counted(session, earlier.question(campaign_ids)),
        followed_in(session, Followed(period=_hours(earlier)), asked.rehearsal),
    )
    best = sorted(whole.rows, key=lambda row: (*_rank(row.figures), row.key), reverse=True)
    best = [row for row in best if row.figures != Figures()]
    others = sum((row.figures for row in best[BEST:]), Figures())
    return Overview(whole.totals, before, best[:BEST], others, whole.unattributed)


def _order(row: Row) -> tuple[bool, bool, float, int, str]:
    """Our own first: those that went out, the newest at the top, then those to come; hours and weekdays in order."""
    tweet = row.tweet
    at = (tweet.sent_at or tweet.scheduled_at or tweet.created_at).timestamp() if tweet else 0
    number = int(row.key) if row.key.isdecimal() else 0
    return row.elsewhere or tweet is None, not (tweet and tweet.sent_at), -at, number, row.key


def _rank(figures: Figures) -> tuple[Count, Count, int]:
    return figures.sales, figures.leads, figures.clicks
