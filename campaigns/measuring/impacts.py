"""Impacts: what each campaign brought in a period, from click to money. No model: every conversion has its campaign."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from campaigns.capturing.conversions import Conversion
from campaigns.kernel.money import Money, total
from campaigns.measuring.accounts import MONEY
from campaigns.measuring.figures import real, real_links
from campaigns.planning.campaigns import Campaign
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
    """What a period brought, `until` not included; leads by their first form, money by the day it came or went back.

    `rehearsal`: count what was rehearsed too. Queries: 5.
    """
    where = [
        Conversion.at >= since, Conversion.at < until, Conversion.excluded.is_(None),
        *real(Conversion.rehearsed, rehearsal),
    ]  # fmt: skip
    sold, named = [*where, Conversion.kind == "sale"], Conversion.campaign_id
    clicks = _clicks(session, since, until, rehearsal)
    leads = _counts(session, select(named, func.count()).where(*where, Conversion.kind == "lead").group_by(named))
    everybody = func.count(func.distinct(Conversion.person_id))
    customers = _counts(session, select(named, everybody).where(*sold).group_by(named))
    money: dict[str | None, list[Money]] = {}
    net = select(named, Conversion.currency, func.sum(Conversion.amount)).where(*where, Conversion.kind.in_(MONEY))
    for campaign_id, currency, amount in session.execute(net.group_by(named, Conversion.currency)):
        money.setdefault(campaign_id, []).append(Money(int(amount), currency or ""))
    known = clicks.keys() | leads.keys() | customers.keys() | money.keys()
    found = session.scalars(
        select(Campaign).where(Campaign.id.in_({each for each in known if each}))
        .order_by(Campaign.created_at.desc(), Campaign.id.desc())
    )  # fmt: skip
    places: list[Campaign | None] = [*found, *([None] if None in known else [])]
    rows = [
        Impact(place, clicks.get(key, 0), leads.get(key, 0), customers.get(key, 0), total(money.get(key, [])))
        for place in places
        for key in [place.id if place else None]
    ]
    everyone = session.scalar(select(everybody).where(*sold)) or 0
    sums = total(sum_ for row in rows for sum_ in row.net_revenue)
    return Impacts(rows, Impact(None, sum(r.clicks for r in rows), sum(r.leads for r in rows), everyone, sums))


def _clicks(session: Session, since: datetime, until: datetime, rehearsal: bool) -> dict[str | None, int]:
    rows = counted(Period(since, until))
    query = select(Link.campaign_id, func.sum(rows.c.human)).join(rows, rows.c.link_id == Link.id)
    query = query.where(*real_links(rehearsal))
    return {campaign_id: int(number) for campaign_id, number in session.execute(query.group_by(Link.campaign_id))}


def _counts(session: Session, query: Select[str | None, int]) -> dict[str | None, int]:
    return {campaign_id: int(number) for campaign_id, number in session.execute(query)}
