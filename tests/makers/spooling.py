"""Clicks and visits as they are spooled, and what the reports see of them once they are drained."""

from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from sqlalchemy import func, select

from campaigns.flows.follow_link import follow_link
from campaigns.kernel.codes import id_bytes
from campaigns.tracking import visits
from campaigns.tracking.hits import Hit
from campaigns.tracking.links import Link
from campaigns.tracking.rollups import CLASSES, LinkHour, Loss
from campaigns.tracking.spool import Raw
from campaigns.tracking.visits import EPOCH
from campaigns.world import World
from tests.makers.tracking import FIREFOX, ask


def click(world: World, link: Link, person: int = 1, **more: object) -> bytes:
    """A person follows the link; the id of the hit, as the page's token holds it."""
    target = follow_link(world, ask(link.code, address=f"192.0.2.{person}", **more)) or ""
    [token] = parse_qs(urlsplit(target).query)["via"]
    via = visits.read(world.signer, token, world.clock.now(), 90)
    assert via
    return bytes.fromhex(via.hit_id.replace("-", ""))


def spool_of(world: World) -> Path:
    return world.settings.spool_dir


def visit(world: World, link: Link, hit: bytes) -> None:
    """The landing page that the click led to was seen."""
    at = (world.clock.now() - EPOCH) // timedelta(microseconds=1)
    assert world.spool.put(
        Raw("visit", id_bytes(at), at, link.id, "", "GET", FIREFOX, "t.co", None, None, "link+x", 0, None, about=hit)
    )


def counted(world: World) -> dict[str, int]:
    """What the reports see: hits by class, and visits, when there are any."""
    columns = [*CLASSES, "visits"]
    with world.db.read() as session:
        row = session.execute(select(*(func.sum(getattr(LinkHour, each)) for each in columns))).one()
    return {name: int(number) for name, number in zip(columns, row, strict=True) if number}


def classes(world: World) -> list[str]:
    with world.db.read() as session:
        return list(session.scalars(select(Hit.klass).order_by(Hit.at, Hit.id)))


def lost(world: World) -> int:
    with world.db.read() as session:
        return int(session.scalar(select(func.coalesce(func.sum(Loss.hits), 0))) or 0)


def hit_at(world: World, link: Link, at: datetime, visitor: bytes) -> None:
    us = (at - EPOCH) // timedelta(microseconds=1)
    row = Raw("hit", id_bytes(us), us, link.id, link.code, "GET", FIREFOX, None, None, visitor, "link", 0, None)
    assert world.spool.put(row)
