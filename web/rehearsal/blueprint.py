"""The wall, the till and the mailbox: mounted only while an adapter rehearses."""

from flask import Blueprint

from campaigns.flows.look_at_rehearsal import Reader
from campaigns.people.users import ROLES
from web.access import gate
from web.request import viewer

blueprint = Blueprint("rehearsal", __name__)
# The prospect who pays is no member: the till is his, like Stripe's own page.
gate(blueprint, full=ROLES, public=("till", "pay", "lapse"))


def reader() -> Reader:
    """Who looks."""
    return Reader(viewer().email, viewer().role == "admin")
