"""The wall, the till and the mailbox: mounted only while an adapter rehearses."""

from flask import Blueprint

blueprint = Blueprint("rehearsal", __name__)
