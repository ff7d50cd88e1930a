"""Bots: whether a user agent is a machine's. is-bot decides, crawler-user-agents names."""

import re
from functools import cache, lru_cache

from crawleruseragents import CRAWLER_USER_AGENTS_DATA, is_crawler
from is_bot import Bots

X_APP = re.compile(r"\bTwitter for (?:i(?:Phone|Pad|Pod)|Android|Mac)\b|\bTwitterAndroid\b")
"""X's own browsers: people, though their shortest form looks like a program's name."""

ADDED = re.compile(
    r"MetaIAB Facebook$|\bGTmetrix\b|\bMiniature\.io/|\bYLT Chrome/|\bTSM-turingos|\b(?:Code/1|Trae/)[\d.]+ Chrome/"
)
"""Machines that crawler-user-agents knows and is-bot doesn't; two more of its patterns are people's browsers."""

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
    return bool(_bots.is_bot(agent)) or bool(ADDED.search(agent))


def is_x_app(agent: str) -> bool:
    """Whether it is X's in-app browser."""
    return bool(X_APP.search(agent))


def name_of(agent: str) -> str | None:
    """A bot's name when it is a known one. Takes a fifth of a millisecond: asked once an agent, when it is stored.

    >>> name_of("Twitterbot/1.0")
    'Twitterbot'
    """
    if not is_crawler(agent):
        return None
    return next((name for pattern, name in _named() if pattern.search(agent)), None)


@cache
def _named() -> list[tuple[re.Pattern[str], str]]:
    """Each known bot's pattern with its name. Kept here: the library's own look-up compiles 1,500 of them each time,
    80 ms of a drainer for each new agent.
    """
    patterns = [bot["pattern"] for bot in CRAWLER_USER_AGENTS_DATA]
    return [(re.compile(each), re.sub(r"\\(.)", r"\1", each)[:80]) for each in patterns]
