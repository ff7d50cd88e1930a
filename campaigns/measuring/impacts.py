"""Impacts: what each campaign brought in a period, from click to money. No model: every conversion has its campaign."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from campaigns.capturing.leads import Lead
from campaigns.kernel.money import Money, total
from campaigns.measuring.conversions import NET
from campaigns.measuring.figures import real, real_links
from campaigns.planning.campaigns import Campaign
from campaigns.selling.sales import EARNED, Sale
from campaigns.tracking.links import Link
from campaigns.tracking.rollups import Period, counted


@dataclass(frozen=True)
class Impact:
    """A campaign in a period; `campaign` None: sales that belong to none. `customers`: people who paid, each once."""

    campaign: Campaign | None
    clicks: int
    leads: int
    customers: int
    net_revenue: list[Money]


@dataclass(frozen=True)
class Impacts:
    """All campaigns with something in the period, the newest first, and their sum.

    In the sum a person who paid in two campaigns is one customer, so it may be below the column's.
    """

    rows: list[Impact]
    whole: Impact


def between(session: Session, since: datetime, until: datetime, *, rehearsal: bool) -> Impacts:
    """What a period brought, `until` not included; leads by their first form, money by the day it was paid. Queries: 5.

    `rehearsal`: count what was rehearsed too.
    """
    sold = [Sale.state.in_(EARNED), Sale.paid_at >= since, Sale.paid_at < until, *real(Sale.rehearsed, rehearsal)]
    clicks = _clicks(session, since, until, rehearsal)
    leads = _leads(session, since, until, rehearsal)
    people = select(Sale.campaign_id, func.count(func.distinct(Sale.person_id))).where(*sold).group_by(Sale.campaign_id)
    customers: dict[str | None, int] = {campaign_id: int(number) for campaign_id, number in session.execute(people)}
    money: dict[str | None, list[Money]] = {}
    net = select(Sale.campaign_id, Sale.currency, func.sum(NET)).where(*sold).group_by(Sale.campaign_id, Sale.currency)
    for campaign_id, currency, amount in session.execute(net):
        money.setdefault(campaign_id, []).append(Money(int(amount), currency))
    known = clicks.keys() | leads.keys() | customers.keys() | money.keys()
    named = session.scalars(
        select(Campaign).where(Campaign.id.in_({each for each in known if each}))
        .order_by(Campaign.created_at.desc(), Campaign.id.desc())
    )  # fmt: skip
    places: list[Campaign | None] = [*named, *([None] if None in known else [])]
    rows = [
        Impact(place, clicks.get(key, 0), leads.get(key, 0), customers.get(key, 0), total(money.get(key, [])))
        for place in places
        for key in [place.id if place else None]
    ]
    everyone = session.scalar(select(func.count(func.distinct(Sale.person_id))).where(*sold)) or 0
    sums = total(sum_ for row in rows for sum_ in row.net_revenue)
    return Impacts(rows, Impact(None, sum(r.clicks for r in rows), sum(r.leads for r in rows), everyone, sums))


def _clicks(session: Session, since: datetime, until: datetime, rehearsal: bool) -> dict[str | None, int]:
    rows = counted(Period(since, until))
    query = select(Link.campaign_id, func.sum(rows.c.human)).join(rows, rows.c.link_id == Link.id)
    query = query.where(*real_links(rehearsal))
    return {campaign_id: int(number) for campaign_id, number in session.execute(query.group_by(Link.campaign_id))}


def _leads(session: Session, since: datetime, until: datetime, rehearsal: bool) -> dict[str | None, int]:
    where = [Lead.created_at >= since, Lead.created_at < until, *real(Lead.rehearsed, rehearsal)]
    query = select(Lead.campaign_id, func.count()).where(*where).group_by(Lead.campaign_id)
    return {campaign_id: int(number) for campaign_id, number in session.execute(query)}
