"""Many links are made at once, from lines of CSV, or none of them."""

from dataclasses import dataclass
from datetime import datetime

from campaigns.kernel.db import take_turns
from campaigns.kernel.errors import problem
from campaigns.people import audits
from campaigns.tracking import bulks
from campaigns.tracking.bulks import Bulk
from campaigns.world import World

ACTION = "links.imported"


@dataclass(frozen=True)
class Imported:
    """What became of an import: `at` is when its links were made, all at the same moment; None: none was."""

    bulk: Bulk
    at: datetime | None


def try_import(world: World, campaign_id: str, text: str, zone: str) -> Bulk:
    """What an import would make and what is wrong, changing nothing.

    Raises missing, invalid (see bulks.check; `links_imported` for lines that were imported before).
    """
    with world.db.read() as session:
        bulk = bulks.check(session, world.settings, campaign_id, text, zone)
        if audits.last(session, ACTION, bulk.key):
            raise problem("invalid", "links_imported", "links")
        return bulk


def import_links(
    world: World, campaign_id: str, text: str, zone: str, *, who: str, user_id: str | None = None
) -> Imported:
    """All links of a file in one transaction; none when anything is wrong with a line. Raises as `try_import`.

    The same lines are imported once: they are known by their hash, which is written down with who did it.
    """
    now = world.clock.now()
    with world.db.write() as session:
        take_turns(session, "import_links")
        bulk = bulks.check(session, world.settings, campaign_id, text, zone)
        if audits.last(session, ACTION, bulk.key):
            raise problem("invalid", "links_imported", "links")
        if bulk.wrong:
            return Imported(bulk, None)
        made = bulks.create(session, campaign_id, bulk, now)
        audits.note(session, ACTION, now, who=who, user_id=user_id, subject=bulk.key, rows=made)
        return Imported(bulk, now)
