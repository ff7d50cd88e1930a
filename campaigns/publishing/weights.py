"""Weights: how long X finds a tweet, by X's own rules (twitter-text v3), and what X would not take."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from twitter_text import extract_urls_with_indices, parse_tweet

from campaigns.kernel import texts
from campaigns.kernel.errors import Faults

MOST = 280
URL_WEIGHT = 23
LINK = "{link}"

MOST_COUNTED = 600
"""Characters, an address being 23: more are refused unparsed. 2,000 of `a.` would keep the parser busy for 15 s."""
MOST_WRITTEN = 6_000
"""Characters as written: X takes addresses of 4,096."""

ADDRESS = re.compile(r"https?://\S{1,4096}")
# Of the same shape as ours. Whatever our own host is (a rehearsal's is localhost, which X wouldn't take for an
# address), the count is the one that counts once the product has its domain.
SAMPLE = "https://go.example.com/l/Abcdefg"


@dataclass(frozen=True)
class Weight:
    """What X counts. `valid`: X would take the text as it is; `over`: what must go."""

    weight: int
    valid: bool
    over: int


def normal(text: str) -> str:
    r"""The text as X counts and keeps it: composed (NFC), LF at the end of a line, no space around it.

    >>> normal(" one\r\ntwo ")
    'one\ntwo'
    """
    plain = re.sub(r"\r\n?", "\n", text).strip()
    # composing an endless text would cost a lot of time, and it is refused anyway
    return unicodedata.normalize("NFC", plain) if len(plain) <= MOST_WRITTEN else plain


@lru_cache(4096)
def weigh(text: str) -> Weight:
    """What X counts for a text with {link} in it, or with none.

    >>> weigh("Read it: {link}")
    Weight(weight=32, valid=True, over=0)
    """
    written = normal(text).replace(LINK, SAMPLE)
    rough = _rough_count(written)
    if rough > MOST_COUNTED:
        return Weight(rough, valid=False, over=rough - MOST)
    if texts.has_control(written):
        return Weight(rough, valid=False, over=max(0, rough - MOST))
    parsed = parse_tweet(written)
    return Weight(parsed.weightedLength, bool(parsed.valid), max(0, parsed.weightedLength - MOST))


def check(text: str, field: str = "text", *, linkless: bool = False) -> str:
    """The text as it is kept, when X would take it and the link would work in it. `linkless`: it needs none.

    Raises invalid: `text_empty`, `link_missing`, `link_twice`, `link_glued` (X would read the letters beside it as a
    part of the address, or not see an address at all), `control_characters`, `text_invalid`, `text_too_long`.
    """
    kept, faults = normal(text), Faults()
    if not kept:
        faults.add(field, "text_empty")
        faults.check()
    times = kept.count(LINK)
    if times > 1 or not (times or linkless):
        faults.add(field, "link_twice" if times else "link_missing")
    if texts.has_control(kept):
        faults.add(field, "control_characters")
        faults.check()
    weight = weigh(kept)
    if weight.over:
        faults.add(field, "text_too_long", weight=weight.weight, over=weight.over)
    elif not weight.valid:
        faults.add(field, "text_invalid")
    elif times == 1 and not _stands_alone(kept):
        faults.add(field, "link_glued")
    faults.check()
    return kept


def _rough_count(written: str) -> int:
    if len(written) > MOST_WRITTEN:
        return len(written)
    return len(ADDRESS.sub("x" * URL_WEIGHT, written))


def _stands_alone(kept: str) -> bool:
    """Whether X finds the link's address where it was put, and ends it where it ends."""
    start = kept.index(LINK)
    return any(
        found["url"] == SAMPLE and found["indices"][0] == start
        for found in extract_urls_with_indices(kept.replace(LINK, SAMPLE))
    )
