"""Requests for a link, as facts without HTTP: what a hit is made of, and how it is judged."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from campaigns.tracking import bots
from campaigns.tracking.hits import HitClass

CLASSIFIER = 1
"""The version of the rules in `judge`: raised with each change, so that past hits can be judged again."""

SPECULATIVE = ("Sec-Purpose", "Purpose", "X-Moz", "X-Purpose")
"""Headers by which browsers say that nobody looks yet."""

PRIVATE = ("Sec-GPC", "DNT")
"""Headers by which a person asks not to be followed: nothing is kept then that tells one visitor from another."""

HEADERS = (*SPECULATIVE, *PRIVATE)


@dataclass(frozen=True)
class Request:
    """A request for a link.

    | field | meaning |
    |---|---|
    | code | as it stood in the address |
    | agent, referrer | as sent; anything at all |
    | address | the client's, behind our own proxies; hashed, never kept |
    | headers | those of HEADERS that were sent |
    | member | a member who is signed in |
    """

    method: str
    code: str
    agent: str
    referrer: str
    address: str
    headers: Mapping[str, str]
    member: bool = False

    @property
    def is_private(self) -> bool:
        return any(self.headers.get(name, "").strip() == "1" for name in PRIVATE)


def judge(request: Request, *, leads_somewhere: bool = True) -> HitClass:
    """What a hit is, looking at the request alone: a `human` one is a click unless hits.is_repeated.

    `leads_somewhere`: the link is there, not disabled, and has a page online.
    """
    if not leads_somewhere:
        return "dead_link"
    if request.member:
        return "internal"
    if (purpose := _purpose(request.headers)) is not None:
        return purpose
    machine = request.method != "GET" or bots.is_bot(kept_text(request.agent))
    return "bot" if machine else "human"


def _purpose(headers: Mapping[str, str]) -> HitClass | None:
    said = " ".join(headers.get(name, "") for name in SPECULATIVE).lower()
    if "prefetch" in said or "prerender" in said:
        return "prefetch"
    return "preview" if "preview" in said else None


def kept_text(text: str, most: int = bots.MOST_CHARACTERS) -> str:
    """What may be stored of a text that a stranger sent: printable, and no longer than anybody needs.

    >>> kept_text("Mozilla/5.0\\x00\\n(\\ud800)")
    'Mozilla/5.0(?)'
    """
    known = text[: most * 4].encode("utf-8", "replace").decode()
    return "".join(char for char in unicodedata.normalize("NFC", known) if char.isprintable())[:most]
