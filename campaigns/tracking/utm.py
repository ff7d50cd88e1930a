"""UTM: the tags that a link puts onto its target, generated and never typed, and those that come in from elsewhere."""

import re
import unicodedata
from collections.abc import Collection, Mapping
from urllib.parse import parse_qsl, quote, unquote, unquote_plus

from campaigns.planning.campaigns import Campaign
from campaigns.tracking.links import Link

SOURCE = "twitter"
MOST_CHARACTERS = 100
KEYS = (
    "utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_id", "utm_term", "utm_source_platform",
    "utm_creative_format", "utm_marketing_tactic",
)  # fmt: skip
"""The nine that analytics know; no more than nine are kept of what comes in."""

_KEY = re.compile(r"utm_[a-z0-9_]{1,40}")
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_QUERY_CHARACTERS = 8_000
_FORWARDED_CHARACTERS = 2_000


def of_link(link: Link, campaign: Campaign) -> dict[str, str]:
    """The tags of a link."""
    return {
        "utm_source": link.source,
        "utm_medium": link.medium,
        "utm_campaign": campaign.slug,
        "utm_content": link.content,
        "utm_id": campaign.id,
        "utm_term": link.term or "",
    }


def clean(value: str) -> str:
    """A value as the convention wants it: lower case, [a-z0-9._-], 100 characters at most.

    >>> clean(" Été 2026: -30 % ")
    'ete-2026-30'
    """
    plain = unicodedata.normalize("NFKD", value).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9._]+", "-", plain).strip("-")[:MOST_CHARACTERS].rstrip("-")


def names_somebody(value: str) -> bool:
    """Whether there is an e-mail address in it: everybody who sees a link reads its tags.

    >>> names_somebody("ann@example.com"), names_somebody("lettre 11")
    (True, False)
    """
    return bool(_EMAIL.search(unquote(value)))


def tag(target: str, values: Mapping[str, str]) -> str:
    """The target with these tags in its query. Ours win over its own of the same name; all else stays as it was.

    >>> tag("https://a.example/p?x=1&UTM_Source=old&utm_lab=7#top", {"utm_source": "twitter"})
    'https://a.example/p?x=1&utm_lab=7&utm_source=twitter#top'
    """
    return put(target, {key: clean(value) for key, value in values.items()})


def forward(target: str, query: str, allowed: Collection[str] | None) -> str:
    """The target with what an incoming query adds: all of it, or what is allowed. What the target says already wins.

    >>> forward("https://a.example/p?x=1&utm_source=twitter", "x=2&ref=mail&utm_source=evil", None)
    'https://a.example/p?x=1&utm_source=twitter&ref=mail'
    """
    head, hash_, fragment = target.partition("#")
    path, _, own = head.partition("?")
    pairs = [pair for pair in own.split("&") if pair]
    taken = {_name(pair) for pair in pairs}
    for pair in query[:_FORWARDED_CHARACTERS].split("&"):
        name = _name(pair)
        if (
            name
            and name not in taken
            and (allowed is None or name in allowed)
            and not _EMAIL.search(unquote_plus(pair))
        ):
            pairs.append(quote(pair, safe="=%+-._~!$'()*,;:@/?"))
    joined = "&".join(pairs)
    return f"{path}{'?' if joined else ''}{joined}{hash_}{fragment}"


def put(target: str, values: Mapping[str, str]) -> str:
    """The target with these query parameters, each once; empty ones are left out.

    The query is taken apart as text: decoding and encoding it again would change what isn't ours.
    """
    ours = {key.lower(): value for key, value in values.items() if value}
    head, hash_, fragment = target.partition("#")
    path, _, query = head.partition("?")
    kept = [pair for pair in query.split("&") if pair and _name(pair) not in ours]
    added = [f"{key}={quote(value, safe='')}" for key, value in ours.items()]
    pairs = "&".join([*kept, *added])
    return f"{path}{'?' if pairs else ''}{pairs}{hash_}{fragment}"


def read(query: str) -> dict[str, str]:
    """The tags of an incoming query, folded, trimmed and capped: nine at most, never with an e-mail address in them.

    >>> read("?UTM_Source=+Twitter&utm_medium=SOCIAL&utm_term=ann%40example.com&x=1")
    {'utm_source': 'twitter', 'utm_medium': 'social'}
    """
    found: dict[str, str] = {}
    for name, raw in parse_qsl(query.removeprefix("?")[:_QUERY_CHARACTERS], errors="replace"):
        key, value = name.strip().lower(), _fold(raw)
        if _KEY.fullmatch(key) and value and not names_somebody(value):
            found.setdefault(key, value)
    known = [key for key in KEYS if key in found]
    unknown = [key for key in found if key not in KEYS]
    return {key: found[key] for key in [*known, *unknown][: len(KEYS)]}


def _name(pair: str) -> str:
    return unquote_plus(pair.partition("=")[0]).lower()


def _fold(value: str) -> str:
    printable = "".join(char for char in unicodedata.normalize("NFC", value) if char.isprintable())
    return printable.strip().lower()[:MOST_CHARACTERS].rstrip()
