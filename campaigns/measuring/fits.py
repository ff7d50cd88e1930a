"""Fits: the data-driven model of a campaign, fitted to the paths of visitors who agreed to be recognised.

It needs the paths that led to nothing, and only theirs are known. A fit is kept for a day, so that all who ask that day
see the same figures, and what was computed with it serves again.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, Executable, ForeignKey, Index, Select, delete, func, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from campaigns.capturing.conversions import Conversion
from campaigns.crediting import markov, models
from campaigns.crediting.columns import Paths, counting
from campaigns.crediting.markov import TooFew
from campaigns.crediting.models import Fit, Lens, Removal
from campaigns.crediting.paths import Touch, entity_of
from campaigns.kernel.codes import new_id
from campaigns.kernel.columns import ID, Pk
from campaigns.kernel.db import Base
from campaigns.measuring import packs
from campaigns.measuring.packs import Facts
from campaigns.planning.offers import Offer
from campaigns.planning.pages import Page
from campaigns.tracking.browsers import IDLE, Browser
from campaigns.tracking.hits import EVIDENCES
from campaigns.tracking.links import Link
from campaigns.tracking.visits import Visit

LIFE = timedelta(days=1)
AT_ONCE = 10_000
Counts = dict[tuple[str, ...], list[int]]
"""How often a path ended in a lead, and in nothing."""


class KeptFit(Base):
    """A fit. `lens`: what of the lens it depends on; `effects`: by entity, effect, low and high."""

    __tablename__ = "fits"
    __table_args__ = (Index("ix_fits_campaign", "campaign_id", "lens", "made_at"),)  # the newest under a lens

    id: Mapped[Pk]
    campaign_id: Mapped[str] = mapped_column(ID, ForeignKey("campaigns.id"))
    lens: Mapped[str]
    made_at: Mapped[datetime]
    conversions: Mapped[int]
    paths: Mapped[int]
    effects: Mapped[dict[str, Any]]


def get(session: Session, campaign_id: str, lens: Lens, rehearsal: bool, now: datetime) -> Fit | None:
    """The day's fit, if there is one. 1 query."""
    found = session.scalars(
        select(KeptFit)
        .where(KeptFit.campaign_id == campaign_id, KeptFit.lens == _name(lens, rehearsal), KeptFit.made_at > now - LIFE)
        .order_by(KeptFit.made_at.desc())
        .limit(1)
    ).one_or_none()
    return _fit(found) if found else None


def keep(session: Session, campaign_id: str, lens: Lens, rehearsal: bool, fit: Fit) -> None:
    """Instead of the one before. Queries: 2."""
    name = _name(lens, rehearsal)
    session.execute(delete(KeptFit).where(KeptFit.campaign_id == campaign_id, KeptFit.lens == name))
    effects = {entity: list(each) for entity, each in fit.effects.items()}
    session.add(
        KeptFit(
            id=fit.id, campaign_id=campaign_id, lens=name, made_at=fit.made_at, conversions=fit.conversions,
            paths=fit.paths, effects=effects,
        )
    )  # fmt: skip


def count(session: Session, campaign_id: str, rehearsal: bool) -> TooFew:
    """How many visitors who agreed came, and how many of them became leads, by numbers only. 2 queries."""
    leads = select(func.count(Conversion.person_id.distinct())).where(*_leads(campaign_id, rehearsal), _agreed())
    seen = select(func.count(Browser.id)).where(Browser.id.in_(_came(campaign_id)))
    return TooFew(session.execute(leads).scalar_one(), session.execute(seen).scalar_one())


def gather(session: Session, campaign_id: str, lens: Lens, rehearsal: bool, now: datetime) -> Counts:
    """The different paths of those visitors. Memory grows with how many different ones there are.

    A visitor who came within the last half hour hasn't left without anything yet. Queries: 2 for 10,000 leads, and 1.
    """
    counts: Counts = {}
    agreed, after = (_agreed(), Conversion.kind == "lead", *_real(rehearsal)), packs.ZERO
    while after:
        facts, stopped = packs.read(session, campaign_id, after, None, AT_ONCE, *agreed)
        for path in _converted(facts, lens):
            counts.setdefault(path, [0, 0])[0] += 1
        after = stopped or ""
    rows = session.execute(_lost(campaign_id, rehearsal).execution_options(yield_per=AT_ONCE))
    for _, visits in groupby(rows, lambda row: row.browser):
        touches = [Touch(row.id, row.at, entity_of(row.tweet_id, row.evidence, row.link_id), row.evidence)
                   for row in visits]  # fmt: skip
        if touches[-1].at <= now - IDLE:
            there = models.counting(touches, touches[-1].at, lens)
            counts.setdefault(tuple(touch.entity for touch in there), [0, 0])[1] += 1
    return counts


def fitted(counts: Counts, now: datetime) -> Fit | TooFew:
    """The model of these paths; or why there is none."""
    entities: dict[str, int] = {}
    numbered = {
        tuple(entities.setdefault(entity, len(entities)) for entity in path): (ended, lost)
        for path, (ended, lost) in counts.items()
    }
    journeys = markov.gather(numbered, len(entities))
    if few := markov.too_few(journeys):
        return few
    effects, (low, high) = markov.fit(journeys).effect, markov.intervals(journeys)
    removals = {
        entity: Removal(float(effects[n]), float(low[n]), float(high[n])) for entity, n in entities.items()
    }  # fmt: skip
    conversions = int(journeys.converted.sum())
    return Fit(new_id(), now, conversions, conversions + int(journeys.lost.sum()), removals)


def _name(lens: Lens, rehearsal: bool) -> str:
    return f"{lens.lookback_days}:{lens.direct}:{'rehearsal' if rehearsal else 'real'}"


def _fit(kept: KeptFit) -> Fit:
    effects = {entity: Removal(*each) for entity, each in kept.effects.items()}
    return Fit(kept.id, kept.made_at, kept.conversions, kept.paths, effects)


def _converted(facts: Facts, lens: Lens) -> Iterator[tuple[str, ...]]:
    """The paths of conversions: of those with any, what counts of it."""
    is_code, direct = (facts.evidence == EVIDENCES.index(each) for each in ("code", "direct"))
    paths = Paths(facts.moment, facts.amount, facts.first, facts.touch_at, facts.entity * 2 + is_code, direct)
    owner = np.repeat(np.arange(len(facts)), np.diff(facts.first))
    kept = np.flatnonzero(counting(paths, owner, lens))
    whose, entity = owner[kept].tolist(), facts.entity[kept].tolist()
    for _, touches in groupby(zip(whose, entity, strict=True), lambda each: each[0]):
        yield tuple(facts.entities[place] for _, place in touches)


def _real(rehearsal: bool) -> list[ColumnElement[bool]]:
    return [] if rehearsal else [Conversion.rehearsed.is_(False)]


def _leads(campaign_id: str, rehearsal: bool) -> list[ColumnElement[bool]]:
    is_lead = [Conversion.campaign_id == campaign_id, Conversion.kind == "lead", Conversion.excluded.is_(None)]
    return [*is_lead, *_real(rehearsal)]


def _agreed() -> ColumnElement[bool]:
    return Conversion.person_id.in_(select(Browser.person_id).where(Browser.person_id.is_not(None)))


def _came(campaign_id: str) -> Select[str | None]:
    """The browsers that followed a link of the campaign, or saw a page of it."""
    links = select(Link.id).where(Link.campaign_id == campaign_id)
    pages = select(Page.id).join(Offer, Offer.id == Page.offer_id).where(Offer.campaign_id == campaign_id)
    here = or_(Visit.link_id.in_(links), Visit.page_id.in_(pages))
    return select(Visit.browser).where(Visit.browser.is_not(None), Visit.counted, here)


def _lost(campaign_id: str, rehearsal: bool) -> Executable:
    """The visits of browsers that came and whose person, if known, is no lead, browser by browser."""
    leads = select(Conversion.person_id).where(*_leads(campaign_id, rehearsal), Conversion.person_id.is_not(None))
    nobodys = or_(Browser.person_id.is_(None), Browser.person_id.not_in(leads))
    return (
        select(Visit.browser, Visit.id, Visit.at, Visit.evidence, Visit.link_id, Link.tweet_id)
        .join(Browser, Browser.id == Visit.browser)
        .outerjoin(Link, Link.id == Visit.link_id)
        .where(Browser.id.in_(_came(campaign_id)), Visit.counted, nobodys)
        .order_by(Visit.browser, Visit.at, Visit.id)
    )
