"""Contests: what may stand beside each other besides the rows of one report: pages, campaigns, periods.

Each gives rows as a report does, so that one league ranks them all.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date
from itertools import pairwise
from typing import Literal, get_args

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from campaigns.capturing.conversions import Conversion
from campaigns.capturing.leads import Lead
from campaigns.kernel.arrays import among
from campaigns.kernel.errors import Faults
from campaigns.measuring import funnels
from campaigns.measuring.figures import Figures, real, real_links
from campaigns.measuring.funnels import Row
from campaigns.measuring.questions import Asked, read_day
from campaigns.planning.campaigns import Campaign
from campaigns.planning.offers import Offer
from campaigns.planning.pages import Page
from campaigns.tracking.links import Link
from campaigns.tracking.visits import Visit

What = Literal["rows", "pages", "campaigns", "periods"]
WHATS: tuple[What, ...] = get_args(What)
MOST_PERIODS, MOST_CAMPAIGNS = 12, 50
Span = tuple[date, date]


def periods(text: str) -> list[Span]:
    """Periods from `2026-10-01..2026-10-31,2026-11-01..2026-11-30`, both days in them.

    Raises invalid (`date_unreadable`, `end_before_start`, `periods_overlap`, `out_of_range`): two that share days can't
    be compared as two.

    >>> periods("2026-10-01..2026-10-02")
    [(datetime.date(2026, 10, 1), datetime.date(2026, 10, 2))]
    """
    faults, found = Faults(), list[Span]()
    for each in [part for part in text.split(",") if part.strip()][: MOST_PERIODS + 1]:
        since, _, until = each.strip().partition("..")
        span = read_day(since, "periods"), read_day(until, "periods")
        if span[1] < span[0]:
            faults.add("periods", "end_before_start", start=span[0])
        found.append(span)
    in_order = sorted(found)
    if any(after[0] <= before[1] for before, after in pairwise(in_order)):
        faults.add("periods", "periods_overlap")
    if len(found) > MOST_PERIODS:
        faults.add("periods", "out_of_range", least=2, most=MOST_PERIODS)
    faults.check()
    return found


def of_periods(session: Session, campaign: Campaign, asked: Asked, spans: Sequence[Span]) -> list[Row]:
    """The same campaign in several periods; keys as `periods` reads them. Queries: those of funnels.totals for each."""
    return [
        _row(f"{since}..{until}", funnels.totals(session, campaign, replace(asked, since=since, until=until)))
        for since, until in spans
    ]


def of_campaigns(session: Session, asked: Asked, ids: Collection[str]) -> list[Row]:
    """Campaigns, 50 at most; without ids the newest. Queries: 1, and those of funnels.totals for each."""
    wanted = select(Campaign).order_by(Campaign.created_at.desc(), Campaign.id.desc()).limit(MOST_CAMPAIGNS)
    found = session.scalars(wanted.where(among(session, Campaign.id, ids)) if ids else wanted).all()
    return [_row(campaign.id, funnels.totals(session, campaign, asked)) for campaign in found]


def of_pages(session: Session, campaign: Campaign, asked: Asked) -> list[Row]:
    """A campaign's pages: leads of the visits confirmed on each, however they came: nothing is credited to a touch.

    Raises invalid (`not_of_pages`) for a cohort, or one evidence alone. Queries: 3. Index: visits, page.
    """
    faults = Faults()
    if asked.by == "touch":
        faults.add("by", "not_of_pages")
    if asked.evidence:
        faults.add("evidence", "not_of_pages")
    faults.check()
    ids = session.scalars(
        select(Page.id).join(Offer, Offer.id == Page.offer_id).where(Offer.campaign_id == campaign.id)
    ).all()  # fmt: skip
    since, until = asked.span()
    seen = (
        select(Visit.page_id, func.count())
        .outerjoin(Link, Link.id == Visit.link_id)
        .where(among(session, Visit.page_id, ids), Visit.counted, *real_links(asked.rehearsal))
    )
    came = (
        select(Lead.page_id, func.count())
        .join(Conversion, Conversion.lead_id == Lead.id)
        .where(Conversion.kind == "lead", Conversion.excluded.is_(None), among(session, Lead.page_id, ids),
               *real(Conversion.rehearsed, asked.rehearsal))
    )  # fmt: skip
    if since:
        seen, came = seen.where(Visit.at >= since), came.where(Conversion.at >= since)
    if until:
        seen, came = seen.where(Visit.at < until), came.where(Conversion.at < until)
    visits = {key: int(count) for key, count in session.execute(seen.group_by(Visit.page_id))}
    leads = {key: int(count) for key, count in session.execute(came.group_by(Lead.page_id))}
    return [_row(each, Figures(clicks=visits.get(each, 0), leads=leads.get(each, 0))) for each in ids]


def names_of_pages(session: Session, ids: Collection[str]) -> dict[str, str]:
    """Their headlines, with where they are. Queries: 1."""
    found = select(Page.id, Page.headline, Page.slug).where(among(session, Page.id, ids))
    return {key: f"{headline} (/p/{slug})" for key, headline, slug in session.execute(found)}


def _row(key: str, figures: Figures) -> Row:
    return Row(key, None, None, False, figures, {}, Figures())
