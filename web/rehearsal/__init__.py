"""The wall, the till and the mailbox: mounted only while an adapter rehearses."""

from web.rehearsal import mailbox, till, wall
from web.rehearsal.blueprint import blueprint

__all__ = ["blueprint", "mailbox", "till", "wall"]
