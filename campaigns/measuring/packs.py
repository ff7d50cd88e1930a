"""Packs: a campaign's conversions with the touches before them, as columns, four thousand a row of the database.

A report in any model and window is computed from them: reading a million conversions one by one takes seconds. A pack
is computed ahead by the worker from facts that have settled, holds nothing that isn't in them, and may be deleted at
any time. What has none yet, or was restated since, is read from the facts themselves: a report is never late.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    LargeBinary,
    String,
    UniqueConstraint,
    cast,
    func,
    or_,
    select,
)
from sqlalchemy.orm import InstrumentedAttribute, Mapped, Session, mapped_column

from campaigns.capturing.conversions import KINDS, Conversion, Restated
from campaigns.capturing.touches import Touch
from campaigns.crediting.paths import entity_of
from campaigns.kernel.columns import ID, Pk
from campaigns.kernel.db import Base
from campaigns.tracking.hits import EVIDENCES

Ints = NDArray[np.int64]
Bytes = NDArray[np.uint8]

ROWS = 4_096
TOGETHER = 16
"""So many packs are read at once: some 5 MB."""
VERSION = 1
"""Of the columns' layout and of how they are weighed; packs of another are made again, and their sums."""
ZERO = "00000000-0000-0000-0000-000000000000"
SECOND_US = 1_000_000
HOUR_US = 3600 * SECOND_US


class Pack(Base):
    """Conversions of a campaign from behind one id up to another, without those excluded. Denormalised.

    | field | meaning |
    |---|---|
    | id | made again it is another one, with another id |
    | since | when the first of them counts |
    | earliest, until | the first and the last moment of all, with those from which lookbacks count back |
    | rehearsed | some of them are |
    | hours | what `lead_hours` tells, 8 bytes a number |
    """

    __tablename__ = "packs"
    __table_args__ = (UniqueConstraint("campaign_id", "last_id"),)

    id: Mapped[Pk]
    campaign_id: Mapped[str] = mapped_column(ID)
    last_id: Mapped[str] = mapped_column(ID)
    first_id: Mapped[str] = mapped_column(ID)
    since: Mapped[datetime | None]
    until: Mapped[datetime | None]
    earliest: Mapped[datetime | None]
    rehearsed: Mapped[bool]
    version: Mapped[int]
    hours: Mapped[bytes] = mapped_column(LargeBinary)
    columns: Mapped[bytes] = mapped_column(LargeBinary)


@dataclass(frozen=True)
class Facts:
    """N conversions and the T touches of their persons up to them, in the order of (at, id).

    | column | of | meaning |
    |---|---|---|
    | id | N | 16 bytes each |
    | kind | N | place in KINDS |
    | at, moment | N | microseconds since 1970: when it counts, from when the lookback counts |
    | amount, currency | N | minor units, place in `currencies` (without money: 0) |
    | rehearsed | N | 0 or 1 |
    | first | N+1 | whose touches: those of i are first[i]:first[i+1] |
    | touch_at | T | microseconds since 1970 |
    | entity | T | place in `entities`: tweet:<id>, spillover:<id>, link:<id> or a source |
    | evidence | T | place in EVIDENCES |
    """

    currencies: list[str]
    entities: list[str]
    id: Bytes
    kind: Bytes
    at: Ints
    moment: Ints
    amount: Ints
    currency: Bytes
    rehearsed: Bytes
    first: Ints
    touch_at: Ints
    entity: NDArray[np.int32]
    evidence: Bytes

    def __len__(self) -> int:
        return len(self.kind)

    def to_bytes(self) -> bytes:
        """As a pack holds it."""
        head = json.dumps([len(self), len(self.touch_at), self.currencies, self.entities]).encode()
        return b"".join([head, b"\n", *(getattr(self, name).astype(kind).tobytes() for name, kind, _ in LAYOUT)])

    @classmethod
    def of_bytes(cls, kept: bytes) -> "Facts":
        """What to_bytes gave; the columns are views of those bytes, not to be written to."""
        start = kept.index(b"\n") + 1
        conversions, touches, currencies, entities = json.loads(kept[:start])
        columns = {}
        for name, kind, of in LAYOUT:
            count = {"N": conversions, "N+1": conversions + 1, "T": touches, "16N": 16 * conversions}[of]
            columns[name] = np.frombuffer(kept, kind, count, start)
            start += columns[name].nbytes
        return cls(currencies, entities, **columns)


# The wide ones first, so that each begins where its kind of number may.
LAYOUT = (
    ("at", "<i8", "N"), ("moment", "<i8", "N"), ("amount", "<i8", "N"), ("first", "<i8", "N+1"),
    ("touch_at", "<i8", "T"), ("entity", "<i4", "T"), ("id", "u1", "16N"), ("kind", "u1", "N"),
    ("currency", "u1", "N"), ("rehearsed", "u1", "N"), ("evidence", "u1", "T"),
)  # fmt: skip


def read(
    session: Session, campaign_id: str | None, after: str, until: str | None, most: int, *some: ColumnElement[bool]
) -> tuple[Facts, str | None]:
    """Conversions of a campaign (None: of none) behind an id up to another, from the facts; and where it stopped.

    The second is None when there are no more. `some`: only those. Queries: 2.
    """
    whose = [_of(campaign_id), Conversion.id > after, *([Conversion.id <= until] if until else []), *some]
    span = session.execute(
        select(Conversion.id).where(*whose).order_by(Conversion.id).offset(most - 1).limit(1)
    ).scalar_one_or_none()  # fmt: skip
    if span:
        whose.append(Conversion.id <= span)
    return _facts(session, whose), span


def _facts(session: Session, where: Sequence[ColumnElement[bool]]) -> Facts:
    counts = [*where, Conversion.excluded.is_(None)]
    rows = session.execute(
        select(
            Conversion.id, Conversion.kind, _us(session, Conversion.at), _us(session, Conversion.moment),
            Conversion.amount, func.coalesce(Conversion.currency, ""), Conversion.rehearsed, Conversion.person_id,
        ).where(*counts).order_by(Conversion.id)
    ).all()  # fmt: skip
    ids, kinds, at, moment, amounts, money, rehearsed, persons = zip(*rows, strict=True) if rows else ((),) * 8
    somebodys = [each for each, person in zip(ids, persons, strict=True) if person]
    told = _touches(session, [*counts, Conversion.id.between(somebodys[0], somebodys[-1])]) if somebodys else []
    owner, touch_at, tweets, links, evidences = zip(*told, strict=True) if told else ((),) * 5
    place = {each: n for n, each in enumerate(ids)}
    lengths = np.bincount(np.fromiter((place[each] for each in owner), np.int64, len(owner)), minlength=len(ids))
    entities: dict[str, int] = {}
    currencies: dict[str, int] = {}
    return Facts(
        id=np.frombuffer(bytes.fromhex("".join(ids).replace("-", "")), np.uint8),
        kind=_column((KINDS.index(each) for each in kinds), np.uint8, len(ids)),
        at=_moments(at),
        moment=_moments(moment),
        amount=np.array(amounts, np.int64),
        currency=_column((currencies.setdefault(each, len(currencies)) for each in money), np.uint8, len(ids)),
        rehearsed=np.array(rehearsed, np.uint8),
        first=np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)]),
        touch_at=_moments(touch_at),
        entity=_column(
            (
                entities.setdefault(entity_of(tweet, evidence, link), len(entities))
                for tweet, evidence, link in zip(tweets, evidences, links, strict=True)
            ),
            np.int32,
            len(owner),
        ),
        evidence=_column((EVIDENCES.index(each) for each in evidences), np.uint8, len(owner)),
        currencies=list(currencies),
        entities=list(entities),
    )


def _touches(session: Session, where: Sequence[ColumnElement[bool]]) -> Sequence[Any]:
    return session.execute(
        select(Conversion.id, _us(session, Touch.at), Touch.tweet_id, Touch.link_id, Touch.evidence)
        .join(Touch, Touch.person_id == Conversion.person_id)
        .where(*where, Touch.at <= Conversion.moment)
        .order_by(Conversion.id, Touch.at, Touch.id)
    ).all()


def _column(values: Iterator[int], kind: Any, count: int) -> Any:
    return np.fromiter(values, kind, count)


def _of(campaign_id: str | None) -> ColumnElement[bool]:
    return Conversion.campaign_id == campaign_id if campaign_id else Conversion.campaign_id.is_(None)


def _us(session: Session, column: InstrumentedAttribute[datetime]) -> ColumnElement[Any]:
    """A moment as the database tells it fastest: PostgreSQL as microseconds, SQLite as the text that it keeps."""
    if session.get_bind().dialect.name == "postgresql":
        return cast(func.extract("epoch", column) * SECOND_US, BigInteger)
    return cast(column, String)


def _moments(told: Sequence[Any]) -> Ints:
    if told and isinstance(told[0], str):
        return np.array(told, "datetime64[us]").astype(np.int64)
    return np.array(told, np.int64)


@dataclass(frozen=True)
class Span:
    """Conversions of a campaign behind one id up to another (None: to the last), in a pack or in none.

    `restated`: the pack isn't to be trusted. `since`, `until`, `earliest`, `rehearsed`: of the pack.
    """

    campaign_id: str | None
    first_id: str
    last_id: str | None = None
    pack_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    earliest: datetime | None = None
    rehearsed: bool = False
    restated: bool = False

    @property
    def is_packed(self) -> bool:
        return self.pack_id is not None and not self.restated


def spans(session: Session, campaign_id: str | None) -> list[Span]:
    """A campaign's packs in their order, as long as each begins where the last one ended, and the rest. 1 query."""
    restated = (
        select(Restated.id)
        .where(
            Restated.campaign_id == campaign_id, Restated.conversion_id > Pack.first_id,
            Restated.conversion_id <= Pack.last_id,
        )
        .exists()
    )  # fmt: skip
    rows = session.execute(
        select(
            Pack.first_id, Pack.last_id, Pack.id, Pack.since, Pack.until, Pack.earliest,
            Pack.rehearsed, or_(restated, Pack.version != VERSION),
        ).where(Pack.campaign_id == campaign_id).order_by(Pack.last_id)
    ).all() if campaign_id else []  # fmt: skip
    found: list[Span] = []
    after = ZERO
    for row in rows:
        if row[0] != after:
            break
        found.append(Span(campaign_id, *row))
        after = row[1]
    return [*found, Span(campaign_id, after)]


def all_pieces(session: Session, spans: Sequence[Span]) -> Iterator[Facts]:
    """The facts of a campaign's spans, those of packs first. Queries: 1 for sixteen packs, else 3 a piece."""
    packed = [span.pack_id for span in spans if span.is_packed]
    for start in range(0, len(packed), TOGETHER):
        ids = packed[start : start + TOGETHER]
        for kept in session.scalars(select(Pack.columns).where(Pack.id.in_(ids)).order_by(Pack.last_id)):
            yield Facts.of_bytes(kept)
    for span in spans:
        if not span.is_packed:
            yield from unpacked(session, span)


def unpacked(session: Session, span: Span) -> Iterator[Facts]:
    """The facts of a span that is in no pack, each piece small enough to be forgotten again. Queries: 3 a piece."""
    after: str | None = span.first_id
    while after:
        facts, after = read(session, span.campaign_id, after, span.last_id, ROWS)
        yield facts


def lead_hours(facts: Facts) -> Ints:
    """Rows of an hour since 1970, its leads, and its rehearsed leads."""
    leads = facts.kind == KINDS.index("lead")
    hours, place = np.unique(facts.at[leads] // HOUR_US, return_inverse=True)
    real, rehearsed = (np.bincount(place[facts.rehearsed[leads] == each], minlength=len(hours)) for each in (0, 1))
    return np.column_stack([hours, real, rehearsed]).astype(np.int64)


def hours_of(session: Session, campaign_id: str) -> dict[str, Ints]:
    """The same of each pack, as it was kept. 1 query."""
    found = session.execute(select(Pack.id, Pack.hours).where(Pack.campaign_id == campaign_id))
    return {pack_id: np.frombuffer(kept, "<i8").reshape(-1, 3) for pack_id, kept in found}
