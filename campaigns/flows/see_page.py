"""A landing page says that it is really seen: a visit is confirmed."""

from campaigns.tracking import sights
from campaigns.tracking.requests import kept_text
from campaigns.tracking.sights import Sight
from campaigns.tracking.visits import Via
from campaigns.world import World


def see_page(world: World, page_id: str, via: Via | None, sight: Sight) -> bool:
    """Spool the visit, unless it is none: a way between our own pages, a member. Whether it is kept.

    `via`: the click that the sight's token tells of. Nothing here asks the database. Told twice it is one visit: by
    its click, else by its visitor of the day.
    """
    now = world.clock.now()
    visitor = None if sight.private else world.directory.visitor(sight.address, kept_text(sight.agent), now)
    row = sights.row(sight, page_id, via, sights.source(sight, world.settings.own_hosts), visitor, now)
    return row is not None and world.spool.put(row)
