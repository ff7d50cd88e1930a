"""Accounts: what every entity is credited with under a lens, and what nobody is; always the whole, or an error.

Computed from packs, piece by piece; the totals are counted by a query of their own, and a difference is Unreconciled.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, Literal, TypeVar

import numpy as np
import structlog
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Date, String, cast, func, select
from sqlalchemy.orm import Session

from campaigns.capturing.conversions import Conversion, Kind
from campaigns.crediting.columns import PARTS, Paths, Weights, weights
from campaigns.crediting.exchange import Exchange, exchanged
from campaigns.crediting.models import Lens
from campaigns.kernel.money import Money, total
from campaigns.measuring import packs, sums
from campaigns.measuring.packs import Facts, Span
from campaigns.measuring.sums import Sums
from campaigns.tracking.hits import EVIDENCES, Evidence
from campaigns.tracking.visits import EPOCH

By = Literal["conversion", "touch"]
MICROSECOND = timedelta(microseconds=1)
MONEY: tuple[Kind, ...] = ("sale", "refund", "dispute")
Bools = NDArray[np.bool_]
DAY_US = 24 * packs.HOUR_US
SPANS = 64
"""So many packs are asked for at once."""

log = structlog.get_logger("accounts")


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
    | totals | all conversions of the period, however they are credited; of a cohort what its touches brought |
    | paths, short_paths | conversions with a touch, and those of them with only one |
    """

    credit: dict[tuple[str, Evidence], Shares]
    unattributed: Shares
    totals: Shares
    paths: int = 0
    short_paths: int = 0


def account(session: Session, question: Question) -> Account:
    """Who is owed what. Raises Unreconciled. Queries: those of `summed`, and 1.

    When packs say anything else than the facts, they are left aside; flows.pack_conversions drops them.
    """
    try:
        return from_packs(session, question)
    except Unreconciled as differs:
        log.error("packs_differ", campaigns=question.campaign_ids, fault=str(differs))
    return from_packs(session, question, packed=False)


def from_packs(session: Session, question: Question, *, packed: bool = True) -> Account:
    """The same, and Unreconciled even if the facts themselves would do. `packed`: False leaves all packs aside."""
    is_part = question.by == "touch" and (question.since or question.until)
    counts = None if is_part else counted(session, question)
    return _told(sums.merged(summed(session, question, packed=packed)), question, counts)


def summed(session: Session, question: Question, *, packed: bool = True) -> Iterator[Sums]:
    """What makes the account, piece by piece. Queries: 2 a campaign, 1 a pack without sums, 3 for what is in none."""
    for campaign_id in question.campaign_ids:
        found = packs.spans(session, campaign_id) if packed else [Span(campaign_id, packs.ZERO)]
        meant = [span for span in found if not _is_outside(span, question)]
        for start in range(0, len(meant), SPANS):
            some = meant[start : start + SPANS]
            named = {
                span.pack_id: name_of(span, question) for span in some if span.pack_id and _is_whole(span, question)
            }
            known = sums.kept(session, named) if named else {}
            yield from known.values()
            others = [span for span in some if span.pack_id not in known]
            yield from (sums_of(facts, question) for facts in packs.all_pieces(session, others))


def name_of(span: Span, question: Question) -> str:
    """What the sums of a pack are kept under: in most of them nothing is rehearsed, and one serves both ways."""
    return sums.name_of(question.lens, rehearsed=question.rehearsal and span.rehearsed)


def facts_of(session: Session, question: Question) -> Iterator[Facts]:
    """The conversions asked for, and some beside them, piece by piece. Queries: 2 a campaign, 1 or 3 a piece."""
    for campaign_id in question.campaign_ids:
        meant = [span for span in packs.spans(session, campaign_id) if not _is_outside(span, question)]
        yield from (in_one(facts, question.lens) for facts in packs.all_pieces(session, meant))


def _is_outside(span: Span, question: Question) -> bool:
    """Whether none of it was asked for."""
    if span.restated or not span.since or not span.until:
        return False
    if question.by == "touch":  # what it led to comes after it, at most so long as the lookback
        lookback = timedelta(days=question.lens.lookback_days)
        is_later = bool(question.until and span.earliest and span.earliest - lookback >= question.until)
        return is_later or bool(question.since and span.until < question.since)
    return bool((question.since and span.until < question.since) or (question.until and span.since >= question.until))


def _is_whole(span: Span, question: Question) -> bool:
    """Whether the sums that are kept of a pack are those asked for."""
    if not span.is_packed or not span.since or not span.until:
        return False
    if question.by == "touch":
        return question.since is None and question.until is None
    return (not question.since or span.since >= question.since) and (not question.until or span.until < question.until)


def sums_of(facts: Facts, question: Question) -> Sums:
    """What one piece adds."""
    facts = in_one(facts, question.lens)
    wanted, told = chosen(facts, question), weigh(facts, question.lens)
    owner = np.repeat(np.arange(len(facts)), np.diff(facts.first))
    counts = in_period(facts.touch_at, question) if question.by == "touch" else wanted[owner]
    if question.by == "touch":  # a part of each lies outside: nothing is counted that it could be held against
        reconcile_each(facts, told, owner)
    earns = np.flatnonzero(counts & wanted[owner] & (told.parts > 0))
    nobodys = np.flatnonzero(wanted & told.unattributed & in_period(facts.at, question))
    nobody, entire = len(facts.entities), len(facts.entities) + 1
    credited = told.parts[earns], told.cents[earns]
    untouched = np.full(len(nobodys), PARTS), facts.amount[nobodys]
    cells = [
        (sums.numbered(facts, owner[earns], facts.entity[earns], facts.evidence[earns]), *credited),
        (sums.numbered(facts, nobodys, nobody), *untouched),
    ]
    if question.by == "touch":  # a cohort's conversions are those that its touches brought
        cells += [(sums.numbered(facts, owner[earns], entire), *credited)]
        cells += [(sums.numbered(facts, nobodys, entire), *untouched)]
    else:
        every = np.flatnonzero(wanted)
        cells.append((sums.numbered(facts, every, entire), np.full(len(every), PARTS), facts.amount[every]))
    touches, reached = (np.bincount(owner[each], minlength=len(facts)) for each in (told.counts, earns))
    names = [*facts.entities, sums.NOBODY, sums.ALL]
    paths, short_paths = int((reached > 0).sum()), int(((reached > 0) & (touches == 1)).sum())
    return Sums(names, facts.currencies, *sums.folded(*zip(*cells, strict=True)), paths, short_paths)


def _told(whole: Sums, question: Question, counts: Shares | None) -> Account:
    """In words, and reconciled with what was counted."""
    found = Account({}, Shares(), Shares(), whole.paths, whole.short_paths)
    for entity, evidence, kind, currency, parts, cents in whole.cells():
        if entity == sums.ALL:
            shares = found.totals
        elif entity == sums.NOBODY or (question.evidence is not None and evidence not in question.evidence):
            shares = found.unattributed
        else:
            shares = found.credit.setdefault((entity, evidence), Shares())
        book(shares, kind, parts, currency, cents)
    if counts is not None:
        _reconcile(found, counts)
    return found


def in_one(facts: Facts, lens: Lens) -> Facts:
    """The same, its money in the lens's one currency; what has no rate stays as it was paid."""
    exchange, currencies = lens.exchange, [*facts.currencies]
    if exchange is None:
        return facts
    foreign = [place for place, each in enumerate(currencies) if each not in ("", exchange.currency)]
    if exchange.currency not in currencies:
        currencies.append(exchange.currency)
    amount, currency = facts.amount.copy(), facts.currency.copy()
    for n in np.flatnonzero(np.isin(facts.currency, foreign)).tolist():
        told = exchange.told(int(amount[n]), currencies[currency[n]], int(facts.at[n] // DAY_US))
        if told is not None:
            amount[n], currency[n] = told, currencies.index(exchange.currency)
    return replace(facts, amount=amount, currency=currency, currencies=currencies)


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
    effect = np.array([lens.fit.weight(each) for each in facts.entities])[facts.entity] if lens.fit else None
    return weights(Paths(facts.moment, facts.amount, facts.first, facts.touch_at, entity, direct, effect), lens)


def book(shares: Shares, kind: Kind, parts: int, currency: str, amount: int) -> None:
    """Put some of a kind of conversions to shares."""
    shares.parts[kind] = shares.parts.get(kind, 0) + parts
    if kind in MONEY:
        shares.net[currency] = shares.net.get(currency, 0) + amount


def counted(session: Session, question: Question) -> Shares:
    """All conversions of the period, without looking at any touch. Queries: 1, or 2 with those of no campaign."""
    named = [each for each in question.campaign_ids if each]
    asked = [Conversion.campaign_id.in_(named)] if named else []
    if None in question.campaign_ids:
        asked.append(Conversion.campaign_id.is_(None))  # by itself: with OR no index gives the groups in their order
    groups = Conversion.campaign_id, Conversion.kind, Conversion.currency
    shares, exchange = Shares(), question.lens.exchange
    for whose in asked:
        where = [whose, *_conditions(question)]
        rows = session.execute(
            select(*groups, func.count(), func.sum(Conversion.amount)).where(*where).group_by(*groups)
        )  # fmt: skip
        for _, kind, currency, count, amount in rows:
            if exchange is None or kind not in MONEY or currency in (exchange.currency, None):
                book(shares, kind, count * PARTS, currency or "", int(amount))
        if exchange:
            _count_foreign(session, shares, exchange, where)
    return shares


def _count_foreign(session: Session, shares: Shares, exchange: Exchange, where: Sequence[ColumnElement[bool]]) -> None:
    """Money in other currencies, each amount at its own day's rate, as no sum would be. Queries: 1."""
    rows = session.execute(
        select(Conversion.kind, Conversion.currency, Conversion.amount, _utc_day(session)).where(
            *where, Conversion.kind.in_(MONEY), Conversion.currency != exchange.currency
        )
    )
    ratios: dict[tuple[str, Any], tuple[int, int] | None] = {}
    told: dict[tuple[Kind, str], list[int]] = {}
    for kind, own, amount, day in rows:
        if (own, day) not in ratios:
            ratios[own, day] = exchange.ratio(own, date.fromisoformat(f"{day}").toordinal() - EPOCH.toordinal())
        ratio = ratios[own, day]
        sums = told.setdefault((kind, exchange.currency if ratio else own), [0, 0])
        sums[0] += 1
        sums[1] += exchanged(amount, *ratio) if ratio else amount
    for (kind, currency), (count, amount) in told.items():
        book(shares, kind, count * PARTS, currency, amount)


def _utc_day(session: Session) -> ColumnElement[Any]:
    if session.get_bind().dialect.name == "postgresql":
        return cast(func.timezone("UTC", Conversion.at), Date)
    return func.substr(cast(Conversion.at, String), 1, 10)


def _conditions(question: Question) -> list[ColumnElement[bool]]:
    return [
        Conversion.excluded.is_(None),
        *([] if question.rehearsal else [Conversion.rehearsed.is_(False)]),
        *([Conversion.at >= question.since] if question.since else []),
        *([Conversion.at < question.until] if question.until else []),
    ]


def _reconcile(found: Account, counts: Shares) -> None:
    parts = sum_of([*found.credit.values(), found.unattributed])
    for name, one in (("credits and unattributed", parts), ("conversions", found.totals)):
        if (one.parts, one.net) != (counts.parts, counts.net):
            raise Unreconciled(f"{name} are {one}, counted are {counts}")


def reconcile_each(facts: Facts, told: Weights, owner: packs.Ints) -> None:
    """Raise Unreconciled unless the shares of every conversion that has any make it whole. `owner`: of each touch."""
    for name, given, whole in (("parts", told.parts, PARTS), ("cents", told.cents, facts.amount)):
        wrong = np.bincount(owner, given, len(facts)) != np.where(told.unattributed, 0, whole)
        if wrong.any():
            raise Unreconciled(f"{name} of {wrong.sum()} conversions don't make them")


def sum_of(many: Iterable[Shares]) -> Shares:
    """All of them together."""
    return sum(many, Shares())
