"""Requests for a link, as facts without HTTP: what a hit is made of, and how it is judged."""

import unicodedata
from collections.abc import Mapping
from typing import NamedTuple

from campaigns.tracking.hits import HitClass, Purpose

CLASSIFIER = 2
"""The version of the rules in `judge` and of the lists of bots: raised with each change, so that `reclassify` knows
which hits to judge again."""

SPECULATIVE = ("Sec-Purpose", "Purpose", "X-Moz", "X-Purpose")
"""Headers by which browsers say that nobody looks yet."""

PRIVATE = ("Sec-GPC", "DNT")
"""Headers by which a person asks not to be followed: nothing is kept then that tells one visitor from another."""

HEADERS = (*SPECULATIVE, *PRIVATE)
AGENT_CHARACTERS = 500
"""Of an agent that are judged and kept: real ones stay under 400, and patterns take long over ten thousand."""


class Request(NamedTuple):
    """A request for a link.

    | field | meaning |
    |---|---|
    | code | as it stood in the address |
    | agent, referrer, query | as sent; anything at all |
    | address | the client's, behind our own proxies; hashed, never kept |
    | headers | those of HEADERS that were sent |
    | member | it carries a member's session |
    """

    method: str
    code: str
    agent: str
    referrer: str
    address: str
    headers: Mapping[str, str]
    member: bool = False
    query: str = ""

    @property
    def is_private(self) -> bool:
        return any(self.headers.get(name, "").strip() == "1" for name in PRIVATE)


def judge(*, method: str, purpose: Purpose | None, is_machine: bool, is_member: bool, is_dead: bool) -> HitClass:
    """What a hit is, looking at the request alone: a `human` one is a click unless the same visitor made one just now.

    | argument | meaning |
    |---|---|
    | is_machine | its agent is a bot's, see tracking.bots |
    | is_dead | the code is nobody's, or its link led nowhere at that moment |

    >>> judge(method="HEAD", purpose=None, is_machine=False, is_member=False, is_dead=False)
    'bot'
    """
    if is_dead:
        return "dead_link"
    if is_member:
        return "internal"
    if purpose:
        return purpose
    return "bot" if is_machine or method != "GET" else "human"


def purpose_of(headers: Mapping[str, str]) -> Purpose | None:
    """What a browser says of a page that nobody looks at yet.

    >>> purpose_of({"Sec-Purpose": "prefetch;prerender"}), purpose_of({"DNT": "1"})
    ('prefetch', None)
    """
    said = " ".join(headers.get(name, "") for name in SPECULATIVE).lower()
    if "prefetch" in said or "prerender" in said:
        return "prefetch"
    return "preview" if "preview" in said else None


def kept_text(text: str, most: int = AGENT_CHARACTERS) -> str:
    """What may be stored of a text that a stranger sent: printable, and no longer than anybody needs.

    >>> kept_text("Mozilla/5.0\\x00\\n(\\ud800)")
    'Mozilla/5.0(?)'
    """
    if len(text) <= most and text.isascii() and text.isprintable():
        return text
    known = text[: most * 4].encode("utf-8", "replace").decode()
    return "".join(char for char in unicodedata.normalize("NFC", known) if char.isprintable())[:most]
