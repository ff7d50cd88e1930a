"""A report's parts didn't make its whole: whoever keeps the installation hears of it."""

import structlog

from campaigns.kernel.errors import Problem
from campaigns.measuring import differences
from campaigns.world import World

log = structlog.get_logger("note_difference")


def note_difference(world: World, fault: str) -> None:
    """Write down that a report was refused. A database that is away just then leaves it to the log."""
    log.error("report_differs", fault=fault)
    try:
        with world.db.write() as session:
            differences.note_report(session, fault, world.clock.now())
    except Problem:
        log.warning("difference_not_kept")
