"""Once a day X is asked how many follow each account. One that refuses stops no other."""

import structlog

from campaigns.kernel.errors import Problem
from campaigns.ports import Later, Refused, Unknown
from campaigns.publishing import accounts, audiences, postings, prices
from campaigns.refreshing import ready_access
from campaigns.world import World

log = structlog.get_logger("count_followers")


def count_followers(world: World) -> int:
    """Those that weren't asked for today (UTC); how many were told."""
    now = world.clock.now()
    with world.db.read() as session:
        whose = [each.id for each in accounts.list_of(session) if not each.rehearses]
        if world.settings.has_x_account and not world.publisher.rehearses:
            whose.append(audiences.USUAL)
        whose = [each for each in whose if not audiences.is_known(session, each, now)]
    return sum(_count(world, each) for each in whose)


def _count(world: World, account: str) -> bool:
    now, price = world.clock.now(), prices.micros(world.settings.x_price_own_read)
    is_usual = account == audiences.USUAL
    with world.db.read() as session:
        if not postings.spending(session, world.settings, now).allows(price):
            return False
    try:
        publisher = world.publisher if is_usual else world.publishers.of(ready_access(world, account))
        profile = publisher.profile()
    except (Refused, Later, Unknown, Problem) as said:
        log.warning("followers_uncounted", account=account, said=repr(said))
        return False
    with world.db.write() as session:
        audiences.keep(session, account, profile, now)
        postings.note(session, "profile", price, now, account_id=None if is_usual else account)
    return True
