"""A visitor answers whether they may be recognised over several visits (identity level 2), or takes that back."""

from datetime import datetime

import structlog

from campaigns.tracking import browsers, sights
from campaigns.tracking.requests import kept_text
from campaigns.tracking.sights import Sight
from campaigns.tracking.visits import Via
from campaigns.world import World

log = structlog.get_logger("consent")


def agree(world: World, page_id: str, via: Via | None, sight: Sight) -> tuple[str, datetime]:
    """The secret for the one cookie, and when its time is over. The visit that goes on is the browser's first."""
    now = world.clock.now()
    with world.db.write() as session:
        secret, ends_at = browsers.agree(session, now)
    visitor = world.directory.visitor(sight.address, kept_text(sight.agent), now)
    source = sights.source(sight, world.settings.own_hosts)
    if row := sights.row(sight._replace(browser=secret), page_id, via, source, visitor, now):
        world.spool.put(row)
    log.info("recognition_granted", page_id=page_id, until=ends_at.date().isoformat())
    return secret, ends_at


def withdraw(world: World, page_id: str, secret: str) -> None:
    """Forget the browser, and that its visits belong together. What a form has told stays with its person."""
    with world.db.write() as session:
        was_there = browsers.withdraw(session, secret)
    log.info("recognition_withdrawn", page_id=page_id, was_there=was_there)


def refuse(page_id: str) -> None:
    """Nothing is kept here: the browser remembers it, by a cookie that says only that."""
    log.info("recognition_refused", page_id=page_id)
