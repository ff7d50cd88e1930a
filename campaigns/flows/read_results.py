"""What X counts of our posts is read from our own timelines: young ones each hour, all of a month once a day."""

import structlog

from campaigns.kernel.errors import Problem
from campaigns.ports import Later, Refused, Unknown
from campaigns.publishing import accounts, holds, postings, prices, results
from campaigns.refreshing import ready_access
from campaigns.world import World

log = structlog.get_logger("read_results")


def read_results(world: World) -> int:
    """Read each account's timeline where that is due; how many posts were told. One that refuses stops no other."""
    with world.db.read() as session:
        connected = [each for each in accounts.list_of(session) if not each.rehearses]
    whose: list[str | None] = [each.id for each in connected]
    if world.settings.has_x_account and not world.publisher.rehearses:
        whose.append(None)
    return sum(_read(world, account_id) for account_id in whose)


def _read(world: World, account_id: str | None) -> int:
    now, price = world.clock.now(), prices.micros(world.settings.x_price_own_read)
    with world.db.read() as session:
        if holds.until(session, account_id, now):
            return 0
        begins = results.since(session, account_id, now)
        expected = max(price, postings.dearest_read(session, account_id, now))
        may = begins and postings.spending(session, world.settings, now).allows(expected)
    if begins is None or not may:
        return 0
    try:
        publisher = world.publishers.of(ready_access(world, account_id)) if account_id else world.publisher
        posts = publisher.own_posts(begins, metrics=True)
    except (Refused, Later, Unknown, Problem) as said:  # whose keys can't be read stops no other either
        log.warning("results_unread", account=account_id, said=repr(said))
        if isinstance(said, Later) and said.until:
            with world.db.write() as session:
                holds.put(session, account_id, said.code, said.until)
        return 0
    with world.db.write() as session:
        new = results.charged(session, account_id, posts, now)
        results.keep(session, account_id, posts, begins, now)
        postings.note(session, "read", new * price, now, account_id=account_id)
    return len(posts)
