"""Accounts: signing in, one's own profile, and the administrator's people, connections and tokens."""

from flask import Blueprint

blueprint = Blueprint("account", __name__)
