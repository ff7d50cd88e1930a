"""Packing: packs are made of what has settled, and made again of what was restated."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from campaigns.capturing.conversions import Restated
from campaigns.kernel.codes import id_text, new_id
from campaigns.kernel.db import changed, take_turns
from campaigns.measuring import packs
from campaigns.measuring.packs import Facts, Pack
from campaigns.tracking.visits import EPOCH

MOST = 2**31
AT_ONCE = 500
SETTLED = timedelta(minutes=10)
"""No transaction lasts so long: behind it no older conversion turns up."""


@dataclass(frozen=True)
class Made:
    """A pack that was made, but isn't kept yet.

    `instead_of`: the pack that was restated, and `restatements`, the rows that said so when its facts were read.
    """

    pack: Pack
    facts: Facts
    instead_of: str | None = None
    restatements: Sequence[str] = ()


def make(session: Session, campaign_id: str, now: datetime, size: int = packs.ROWS) -> Made | None:
    """The first of a campaign's packs that was restated, made again; else the next of what has settled. Queries: 4, 5.

    To be kept in another transaction: to read takes far longer than others should wait to write.
    """
    *known, rest = packs.spans(session, campaign_id)
    stale = next((span for span in known if span.restated), None)
    if stale and stale.last_id:
        within = (Restated.conversion_id > stale.first_id, Restated.conversion_id <= stale.last_id)
        ids = session.scalars(select(Restated.id).where(Restated.campaign_id == campaign_id, *within)).all()
        facts, _ = packs.read(session, campaign_id, stale.first_id, stale.last_id, MOST)
        return Made(_pack(campaign_id, stale.first_id, stale.last_id, facts), facts, stale.pack_id, ids)
    facts, last = packs.read(session, campaign_id, rest.first_id, _settled(now), size)
    return Made(_pack(campaign_id, rest.first_id, last, facts), facts) if last else None


def keep(session: Session, made: Made) -> bool:
    """Unless somebody else was quicker. What was restated since it was read stays so. Queries: 2 to 4."""
    pack = made.pack
    take_turns(session, f"packs:{pack.campaign_id}")
    if made.instead_of:
        if not changed(session, delete(Pack).where(Pack.id == made.instead_of)):
            return False
        for start in range(0, len(made.restatements), AT_ONCE):
            some = made.restatements[start : start + AT_ONCE]
            session.execute(delete(Restated).where(Restated.id.in_(some)))
    elif packs.spans(session, pack.campaign_id)[-1].first_id != pack.first_id:
        return False
    session.add(pack)
    session.flush()
    return True


def forget_others(session: Session, campaign_id: str | None, now: datetime) -> int:
    """Restatements of what is in no pack: nothing was computed ahead of it. How many.

    Only those from before what may be read just now by whoever makes a pack.
    """
    packed = select(Pack.last_id).where(Pack.campaign_id == campaign_id)
    last = packed.order_by(Pack.last_id.desc()).limit(1).scalar_subquery()  # PostgreSQL knows no largest UUID
    whose = Restated.campaign_id == campaign_id if campaign_id else Restated.campaign_id.is_(None)
    others = delete(Restated).where(
        whose, Restated.id < _settled(now), or_(last.is_(None), Restated.conversion_id > last)
    )
    return changed(session, others)


def drop(session: Session, campaign_id: str) -> None:
    """All of a campaign's packs: they are made again."""
    session.execute(delete(Pack).where(Pack.campaign_id == campaign_id))


def _pack(campaign_id: str, after: str, last: str, facts: Facts) -> Pack:
    both = np.concatenate([facts.at, facts.moment])
    since, until, earliest = map(_moment, (facts.at.min(), both.max(), both.min())) if len(facts) else (None,) * 3
    return Pack(
        id=new_id(), campaign_id=campaign_id, first_id=after, last_id=last, since=since, until=until,
        earliest=earliest, rehearsed=bool(facts.rehearsed.any()), version=packs.VERSION,
        hours=packs.lead_hours(facts).astype("<i8").tobytes(), columns=facts.to_bytes(),
    )  # fmt: skip


def _settled(now: datetime) -> str:
    """The least id that something noted after this moment could have."""
    return id_text(((now - SETTLED - EPOCH) // timedelta(milliseconds=1) << 80).to_bytes(16, "big"))


def _moment(us: Any) -> datetime:
    return EPOCH + timedelta(microseconds=int(us))
