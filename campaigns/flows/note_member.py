"""A member is recognised: their clicks on the short domain, where no session's cookie goes, are internal too."""

from campaigns.tracking import visitors
from campaigns.tracking.requests import kept_text
from campaigns.world import World


def note_member(world: World, address: str, agent: str) -> None:
    """Write down, once a day and process, that this visitor is a member.

    | argument | meaning |
    |---|---|
    | address, agent | as a click's: together they are the visitor, within the day |
    """
    now = world.clock.now()
    visitor = world.directory.visitor(address, kept_text(agent), now)
    if visitor is None or world.directory.knows_member(visitor):
        return
    with world.db.write() as session:
        visitors.note_member(session, visitor.hex(), now)
    world.directory.note_member(visitor)
