"""What must not stay is forgotten, and what the world outside changed is put right. Doing it twice changes nothing."""

from datetime import datetime, timedelta
from functools import partial

import structlog

from campaigns.kernel import limits, outbox
from campaigns.kernel.db import InUse
from campaigns.people import answers, mail_tokens, sessions
from campaigns.publishing import plans, reposts
from campaigns.tracking import browsers, drains, months, segments, visitors
from campaigns.tracking.visits import EPOCH
from campaigns.world import World

WORKER = "system"

log = structlog.get_logger("keep_house")


def keep_house(world: World) -> None:
    """Every minute, and before the first tweet when a worker starts."""
    now, rehearses = world.clock.now(), world.publisher.rehearses
    with world.db.write() as session:
        if not rehearses:
            plans.end_rehearsal(session, WORKER, now)
            reposts.end_rehearsal(session)
        plans.follow_clocks(session, WORKER, now)
    _keep_months(world, now)
    with world.db.write() as session:
        months.forget_hits(session, now, world.settings.hits_kept_days)
    oldest = segments.depth(world.settings.spool_dir).oldest_us
    with world.db.write() as session:
        months.forget_codes(session, now)
        limits.forget_tries(session, now)
        visitors.forget(session, now, EPOCH + timedelta(microseconds=oldest) if oldest else None)
        browsers.forget(session, now)
        drains.forget(session, now)
        answers.forget(session, now)
        outbox.forget(session, now)
        sessions.forget(session, now, world.settings.session_max_s)
        mail_tokens.forget(session, now)


def _keep_months(world: World, now: datetime) -> None:
    """Make and drop months, or leave it for the next time: who reads hits just then must not hold up the drainers."""
    drop = partial(months.drop_months, kept_days=world.settings.hits_kept_days)
    for name, step in (("make", months.make_ahead), ("drop", drop)):
        try:
            with world.db.write() as session:
                step(session, now)
        except InUse:
            log.info("months_later", step=name)
