"""Sources: where a visit came from, and what proves it. Our code beats UTM tags, tags beat the referrer.

Hosts match exactly: t.co.evil.example is not X.
"""

import re
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlsplit

from campaigns.tracking import utm
from campaigns.tracking.bots import is_x_app
from campaigns.tracking.hits import Evidence

X_HOSTS = frozenset(f"{sub}{host}" for host in ("t.co", "x.com", "twitter.com") for sub in ("", "www.", "mobile."))
X_APPS = frozenset({"com.twitter.android", "com.twitter.android.lite"})
APPS = {
    "com.google.android.gm": "mail.google.com",
    "com.google.android.googlequicksearchbox": "www.google.com",
    "com.facebook.katana": "facebook.com",
    "com.instagram.android": "instagram.com",
    "com.linkedin.android": "linkedin.com",
    "com.reddit.frontpage": "reddit.com",
}
"""Android apps that send their name for a referrer, by the host that they stand for."""

MAILED = frozenset({"email", "newsletter"})
"""Channels whose links are opened from a mail; a blog's or a slide's may be opened from anywhere but X."""

SOCIAL = frozenset({
    "bsky.app", "facebook.com", "instagram.com", "linkedin.com", "mastodon.social", "pinterest.com", "quora.com",
    "reddit.com", "threads.net", "tiktok.com", "youtube.com",
})  # fmt: skip
SOCIAL_SHORT = {"lnkd.in": "linkedin.com", "fb.me": "facebook.com", "redd.it": "reddit.com", "youtu.be": "youtube.com"}
MAIL = frozenset({
    "mail.google.com", "outlook.live.com", "outlook.office.com", "outlook.office365.com", "mail.yahoo.com",
    "mail.proton.me", "mail.protonmail.com", "app.fastmail.com", "webmail.free.fr", "messagerie.orange.fr",
    "mail.zoho.com", "mail.aol.com", "www.icloud.com",
})  # fmt: skip
SEARCH = re.compile(
    r"(?:www\.)?(?:(google)\.(?:[a-z]{2,3}|co\.[a-z]{2}|com\.[a-z]{2})|(bing|duckduckgo|qwant|ecosia|startpage|baidu)\.(?:com|org)"
    r"|(?:(?:[a-z]{2}\.)?search\.)?(yahoo)\.com|search\.(brave)\.com|(yandex)\.(?:ru|com))"
)


class LinkSource(NamedTuple):
    """What a link says of those who follow it."""

    channel: str
    source: str
    medium: str


@dataclass(frozen=True)
class Source:
    """Where a visit came from. `internal`: from our own pages, so it isn't a visit's beginning."""

    source: str
    medium: str
    channel: str
    evidence: Evidence
    internal: bool = False


@dataclass(frozen=True)
class _Referrer:
    host: str
    source: str
    medium: str

    @property
    def is_x(self) -> bool:
        return self.host in X_HOSTS


def referrer_host(referrer: str | None) -> str | None:
    """The host of a referrer; None when there is none or it can't be read. An app counts as its site.

    >>> referrer_host("https://T.co:443/AbC"), referrer_host("javascript:alert(1)")
    ('t.co', None)
    """
    try:
        parts = urlsplit((referrer or "").strip())
        host = (parts.hostname or "").rstrip(".").encode("idna").decode("ascii").lower()
    except (UnicodeError, ValueError):
        return None
    if parts.scheme == "android-app":
        host = "twitter.com" if host in X_APPS else APPS.get(host, host)
    elif parts.scheme not in ("http", "https"):
        return None
    return host if re.fullmatch(r"[a-z0-9_.:-]{1,253}", host) else None


def tell(
    link: LinkSource | None,
    *,
    referrer: str | None,
    agent: str = "",
    query: str = "",
    own_hosts: frozenset[str] = frozenset(),
) -> Source:
    """The source of a request.

    | argument | meaning |
    |---|---|
    | link | the link that was followed; None: a page was opened without one |
    | query | of the page's address: UTM tags count only without a link |
    """  # fmt: skip
    host = referrer_host(referrer)
    own = host in own_hosts
    came_from = _known(host) if host and not own else None
    if came_from is None and is_x_app(agent):
        came_from = _known("twitter.com")
    if link:
        return _by_link(link, came_from)
    if tags := _by_tags(query):
        return tags
    if own:
        return Source("(internal)", "(none)", "internal", "direct", internal=True)
    return _by_referrer(came_from)


def _by_link(link: LinkSource, came_from: _Referrer | None) -> Source:
    on_x = link.channel.startswith("x_")
    if came_from is None:
        return Source(link.source, link.medium, link.channel, "link")
    if on_x and came_from.is_x:
        return Source(link.source, link.medium, link.channel, "link+x")
    if not on_x and not came_from.is_x and (link.channel not in MAILED or came_from.medium == "email"):
        return Source(link.source, link.medium, link.channel, "link")
    channel = f"{link.channel.partition('_')[0]}_spillover"
    return Source(came_from.source, came_from.medium, channel, "link+other")


def _by_tags(query: str) -> Source | None:
    if tags := utm.read(query):
        return Source(tags.get("utm_source", "(not set)"), tags.get("utm_medium", "(not set)"), "utm", "utm")
    if re.search(r"(?:^|[?&])twclid=[^&]", query):
        return Source(utm.SOURCE, "paid_social", "x_paid", "utm")
    return None


def _by_referrer(came_from: _Referrer | None) -> Source:
    if came_from is None:
        return Source("(direct)", "(none)", "direct", "direct")
    if came_from.is_x:
        return Source(came_from.source, came_from.medium, "x_unknown_post", "x_unknown")
    channel = {"organic": "organic_search"}.get(came_from.medium, came_from.medium)
    return Source(came_from.source, came_from.medium, channel, "referrer")


def _known(host: str) -> _Referrer:
    if host in X_HOSTS:
        return _Referrer(host, utm.SOURCE, "social")
    if host in MAIL:
        return _Referrer(host, host, "email")
    if found := SEARCH.fullmatch(host):
        return _Referrer(host, next(filter(None, found.groups())), "organic")
    site = SOCIAL_SHORT.get(host) or re.sub(r"^(?:www|m|l|lm|mobile|old|out|web|fr|en)\.", "", host)
    return _Referrer(host, site, "social") if site in SOCIAL else _Referrer(host, host, "referral")
