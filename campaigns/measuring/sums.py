"""Sums: what the conversions of a pack give to each entity under a lens, so that a report only adds them.

The worker keeps those of the standard lens with each pack; those of another are kept once somebody asked for it. As a
pack, they hold nothing that isn't in the facts, and may be deleted at any time.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import LargeBinary, delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from campaigns.capturing.conversions import KINDS, Kind
from campaigns.crediting.models import Lens
from campaigns.kernel.columns import ID
from campaigns.kernel.db import Base, insert_once
from campaigns.measuring.packs import Facts, Ints, Pack
from campaigns.tracking.hits import EVIDENCES, Evidence

NOBODY, ALL = "", "*"
"""Two names beside those of entities: what is credited to none, and the whole."""
CURRENCIES = 256
WIDTH = len(EVIDENCES) * len(KINDS) * CURRENCIES
AT_ONCE = 64
MOST_LENSES = 40
"""So many lenses of a campaign are kept, those made last."""


class PackSums(Base):
    """Sums of a pack; a pack that is made again has another id, so these can't be taken for its own."""

    __tablename__ = "pack_sums"

    pack_id: Mapped[str] = mapped_column(ID, primary_key=True)
    lens: Mapped[str] = mapped_column(primary_key=True)
    made_at: Mapped[datetime]
    cells: Mapped[bytes] = mapped_column(LargeBinary)


@dataclass(frozen=True)
class Sums:
    """Cells in the order of `number`, each of an entity, an evidence, a kind and a currency.

    | field | meaning |
    |---|---|
    | number | ((place in entities × evidences + evidence) × kinds + kind) × 256 + place in currencies |
    | parts, cents | billionths of conversions, and minor units |
    | paths, short_paths | conversions with a touch, and those of them with only one |
    """

    entities: list[str]
    currencies: list[str]
    number: Ints
    parts: Ints
    cents: Ints
    paths: int = 0
    short_paths: int = 0

    def to_bytes(self) -> bytes:
        """As the database keeps it."""
        head = json.dumps([self.entities, self.currencies, self.paths, self.short_paths, len(self.number)]).encode()
        columns = (self.number, self.parts, self.cents)
        return b"".join([head, b"\n", *(each.astype("<i8").tobytes() for each in columns)])

    @classmethod
    def of_bytes(cls, kept: bytes) -> "Sums":
        """What to_bytes gave."""
        start = kept.index(b"\n") + 1
        entities, currencies, paths, short_paths, count = json.loads(kept[:start])
        number, parts, cents = np.frombuffer(kept, "<i8", 3 * count, start).reshape(3, count)
        return cls(entities, currencies, number, parts, cents, paths, short_paths)

    def cells(self) -> Iterator[tuple[str, Evidence, Kind, str, int, int]]:
        """Entity, evidence, kind, currency, parts and cents of each."""
        for cell, parts, cents in zip(self.number.tolist(), self.parts.tolist(), self.cents.tolist(), strict=True):
            rest, currency = divmod(cell, CURRENCIES)
            rest, kind = divmod(rest, len(KINDS))
            entity, evidence = divmod(rest, len(EVIDENCES))
            yield self.entities[entity], EVIDENCES[evidence], KINDS[kind], self.currencies[currency], parts, cents


def numbered(facts: Facts, which: Ints, entity: NDArray[Any] | int, evidence: NDArray[Any] | int = 0) -> Ints:
    """The cells of conversions."""
    whose, proof = (np.asarray(each).astype(np.int64) for each in (entity, evidence))
    sort: Ints = (whose * len(EVIDENCES) + proof) * len(KINDS) + facts.kind[which].astype(np.int64)
    return sort * CURRENCIES + facts.currency[which].astype(np.int64)


def folded(number: Sequence[Ints], parts: Sequence[Ints], cents: Sequence[Ints]) -> tuple[Ints, Ints, Ints]:
    """Each cell once, with all that is its."""
    cells, place = np.unique(np.concatenate(number), return_inverse=True)
    many, money = np.zeros((2, len(cells)), np.int64)
    np.add.at(many, place, np.concatenate(parts))
    np.add.at(money, place, np.concatenate(cents))
    return cells, many, money


def merged(many: Iterable[Sums]) -> Sums:
    """All of them together; a few are held at a time."""
    entities: dict[str, int] = {}
    currencies: dict[str, int] = {}
    held: list[tuple[Ints, Ints, Ints]] = [(np.zeros(0, np.int64),) * 3]
    paths = short_paths = 0
    for each in many:
        place = np.array([entities.setdefault(name, len(entities)) for name in each.entities], np.int64)
        money = np.array([currencies.setdefault(name, len(currencies)) for name in each.currencies], np.int64)
        entity, rest = np.divmod(each.number, WIDTH)
        currency = rest % CURRENCIES
        held.append((place[entity] * WIDTH + rest - currency + money[currency], each.parts, each.cents))
        paths, short_paths = paths + each.paths, short_paths + each.short_paths
        if len(held) > AT_ONCE:
            held = [folded(*zip(*held, strict=True))]
    return Sums(list(entities), list(currencies), *folded(*zip(*held, strict=True)), paths, short_paths)


def name_of(lens: Lens, *, rehearsed: bool = False) -> str:
    """What the sums of a lens are kept under; `rehearsed`: those that count what was rehearsed too."""
    more = (":rehearsed" if rehearsed else "") + (
        f":{lens.exchange.currency}:{lens.exchange.id}" if lens.exchange else ""
    )
    if lens.fit:
        return f"{lens.model}:{lens.lookback_days}:{lens.direct}:{lens.fit.id}{more}"
    half_life = lens.half_life_days if lens.model == "time_decay" else 0
    return f"{lens.model}:{lens.lookback_days}:{half_life:g}:{lens.direct}{more}"


def keep(session: Session, pack_id: str, name: str, sums: Sums, now: datetime) -> None:
    """Once. 1 query."""
    insert_once(session, PackSums, pack_id=pack_id, lens=name, made_at=now, cells=sums.to_bytes())


def kept(session: Session, named: Mapping[str, str]) -> dict[str, Sums]:
    """Those that were kept, by pack. `named`: what each pack's are kept under. 1 query."""
    found = select(PackSums.pack_id, PackSums.lens, PackSums.cells).where(
        PackSums.pack_id.in_(named), PackSums.lens.in_(set(named.values()))
    )
    rows = session.execute(found)
    return {pack_id: Sums.of_bytes(cells) for pack_id, name, cells in rows if named[pack_id] == name}


def known(session: Session, campaign_id: str, names: Collection[str]) -> set[tuple[str, str]]:
    """The packs of a campaign whose sums are kept, each with what they are kept under. 1 query."""
    found = (
        select(PackSums.pack_id, PackSums.lens)
        .join(Pack, Pack.id == PackSums.pack_id)
        .where(Pack.campaign_id == campaign_id, PackSums.lens.in_(names))
    )
    return {(pack_id, name) for pack_id, name in session.execute(found)}


def forget(session: Session, campaign_id: str) -> None:
    """Those of lenses that others were made after. Queries: 2."""
    whose = select(Pack.id).where(Pack.campaign_id == campaign_id)
    asked = (
        select(PackSums.lens).where(PackSums.pack_id.in_(whose)).group_by(PackSums.lens)
        .order_by(func.max(PackSums.made_at).desc(), PackSums.lens).offset(MOST_LENSES)
    )  # fmt: skip
    standard = {name_of(Lens(), rehearsed=each) for each in (False, True)}
    lenses = [each for each in session.scalars(asked) if each not in standard]
    if lenses:
        session.execute(delete(PackSums).where(PackSums.pack_id.in_(whose), PackSums.lens.in_(lenses)))


def forget_orphans(session: Session) -> None:
    """Those of packs that are no more. 1 query."""
    session.execute(delete(PackSums).where(PackSums.pack_id.not_in(select(Pack.id))))
