"""Threads: a long text as tweets in a row, cut where a reader would take a breath."""

import re

from campaigns.publishing import weights
from campaigns.publishing.weights import MOST

MOST_PARTS = 25
BREAKS = (r"\n{2,}", r"\n", r"(?<=[.!?…])\s+", r"(?<=[,;:])\s+", r"\s+")
"""Where a text may be cut, the best first: between paragraphs, lines, sentences, clauses, words."""


def split(text: str) -> list[str]:
    r"""The text in as few parts as fit, nothing of it lost but the space where it is cut.

    A word that is longer than a tweet stays whole: the count beside it says so.

    >>> split("One.\n\nTwo.")
    ['One.\n\nTwo.']
    >>> [len(part) for part in split("a" * 200 + ". " + "b" * 200 + ".")]
    [201, 201]
    """
    return _cut(weights.normal(text), 0)


def _cut(text: str, level: int) -> list[str]:
    if not text or _fits(text) or level == len(BREAKS):
        return [text] if text else []
    pieces = [piece for piece in re.split(f"({BREAKS[level]})", text) if piece]
    parts: list[str] = []
    open_part = ""
    for piece in pieces:
        if _fits((open_part + piece).strip()):
            open_part += piece
            continue
        parts += [open_part.strip()] if open_part.strip() else []
        *whole, open_part = _cut(piece.strip(), level + 1) or [""]
        parts += whole
    return [*parts, open_part.strip()] if open_part.strip() else parts


def _fits(text: str) -> bool:
    # a long text isn't parsed only to hear that it is long
    return len(text) <= weights.MOST_COUNTED and weights.weigh(text).weight <= MOST
