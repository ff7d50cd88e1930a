"""Slugs: the readable part of an address."""

import re
import unicodedata
from collections.abc import Collection

from campaigns.kernel.errors import Faults

MAX_LENGTH = 60
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_OTHER = re.compile(r"[^a-z0-9]+")
_LETTERS = str.maketrans(
    {"œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "&": " et "}
)

_RESERVED = """
    about account admin api app approve assets blog calendar campaign campaigns conversions css d download downloads
    edit exports favicon
    favicon-ico feed healthz help home hooks humans-txt img impact index join js l lead leads legal link links
    login logout mailbox metrics new offer offers p page pages paid password pay preview privacy r readyz
    rehearsal report reports repost reposts robots robots-txt s search settings sign-in sign-out sitemap sitemap-xml
    static status t thanks till tweet tweets u unsubscribe user users wall webhook webhooks weekly well-known www
"""
RESERVED = frozenset(_RESERVED.split())
"""Kept for Perchoir's own addresses, today's and tomorrow's: a landing page may move to the root of a short domain."""


def fold(text: str, fallback: str) -> str:
    """A slug made of a text; the fallback when nothing of it can be written so.

    >>> fold("Une revue d’école : 6 vendredis !", "page"), fold("Œuvres & cœurs", "page"), fold("مرحبا", "page")
    ('une-revue-d-ecole-6-vendredis', 'oeuvres-et-coeurs', 'page')
    """
    plain = unicodedata.normalize("NFKD", text[:1000].lower().translate(_LETTERS))
    slug = _OTHER.sub("-", "".join(c for c in plain if not unicodedata.combining(c))).strip("-")
    if len(slug) > MAX_LENGTH:
        slug = slug[: MAX_LENGTH + 1].rpartition("-")[0] or slug[:MAX_LENGTH]
    return slug.strip("-") or fallback


def check(faults: Faults, slug: str, field: str = "slug") -> None:
    """Add what is wrong with a slug that somebody wrote."""
    if len(slug) > MAX_LENGTH or not _SLUG.fullmatch(slug):
        faults.add(field, "slug_malformed")
    elif slug in RESERVED:
        faults.add(field, "slug_reserved", slug=slug)


def next_free(slug: str, taken: Collection[str]) -> str:
    """The slug, or the first of slug-2, slug-3 … that is neither taken nor reserved; never above the length allowed.

    >>> next_free("six-fridays", {"six-fridays", "six-fridays-2"}), next_free("api", set())
    ('six-fridays-3', 'api-2')
    """
    wanted, number = slug, 1
    while wanted in taken or wanted in RESERVED:
        number += 1
        end = f"-{number}"
        wanted = slug[: MAX_LENGTH - len(end)].rstrip("-") + end
    return wanted


def may_exist(slug: str) -> bool:
    """Whether any page can have it; spares the database what a robot guesses."""
    return len(slug) <= MAX_LENGTH and _SLUG.fullmatch(slug) is not None
