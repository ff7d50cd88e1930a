"""Packs: a campaign's conversions with the touches before them, as columns, sixteen thousand a row of the database.

A report in any model and window is computed from them: reading a million conversions one by one takes seconds. A pack
is computed ahead by the worker from facts that have settled, holds nothing that isn't in them, and may be deleted at
any time. What has none yet, or was restated since, is read from the facts themselves: a report is never late.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import BigInteger, ColumnElement, LargeBinary, String, cast, delete, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Mapped, Session, mapped_column

from campaigns.capturing.conversions import KINDS, Conversion, Restated
from campaigns.capturing.touches import Touch
from campaigns.crediting.paths import entity_of
from campaigns.kernel.codes import id_text
from campaigns.kernel.columns import ID
from campaigns.kernel.db import Base, changed
from campaigns.tracking.hits import EVIDENCES
from campaigns.tracking.visits import EPOCH

Ints = NDArray[np.int64]
Bytes = NDArray[np.uint8]

ROWS = 16_384
SETTLED = timedelta(minutes=10)
"""No transaction lasts so long: behind it no older conversion turns up."""
VERSION = 1
"""Of the columns' layout; packs of another are made again."""
ZERO = "00000000-0000-0000-0000-000000000000"
SECOND_US = 1_000_000


class Pack(Base):
    """Conversions of a campaign from behind one id up to another, without those excluded. Denormalised.

    `rows`: of all in that span, excluded ones too. `since`, `until`: the first and the last moment in it.
    """

    __tablename__ = "packs"

    campaign_id: Mapped[str] = mapped_column(ID, primary_key=True)
    last_id: Mapped[str] = mapped_column(ID, primary_key=True)
    first_id: Mapped[str] = mapped_column(ID)
    rows: Mapped[int]
    since: Mapped[datetime | None]
    until: Mapped[datetime | None]
    version: Mapped[int]
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
    session: Session, campaign_id: str | None, after: str, until: str | None, most: int
) -> tuple[Facts, str | None]:
    """Conversions of a campaign (None: of none) behind an id up to another, from the facts; and where it stopped.

    The second is None when there are no more. Queries: 2.
    """
    whose = [_of(campaign_id), Conversion.id > after, *([Conversion.id <= until] if until else [])]
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
            Conversion.amount, func.coalesce(Conversion.currency, ""), Conversion.rehearsed,
        ).where(*counts).order_by(Conversion.id)
    ).all()  # fmt: skip
    ids, kinds, at, moment, amounts, money, rehearsed = zip(*rows, strict=True) if rows else ((),) * 7
    told = session.execute(
        select(Conversion.id, _us(session, Touch.at), Touch.tweet_id, Touch.link_id, Touch.evidence)
        .join(Touch, Touch.person_id == Conversion.person_id)
        .where(*counts, Touch.at <= Conversion.moment)
        .order_by(Conversion.id, Touch.at, Touch.id)
    ).all()
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


def pieces(
    session: Session, campaign_ids: Sequence[str | None], since: datetime | None, until: datetime | None
) -> Iterator[Facts]:
    """The facts of these campaigns, piece by piece, each small enough to be forgotten again.

    Pieces without any conversion between since and until are left out; others hold more than that. Queries: 2 a
    campaign, 1 a pack, 3 for what is in none.
    """
    for campaign_id in campaign_ids:
        after = ZERO
        if campaign_id:
            for pack in _packs(session, campaign_id):
                after = pack.last_id
                if not (
                    (since and pack.until and pack.until < since) or (until and pack.since and pack.since >= until)
                ):
                    yield _whole(session, campaign_id, pack)
        while after:
            facts, last = read(session, campaign_id, after, None, ROWS)
            yield facts
            after = last or ""


@dataclass(frozen=True)
class _Span:
    """A pack without its columns; `restated`: they aren't to be trusted."""

    first_id: str
    last_id: str
    since: datetime | None
    until: datetime | None
    restated: bool


def _packs(session: Session, campaign_id: str) -> list[_Span]:
    """A campaign's packs in their order, as long as each begins where the one before it ended."""
    restated = (
        select(Restated.id)
        .where(
            Restated.campaign_id == campaign_id, Restated.conversion_id > Pack.first_id,
            Restated.conversion_id <= Pack.last_id,
        )
        .exists()
    )  # fmt: skip
    rows = session.execute(
        select(Pack.first_id, Pack.last_id, Pack.since, Pack.until, or_(restated, Pack.version != VERSION))
        .where(Pack.campaign_id == campaign_id)
        .order_by(Pack.last_id)
    )
    found: list[_Span] = []
    for row in rows:
        if row[0] != (found[-1].last_id if found else ZERO):
            break
        found.append(_Span(*row))
    return found


def _whole(session: Session, campaign_id: str, span: _Span) -> Facts:
    if span.restated:
        return read(session, campaign_id, span.first_id, span.last_id, ROWS + 1)[0]
    kept = select(Pack.columns).where(Pack.campaign_id == campaign_id, Pack.last_id == span.last_id)
    return Facts.of_bytes(session.scalars(kept).one())


def make_next(session: Session, campaign_id: str, now: datetime, size: int = ROWS) -> bool:
    """Make a campaign's next pack of what has settled, when there is enough; whether it was made. Queries: 5."""
    spans = _packs(session, campaign_id)
    after = spans[-1].last_id if spans else ZERO
    facts, last = read(session, campaign_id, after, _settled(now), size)
    if last:
        session.add(_pack(campaign_id, after, last, facts))
    return last is not None


def mend(session: Session, campaign_id: str) -> bool:
    """Make the first of a campaign's packs again that was restated, and forget the restatements; whether there was one.

    What is restated while this goes on stays restated: only the rows that were seen before are taken away.
    """
    stale = next((span for span in _packs(session, campaign_id) if span.restated), None)
    seen = select(Restated.id).where(Restated.campaign_id == campaign_id)
    if stale is None:
        return False
    ids = session.scalars(
        seen.where(Restated.conversion_id > stale.first_id, Restated.conversion_id <= stale.last_id)
    ).all()
    facts, _ = read(session, campaign_id, stale.first_id, stale.last_id, 2 * ROWS)
    session.execute(delete(Pack).where(Pack.campaign_id == campaign_id, Pack.last_id == stale.last_id))
    session.add(_pack(campaign_id, stale.first_id, stale.last_id, facts))
    session.execute(delete(Restated).where(Restated.id.in_(ids)))
    return True


def forget_others(session: Session, campaign_id: str | None) -> int:
    """Restatements of what is in no pack: nothing was computed ahead of it. How many."""
    packed = select(Pack.last_id).where(Pack.campaign_id == campaign_id)
    last = packed.order_by(Pack.last_id.desc()).limit(1).scalar_subquery()  # PostgreSQL knows no largest UUID
    whose = Restated.campaign_id == campaign_id if campaign_id else Restated.campaign_id.is_(None)
    return changed(session, delete(Restated).where(whose, or_(last.is_(None), Restated.conversion_id > last)))


def drop(session: Session, campaign_id: str) -> None:
    """All of a campaign's packs: they are made again."""
    session.execute(delete(Pack).where(Pack.campaign_id == campaign_id))


def _pack(campaign_id: str, after: str, last: str, facts: Facts) -> Pack:
    since, until = (_moment(facts.at.min()), _moment(facts.at.max())) if len(facts) else (None, None)
    return Pack(
        campaign_id=campaign_id, first_id=after, last_id=last, rows=len(facts), since=since, until=until,
        version=VERSION, columns=facts.to_bytes(),
    )  # fmt: skip


def _settled(now: datetime) -> str:
    """The least id that something noted after this moment could have."""
    return id_text(((now - SETTLED - EPOCH) // timedelta(milliseconds=1) << 80).to_bytes(16, "big"))


def _moment(us: Any) -> datetime:
    return EPOCH + timedelta(microseconds=int(us))
