"""Weights: how long X finds a tweet, by X's own rules (twitter-text v3), and what X would not take."""

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from twitter_text import extract_urls_with_indices, parse_tweet

from campaigns.kernel import texts
from campaigns.kernel.errors import Faults

MOST = 280
URL_WEIGHT = 23
LINK = "{link}"
"""Where the tweet's own link goes; {link2} to {link4} are for further ones."""
PLACE = re.compile(r"\{link([2-4]?)\}")
PLACES = frozenset((1, 2, 3, 4))

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
    """What X counts for a text with {link} in it, with further ones, or with none.

    >>> weigh("Read it: {link}")
    Weight(weight=32, valid=True, over=0)
    """
    written = PLACE.sub(SAMPLE, normal(text))
    rough = _rough_count(written)
    if rough > MOST_COUNTED:
        return Weight(rough, valid=False, over=rough - MOST)
    if texts.has_control(written):
        return Weight(rough, valid=False, over=max(0, rough - MOST))
    parsed = parse_tweet(written)
    return Weight(parsed.weightedLength, bool(parsed.valid), max(0, parsed.weightedLength - MOST))


def places_in(text: str) -> list[int]:
    """Which of its links a text has, in order: 1 is {link}, 2 is {link2}.

    >>> places_in("{link2} or {link}")
    [2, 1]
    """
    return [int(found[1] or 1) for found in PLACE.finditer(text)]


def word_of(place: int) -> str:
    """How a link is written in a text.

    >>> word_of(1), word_of(2)
    ('{link}', '{link2}')
    """
    return f"{{link{place if place > 1 else ''}}}"


def with_links(text: str, urls: Mapping[int, str]) -> str:
    """The text as it is posted; a place without an address stays as it is.

    >>> with_links("Read {link} or {link2}", {1: "https://go.example/l/abcdefg"})
    'Read https://go.example/l/abcdefg or {link2}'
    """
    return PLACE.sub(lambda found: urls.get(int(found[1] or 1), found[0]), text)


def without_links(text: str) -> str:
    """The words alone.

    >>> without_links("Read it: {link}")
    'Read it:'
    """
    return PLACE.sub("", text).strip()


def check(text: str, field: str = "text", *, linkless: bool = False, places: Collection[int] = frozenset((1,))) -> str:
    """The text as it is kept, when X would take it and its links would work in it.

    | argument | meaning |
    |---|---|
    | linkless | it needs no {link} |
    | places | which links there are for it |

    Raises invalid: `text_empty`, `link_missing`, `link_twice`, `link_nowhere` (none was made for that place),
    `link_glued` (X would read the letters beside it as a part of the address, or not see an address at all),
    `control_characters`, `text_invalid`, `text_too_long`.
    """
    kept, faults = normal(text), Faults()
    if not kept:
        faults.add(field, "text_empty")
        faults.check()
    found = places_in(kept)
    _check_places(faults, field, found, places, linkless)
    if texts.has_control(kept):
        faults.add(field, "control_characters")
        faults.check()
    weight = weigh(kept)
    if weight.over:
        faults.add(field, "text_too_long", weight=weight.weight, over=weight.over)
    elif not weight.valid:
        faults.add(field, "text_invalid")
    elif found and not faults.found and not _stand_alone(kept):
        faults.add(field, "link_glued")
    faults.check()
    return kept


def _check_places(faults: Faults, field: str, found: Sequence[int], places: Collection[int], linkless: bool) -> None:
    if len(found) != len(set(found)):
        faults.add(field, "link_twice")
    elif 1 not in found and not linkless:
        faults.add(field, "link_missing")
    for place in sorted(set(found) - set(places)):
        faults.add(field, "link_nowhere", word=word_of(place))


def _rough_count(written: str) -> int:
    if len(written) > MOST_WRITTEN:
        return len(written)
    return len(ADDRESS.sub("x" * URL_WEIGHT, written))


def _stand_alone(kept: str) -> bool:
    """Whether X finds each link's address where it was put, and ends it where it ends."""
    written = PLACE.sub(SAMPLE, kept)
    put = {found.start() for found in re.finditer(re.escape(SAMPLE), written)}
    seen = {found["indices"][0] for found in extract_urls_with_indices(written) if found["url"] == SAMPLE}
    return put == seen
