"""Bots: whether a user agent is a machine's. is-bot decides, crawler-user-agents names."""

import re
from functools import lru_cache

from crawleruseragents import CRAWLER_USER_AGENTS_DATA, is_crawler, matching_crawlers
from is_bot import Bots

X_APP = re.compile(r"\bTwitter for i(?:Phone|Pad)\b|\bTwitterAndroid\b")
"""X's own browsers: people, though their shortest form looks like a program's name."""

_bots = Bots()


@lru_cache(maxsize=10_000)
def is_bot(agent: str) -> bool:
    """Whether a machine calls itself so. No agent at all is a machine's.

    >>> is_bot("Twitterbot/1.0"), is_bot("TwitterAndroid"), is_bot("")
    (True, False, True)
    """
    if not agent.strip():
        return True
    if is_x_app(agent):
        return bool(is_crawler(agent))
    return bool(_bots.is_bot(agent))


def is_x_app(agent: str) -> bool:
    """Whether it is X's in-app browser."""
    return bool(X_APP.search(agent))


def name_of(agent: str) -> str | None:
    """A bot's name when it is a known one. Takes half a millisecond: asked once an agent, when it is stored.

    >>> name_of("Twitterbot/1.0")
    'Twitterbot'
    """
    found = matching_crawlers(agent)
    return re.sub(r"\\(.)", r"\1", CRAWLER_USER_AGENTS_DATA[found[0]]["pattern"])[:80] if found else None
