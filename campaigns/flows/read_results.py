"""What X counts of our posts is read from our own timelines: young ones each hour, all of a month once a day."""

import structlog

from campaigns.kernel.errors import Problem
from campaigns.ports import Later, Refused, Unknown
from campaigns.publishing import accounts, postings, prices, results
from campaigns.publishing.accounts import XAccount
from campaigns.world import World

log = structlog.get_logger("read_results")


def read_results(world: World) -> int:
    """Read each account's timeline where that is due; how many posts were told. One that refuses stops no other."""
    with world.db.read() as session:
        whose: list[XAccount | None] = [each for each in accounts.list_of(session) if not each.rehearses]
    if world.settings.has_x_account and not world.publisher.rehearses:
        whose.append(None)
    return sum(_read(world, account) for account in whose)


def _read(world: World, account: XAccount | None) -> int:
    account_id = account.id if account else None
    now, price = world.clock.now(), prices.micros(world.settings.x_price_own_read)
    with world.db.read() as session:
        begins = results.since(session, account_id, now)
        may = begins and postings.spending(session, world.settings, now).allows(price)
    if begins is None or not may:
        return 0
    try:
        publisher = world.publishers.of(accounts.access(account, world.vault)) if account else world.publisher
        posts = publisher.own_posts(begins, metrics=True)
    except (Refused, Later, Unknown, Problem) as said:
        log.warning("results_unread", account=account_id, said=repr(said))
        return 0
    with world.db.write() as session:
        new = results.charged(session, account_id, posts, now)
        results.keep(session, account_id, posts, begins, now)
        postings.note(session, "read", new * price, now, account_id=account_id)
    return len(posts)
