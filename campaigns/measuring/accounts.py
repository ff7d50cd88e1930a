"""Accounts: what every entity is credited with under a lens, and what nobody is; always the whole, or an error.

Computed from packs, piece by piece; the totals are counted by a query of their own, and a difference is Unreconciled.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from campaigns.capturing.conversions import KINDS, Conversion, Kind
from campaigns.crediting.columns import PARTS, Paths, Weights, weights
from campaigns.crediting.models import Lens
from campaigns.kernel.money import Money, total
from campaigns.measuring import packs
from campaigns.measuring.packs import Facts
from campaigns.tracking.hits import EVIDENCES, Evidence
from campaigns.tracking.visits import EPOCH

By = Literal["conversion", "touch"]
MICROSECOND = timedelta(microseconds=1)
MONEY: tuple[Kind, ...] = ("sale", "refund", "dispute")
Bools = NDArray[np.bool_]


class Unreconciled(Exception):
    """Credits and unattributed don't make the totals: a bug, told instead of shown."""


@dataclass(frozen=True)
class Question:
    """What is asked.

    | field | meaning |
    |---|---|
    | campaign_ids | whose conversions; None among them: money that names none of ours |
    | since, until | until isn't in it; None: ever |
    | by | which moment lies in the period: the conversion's, or the touch's (a cohort) |
    | evidence | credit with another one is part of the unattributed; None: any |
    | rehearsal | count what was rehearsed too |
    """

    campaign_ids: tuple[str | None, ...]
    lens: Lens
    since: datetime | None = None
    until: datetime | None = None
    by: By = "conversion"
    evidence: frozenset[Evidence] | None = None
    rehearsal: bool = False


@dataclass
class Shares:
    """Parts of conversions by kind, in billionths, and what they add to net revenue, by currency in minor units."""

    parts: dict[Kind, int] = field(default_factory=dict)
    net: dict[str, int] = field(default_factory=dict)

    def __add__(self, other: "Shares") -> "Shares":
        return Shares(_added(self.parts, other.parts), _added(self.net, other.net))

    def of(self, kind: Kind) -> float:
        """How many conversions of a kind."""
        return self.parts.get(kind, 0) / PARTS

    @property
    def money(self) -> list[Money]:
        return total(Money(amount, currency) for currency, amount in self.net.items())


Key = TypeVar("Key", bound=str)


def _added(one: dict[Key, int], other: dict[Key, int]) -> dict[Key, int]:
    return {key: one.get(key, 0) + other.get(key, 0) for key in one.keys() | other.keys()}


@dataclass
class Account:
    """The answer.

    | field | meaning |
    |---|---|
    | credit | by entity and evidence |
    | unattributed | without an eligible touch, or with credit that the filter leaves out |
    | totals | all conversions of the period, however they are credited |
    | paths, short_paths | conversions with a touch, and those of them with only one |
    """

    credit: dict[tuple[str, Evidence], Shares]
    unattributed: Shares
    totals: Shares
    paths: int = 0
    short_paths: int = 0


def account(session: Session, question: Question) -> Account:
    """Who is owed what. Raises Unreconciled. Queries: those of packs.pieces, and 1."""
    found = Account({}, Shares(), Shares())
    for facts in packs.pieces(session, question.campaign_ids, question.since, _until(question)):
        if len(facts):
            add(found, facts, question)
    if question.by == "conversion":
        _reconcile(found, counted(session, question))
    return found


def _until(question: Question) -> datetime | None:
    # what a touch of the period led to may come long after it
    return question.until if question.by == "conversion" else None


def add(found: Account, facts: Facts, question: Question) -> None:
    """Put a piece of facts into an account."""
    wanted, told = chosen(facts, question), weigh(facts, question.lens)
    owner = np.repeat(np.arange(len(facts)), np.diff(facts.first))
    counts = in_period(facts.touch_at, question) if question.by == "touch" else wanted[owner]
    counts = counts & wanted[owner] & (told.parts > 0)
    cells = _sums(
        facts, owner[counts], told.parts[counts], told.cents[counts], facts.entity[counts], facts.evidence[counts]
    )
    for (entity, evidence), shares in cells.items():
        if question.evidence is None or evidence in question.evidence:
            before = found.credit.get((entity, evidence))
            found.credit[entity, evidence] = before + shares if before else shares
        else:
            found.unattributed += shares
    nobodys = np.flatnonzero(wanted & told.unattributed & in_period(facts.at, question))
    found.unattributed += _whole(facts, nobodys)
    found.totals += _whole(facts, np.flatnonzero(wanted))
    touches = np.bincount(owner[told.counts], minlength=len(facts))
    found.paths += int((wanted & ~told.unattributed).sum())
    found.short_paths += int((wanted & (touches == 1)).sum())


def chosen(facts: Facts, question: Question) -> Bools:
    """Which conversions are asked for."""
    wanted = np.ones(len(facts), bool) if question.by == "touch" else in_period(facts.at, question)
    return wanted if question.rehearsal else wanted & (facts.rehearsed == 0)


def in_period(moments: packs.Ints, question: Question) -> Bools:
    """Which moments lie in the period."""
    inside = np.ones(len(moments), bool)
    if question.since:
        inside &= moments >= micros(question.since)
    if question.until:
        inside &= moments < micros(question.until)
    return inside


def micros(moment: datetime) -> int:
    """Microseconds since 1970."""
    return (moment - EPOCH) // MICROSECOND


def weigh(facts: Facts, lens: Lens) -> Weights:
    """The share of every touch."""
    is_code, direct = (facts.evidence == EVIDENCES.index(each) for each in ("code", "direct"))
    entity = facts.entity * 2 + is_code
    return weights(Paths(facts.moment, facts.amount, facts.first, facts.touch_at, entity, direct), lens)


def _sums(
    facts: Facts,
    owner: packs.Ints,
    parts: packs.Ints,
    cents: packs.Ints,
    entity: NDArray[np.int32],
    evidence: packs.Bytes,
) -> dict[tuple[str, Evidence], Shares]:
    """Shares by entity and evidence: one sum a cell, cells numbered in one number."""
    kinds, currencies = len(KINDS), max(len(facts.currencies), 1)
    number = (entity.astype(np.int64) * len(EVIDENCES) + evidence) * kinds + facts.kind[owner]
    cells, place = np.unique(number * currencies + facts.currency[owner], return_inverse=True)
    many, money = np.zeros(len(cells), np.int64), np.zeros(len(cells), np.int64)
    np.add.at(many, place, parts)
    np.add.at(money, place, cents)
    found: defaultdict[tuple[str, Evidence], Shares] = defaultdict(Shares)
    for cell, count, amount in zip(cells.tolist(), many.tolist(), money.tolist(), strict=True):
        whose, currency = divmod(cell, currencies)
        whose, kind = divmod(whose, kinds)
        whose, sort = divmod(whose, len(EVIDENCES))
        _book(found[facts.entities[whose], EVIDENCES[sort]], KINDS[kind], count, facts.currencies[currency], amount)
    return found


def _whole(facts: Facts, which: packs.Ints) -> Shares:
    """These conversions, undivided."""
    currencies = max(len(facts.currencies), 1)
    cells, place = np.unique(
        facts.kind[which].astype(np.int64) * currencies + facts.currency[which], return_inverse=True
    )
    money = np.zeros(len(cells), np.int64)
    np.add.at(money, place, facts.amount[which])
    shares = Shares()
    for cell, count, amount in zip(cells.tolist(), np.bincount(place).tolist(), money.tolist(), strict=True):
        kind, currency = divmod(cell, currencies)
        _book(shares, KINDS[kind], count * PARTS, facts.currencies[currency], amount)
    return shares


def _book(shares: Shares, kind: Kind, parts: int, currency: str, amount: int) -> None:
    shares.parts[kind] = shares.parts.get(kind, 0) + parts
    if kind in MONEY:
        shares.net[currency] = shares.net.get(currency, 0) + amount


def counted(session: Session, question: Question) -> Shares:
    """All conversions of the period, without looking at any touch. Queries: 1."""
    rows = session.execute(
        select(Conversion.kind, Conversion.currency, func.count(), func.sum(Conversion.amount))
        .where(*_conditions(question))
        .group_by(Conversion.kind, Conversion.currency)
    )
    shares = Shares()
    for kind, currency, count, amount in rows:
        _book(shares, kind, count * PARTS, currency or "", int(amount))
    return shares


def _conditions(question: Question) -> list[ColumnElement[bool]]:
    named = [each for each in question.campaign_ids if each]
    whose = [Conversion.campaign_id.in_(named)] if named else []
    if None in question.campaign_ids:
        whose.append(Conversion.campaign_id.is_(None))
    return [
        or_(*whose), Conversion.excluded.is_(None),
        *([] if question.rehearsal else [Conversion.rehearsed.is_(False)]),
        *([Conversion.at >= question.since] if question.since else []),
        *([Conversion.at < question.until] if question.until else []),
    ]  # fmt: skip


def _reconcile(found: Account, counts: Shares) -> None:
    parts = sum_of([*found.credit.values(), found.unattributed])
    for name, one in (("credits and unattributed", parts), ("conversions", found.totals)):
        if (one.parts, one.net) != (counts.parts, counts.net):
            raise Unreconciled(f"{name} are {one}, counted are {counts}")


def sum_of(many: Iterable[Shares]) -> Shares:
    """All of them together."""
    return sum(many, Shares())
