"""Prices: what X asks for a post, by the settings, in millionths of a dollar."""

from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache

from twitter_text import extract_urls_with_indices

from campaigns.publishing.weights import PLACE, SAMPLE, normal
from campaigns.settings import Settings

MICROS = 1_000_000
LOOKED_AT = 600
"""Characters: a post has fewer, and looking takes the square of their number, seconds for what nobody would post."""


def micros(dollars: Decimal) -> int:
    """Millionths of a dollar.

    >>> micros(Decimal("0.015"))
    15000
    """
    return int(dollars * MICROS)


@lru_cache(4096)
def has_link(text: str) -> bool:
    """Whether X finds an address in a text; any one costs, ours or another's.

    >>> has_link("Read {link}"), has_link("See feuillet.example"), has_link("See feuillet.com"), has_link("Code MERCI")
    (True, False, True, False)
    """
    plain = PLACE.sub(SAMPLE, normal(text[: 2 * LOOKED_AT]))
    return bool(extract_urls_with_indices(plain[:LOOKED_AT]))


def of_post(settings: Settings, text: str) -> int:
    """What a post costs."""
    return micros(settings.x_price_link if has_link(text) else settings.x_price_post)


def of_thread(settings: Settings, texts: Sequence[str]) -> int:
    """What a thread costs: each of its parts is a post."""
    return sum(of_post(settings, text) for text in texts)
