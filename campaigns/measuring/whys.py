"""Whys: the conversions behind a figure, and why each is whose: its path, with the weights of a lens."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from campaigns.capturing.conversions import KINDS, Conversion, Kind
from campaigns.capturing.leads import Lead
from campaigns.capturing.persons import Person
from campaigns.capturing.submissions import Submission
from campaigns.capturing.touches import Touch
from campaigns.crediting import models, paths
from campaigns.crediting.columns import PARTS
from campaigns.kernel.arrays import among
from campaigns.kernel.codes import id_text, is_id
from campaigns.kernel.errors import problem
from campaigns.kernel.money import Money, total
from campaigns.measuring import accounts, packs
from campaigns.measuring.accounts import MONEY, Question
from campaigns.measuring.groups import Places, key_of_entity, places
from campaigns.measuring.questions import Asked
from campaigns.planning.campaigns import Campaign
from campaigns.publishing.tweets import Tweet
from campaigns.selling.sales import Sale
from campaigns.tracking.hits import EVIDENCES
from campaigns.tracking.links import Link
from campaigns.tracking.visits import EPOCH

NOBODY = "none"
"""As a row's key: what is unattributed."""
PAGE = 50


@dataclass(frozen=True)
class Share:
    """A conversion and what of it belongs to the row that was asked for; `money`: as the lens tells it."""

    conversion: Conversion
    email: str | None
    share: float
    money: Money | None


@dataclass(frozen=True)
class Behind:
    """The conversions behind a figure, the newest first: a page of them, how many there are, and their sums.

    `money`: what they add to net revenue.
    """

    rows: list[Share]
    count: int
    sum: float
    money: list[Money]
    more: bool


def behind(
    session: Session, asked: Asked, campaign_ids: Sequence[str | None], key: str | None, kind: Kind | Literal["money"],
    page: int = 0, size: int = PAGE,
) -> Behind:  # fmt: skip
    """What a report's figure counts: conversions of a kind with credit for a row, NOBODY's, or all (None).

    Of `money` they are those that make net revenue. Their shares sum to the figure. Queries: those of packs.all_pieces,
    and 4.
    """
    question = asked.question(campaign_ids)
    kinds = MONEY if kind == "money" else (kind,)
    found = [_of_piece(session, facts, question, asked, key, kinds) for facts in accounts.facts_of(session, question)]
    ids = np.concatenate([each[0] for each in found]) if found else np.zeros((0, 16), np.uint8)
    at, parts, cents, currency = (
        np.concatenate([each[n] for each in found]) if found else np.zeros(0, np.int64) for n in (1, 2, 3, 4)
    )
    order = np.lexsort((np.arange(len(at)), at))[::-1][page * size : (page + 1) * size]
    shown = {
        id_text(ids[n].tobytes()): (int(parts[n]), Money(int(cents[n]), currency[n]) if currency[n] else None)
        for n in order
    }
    rows = session.execute(
        select(Conversion, Person.email)
        .outerjoin(Person, Person.id == Conversion.person_id)
        .where(among(session, Conversion.id, list(shown)))
    ).all()
    told = {conversion.id: (conversion, email) for conversion, email in rows}
    listed = [Share(*told[id_], shown[id_][0] / PARTS, shown[id_][1]) for id_ in shown]
    money = total(each for piece in found for each in piece[5])
    return Behind(listed, len(at), int(parts.sum()) / PARTS, money, (page + 1) * size < len(at))


def _of_piece(
    session: Session, facts: packs.Facts, question: Question, asked: Asked, key: str | None, kinds: Sequence[Kind]
) -> tuple[packs.Bytes, packs.Ints, packs.Ints, packs.Ints, NDArray[Any], list[Money]]:
    """Ids, moments, parts, cents and currencies of a piece's conversions that have a share, and what these earned."""
    told = accounts.weigh(facts, question.lens)
    wanted = accounts.chosen(facts, question) & np.isin(facts.kind, [KINDS.index(each) for each in kinds])
    owner = np.repeat(np.arange(len(facts)), np.diff(facts.first))
    counts = wanted[owner] & (told.parts > 0)
    if question.by == "touch":
        counts &= accounts.in_period(facts.touch_at, question)
    keys = _keys(session, facts, asked)
    named = np.array([each or NOBODY for each in keys], object)
    proved = np.array([not question.evidence or each in question.evidence for each in EVIDENCES])
    mine = counts & ((named[facts.entity] == key) if key and key != NOBODY else counts)
    if key == NOBODY:
        mine = counts & ((named[facts.entity] == NOBODY) | ~proved[facts.evidence])
    elif key:
        mine &= proved[facts.evidence]
    parts, cents = np.zeros(len(facts), np.int64), np.zeros(len(facts), np.int64)
    np.add.at(parts, owner[mine], told.parts[mine])
    np.add.at(cents, owner[mine], told.cents[mine])
    if key in (None, NOBODY):
        nobodys = wanted & told.unattributed & accounts.in_period(facts.at, question)
        parts[nobodys], cents[nobodys] = PARTS, facts.amount[nobodys]
    some = np.flatnonzero(parts)
    earned = [
        Money(int(cents[some][facts.currency[some] == n].sum()), currency)
        for n, currency in enumerate(facts.currencies)
        if currency and (facts.currency[some] == n).any()
    ]
    currency = np.array(facts.currencies, object)[facts.currency[some]]
    return facts.id.reshape(-1, 16)[some], facts.at[some], parts[some], cents[some], currency, earned


def _keys(session: Session, facts: packs.Facts, asked: Asked) -> list[str | None]:
    known = Places({}, {}, asked.zone)
    if asked.group != "tweet":
        ids = {kind: {each.partition(":")[2] for each in facts.entities if each.startswith(f"{kind}:")}
               for kind in ("tweet", "link")}  # fmt: skip
        known = places(session, ids["tweet"], ids["link"], asked.zone)
    return [key_of_entity(each, asked.group, known) for each in facts.entities]


@dataclass(frozen=True)
class Step:
    """A touch of a path and what it is owed. `why_not`: too_old, after, repeated, direct; None: it counts."""

    touch: Touch
    tweet: Tweet | None
    code: str | None
    campaign: str | None
    weight: float
    cents: int
    why_not: str | None


@dataclass(frozen=True)
class Why:
    """A conversion with all that led to it: money, lead, forms, and the path under a lens, which tells `worth`."""

    conversion: Conversion
    email: str | None
    campaign: Campaign | None
    lead: Lead | None
    sale: Sale | None
    submissions: list[Submission]
    worth: Money | None
    steps: list[Step]
    unattributed: bool


def campaign_of(session: Session, conversion_id: str) -> str | None:
    """Whose it is. Raises missing (`conversion_missing`). Queries: 1."""
    found = session.get(Conversion, conversion_id) if is_id(conversion_id) else None
    if found is None:
        raise problem("missing", "conversion_missing")
    return found.campaign_id


def why(session: Session, conversion_id: str, lens: models.Lens) -> Why:
    """Why a conversion is whose. Raises missing (`conversion_missing`). Queries: 6."""
    found = session.get(Conversion, conversion_id) if is_id(conversion_id) else None
    if found is None:
        raise problem("missing", "conversion_missing")
    person = session.get(Person, found.person_id) if found.person_id else None
    forms = select(Submission).where(Submission.lead_id == found.lead_id).order_by(Submission.at).limit(100)
    worth = _worth(found, lens)
    steps = _steps(session, found, lens, worth.amount if worth else 0)
    return Why(
        found, person.email if person else None,
        session.get(Campaign, found.campaign_id) if found.campaign_id else None,
        session.get(Lead, found.lead_id) if found.lead_id else None,
        session.get(Sale, found.sale_id) if found.sale_id else None,
        list(session.scalars(forms)) if found.lead_id else [],
        worth, steps, not any(step.weight for step in steps),
    )  # fmt: skip


def _worth(found: Conversion, lens: models.Lens) -> Money | None:
    if found.currency is None or lens.exchange is None:
        return Money(found.amount, found.currency) if found.currency else None
    told = lens.exchange.told(found.amount, found.currency, (found.at - EPOCH).days)
    return Money(found.amount, found.currency) if told is None else Money(told, lens.exchange.currency)


def _steps(session: Session, found: Conversion, lens: models.Lens, amount: int) -> list[Step]:
    rows = session.execute(
        select(Touch, Tweet, Link.code, Campaign.name)
        .outerjoin(Tweet, Tweet.id == Touch.tweet_id)
        .outerjoin(Link, Link.id == Touch.link_id)
        .outerjoin(Campaign, Campaign.id == Touch.campaign_id)
        .where(Touch.person_id == found.person_id)
        .order_by(Touch.at, Touch.id)
    ).all()
    pure = {
        row[0].id: paths.Touch(
            row[0].id, row[0].at, paths.entity_of(row[0].tweet_id, row[0].evidence, row[0].link_id), row[0].evidence
        )
        for row in rows
    }
    told = [] if found.excluded else models.credit(list(pure.values()), found.moment, lens)
    money = models.split(amount, [weight for _, weight in told])
    shares = {touch.id: (float(weight), cents) for (touch, weight), cents in zip(told, money, strict=True)}
    return [
        Step(*row, *shares.get(row[0].id, (0.0, 0)), _why_not(pure[row[0].id], found.moment, lens, shares, pure))
        for row in rows
    ]


def _why_not(
    touch: paths.Touch, moment: datetime, lens: models.Lens, shares: dict[str | int, tuple[float, int]],
    path: dict[str, paths.Touch],
) -> str | None:  # fmt: skip
    if touch.id in shares:
        return None
    if touch.at > moment:
        return "after"
    if moment - touch.at > timedelta(days=lens.lookback_days):
        return "too_old"
    there = paths.distinct(paths.eligible(path.values(), moment, lens.lookback))
    return "direct" if touch in there else "repeated"
