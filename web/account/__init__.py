"""Accounts: signing in, one's own profile, and the administrator's people, connections and tokens."""

from web.account import (
    accounts,
    connections,
    feed,
    join,
    log,
    passwords,
    people,
    profile,
    rates,
    sign_in,
    tokens,
    weekly,
)
from web.account.blueprint import blueprint

__all__ = [
    "accounts",
    "blueprint",
    "connections",
    "feed",
    "join",
    "log",
    "passwords",
    "people",
    "profile",
    "rates",
    "sign_in",
    "tokens",
    "weekly",
]
