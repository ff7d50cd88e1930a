"""What must not stay is forgotten, and what the world outside changed is put right. Doing it twice changes nothing."""

from campaigns.kernel import limits, outbox
from campaigns.people import answers, mail_tokens, sessions
from campaigns.publishing import plans
from campaigns.tracking import browsers, drains, months, visitors
from campaigns.world import World

WORKER = "system"


def keep_house(world: World) -> None:
    """Every minute, and before the first tweet when a worker starts."""
    now, rehearses = world.clock.now(), world.publisher.rehearses
    with world.db.write() as session:
        if not rehearses:
            plans.end_rehearsal(session, WORKER, now)
        plans.follow_clocks(session, WORKER, now)
    with world.db.write() as session:
        months.make_ahead(session, now)
    with world.db.write() as session:
        months.forget_hits(session, now, world.settings.hits_kept_days)
    with world.db.write() as session:
        months.forget_codes(session, now)
        limits.forget_tries(session, now)
        visitors.forget(session, now)
        browsers.forget(session, now)
        drains.forget(session, now)
        answers.forget(session, now)
        outbox.forget(session, now)
        sessions.forget(session, now, world.settings.session_max_s)
        mail_tokens.forget(session, now)
