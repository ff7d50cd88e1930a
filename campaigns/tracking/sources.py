"""Sources: where a visit came from, and what proves it. Our code beats UTM tags, tags beat the referrer.

Hosts match exactly: t.co.evil.example is not X.
"""

import re
from dataclasses import dataclass, replace
from typing import NamedTuple
from urllib.parse import urlsplit

from campaigns.tracking import utm
from campaigns.tracking.bots import is_x_app
from campaigns.tracking.hits import Evidence

HOST = re.compile(r"[a-z0-9_:-]+(?:\.[a-z0-9_:-]+)*")
MOST_CHARACTERS = 253
X_HOSTS = frozenset(f"{sub}{host}" for host in ("t.co", "x.com", "twitter.com") for sub in ("", "www.", "mobile."))
APPS = {
    "com.twitter.android": "twitter.com",
    "com.twitter.android.lite": "twitter.com",
    "ch.protonmail.android": "mail.proton.me",
    "com.facebook.katana": "facebook.com",
    "com.facebook.lite": "facebook.com",
    "com.google.android.apps.searchlite": "www.google.com",
    "com.google.android.gm": "mail.google.com",
    "com.google.android.gm.lite": "mail.google.com",
    "com.google.android.googlequicksearchbox": "www.google.com",
    "com.google.android.youtube": "youtube.com",
    "com.instagram.android": "instagram.com",
    "com.instagram.barcelona": "threads.net",
    "com.instagram.lite": "instagram.com",
    "com.linkedin.android": "linkedin.com",
    "com.microsoft.office.outlook": "outlook.live.com",
    "com.pinterest": "pinterest.com",
    "com.quora.android": "quora.com",
    "com.reddit.frontpage": "reddit.com",
    "com.yahoo.mobile.client.android.mail": "mail.yahoo.com",
    "com.zhiliaoapp.musically": "tiktok.com",
    "org.joinmastodon.android": "mastodon.social",
    "xyz.blueskyweb.app": "bsky.app",
}
"""Android apps that send their name for a referrer, by the host that they stand for."""

APP_AGENTS = (
    (re.compile(r"\bBarcelona \d"), "threads.net"),
    (re.compile(r"\bInstagram \d"), "instagram.com"),
    (re.compile(r"\bFBA[NV]/"), "facebook.com"),
    (re.compile(r"\bLinkedInApp\b"), "linkedin.com"),
    (re.compile(r"\[Pinterest/"), "pinterest.com"),
    (re.compile(r"\bmusical_ly|\bBytedanceWebview\b|\btrill_\d"), "tiktok.com"),
)
"""Apps whose own browser says so; most of them send no referrer."""

MAILED = frozenset({"email", "newsletter"})
"""Channels whose links are opened from a mail; a blog's or a slide's may be opened from anywhere but X."""

SOCIAL = frozenset({
    "bsky.app", "facebook.com", "instagram.com", "linkedin.com", "mastodon.social", "pinterest.com", "quora.com",
    "reddit.com", "threads.com", "threads.net", "tiktok.com", "youtube.com",
})  # fmt: skip
"""Sites whose every subdomain is theirs (l.facebook.com, fr.linkedin.com)."""

SOCIAL_SHORT = {
    "fb.com": "facebook.com", "fb.me": "facebook.com", "lnkd.in": "linkedin.com", "pin.it": "pinterest.com",
    "redd.it": "reddit.com", "youtu.be": "youtube.com",
}  # fmt: skip
MAIL = frozenset({
    "mail.google.com", "outlook.live.com", "outlook.office.com", "outlook.office365.com", "outlook.cloud.microsoft",
    "mail.yahoo.com", "mail.proton.me", "mail.protonmail.com", "app.fastmail.com", "webmail.free.fr",
    "messagerie.orange.fr", "mail01.orange.fr", "webmail.orange.fr", "webmail.sfr.fr", "mail.laposte.net",
    "mail.ovh.net", "mail.infomaniak.com", "mail.zoho.com", "mail.zoho.eu", "mail.aol.com", "www.icloud.com",
    "navigator.gmx.com", "navigator.web.de", "e.mail.ru", "mail.qq.com", "mail.yandex.ru", "mail.yandex.com",
})  # fmt: skip
MAIL_PATTERN = re.compile(r"(?:webmail|roundcube|zimbra)\..+|[a-z0-9]+\.safelinks\.protection\.outlook\.com")
"""What an organisation's own webmail is called, and the detour that Outlook's links take."""

SEARCH = re.compile(
    r"(?:www\.)?(?:(google)\.(?:[a-z]{2}|com|cat|co\.[a-z]{2}|com\.[a-z]{2})"
    r"|(?:(?:www2?|[a-z]{2}|m|html|lite)\.)?(bing|duckduckgo|qwant|ecosia|startpage|baidu|kagi|mojeek)\.(?:com|org)"
    r"|(?:(?:[a-z]{2}\.)?search\.)?(yahoo)\.(?:com|co\.jp)|search\.(brave)\.com|(yandex)\.(?:[a-z]{2}|com|com\.tr))"
)


class LinkSource(NamedTuple):
    """What a link says of those who follow it."""

    channel: str
    source: str
    medium: str


@dataclass(frozen=True)
class Source:
    """Where a visit came from.

    | field | meaning |
    |---|---|
    | host | the site that sent it, also when an app's browser told instead of a referrer |
    | internal | from our own pages, so it isn't a visit's beginning |
    """

    source: str
    medium: str
    channel: str
    evidence: Evidence
    host: str | None = None
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
        host = (parts.hostname or "").removesuffix(".").encode("idna").decode("ascii").lower()
    except (UnicodeError, ValueError):
        return None
    if parts.scheme == "android-app":
        host = APPS.get(host, host)
    elif parts.scheme not in ("http", "https"):
        return None
    return host if len(host) <= MOST_CHARACTERS and HOST.fullmatch(host) else None


def app_host(agent: str) -> str | None:
    """The site whose app the browser is a part of.

    >>> app_host("Mozilla/5.0 (iPhone) Mobile/15E148 Instagram 384.0.0.35.95"), app_host("Mozilla/5.0 Firefox/140.0")
    ('instagram.com', None)
    """
    if is_x_app(agent):
        return "twitter.com"
    return next((host for pattern, host in APP_AGENTS if pattern.search(agent)), None)


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
    sent_by = app_host(agent) if host is None or own else host
    came_from = _known(sent_by) if sent_by else None
    told = _by_link(link, came_from) if link else _by_tags(query) or _by_referrer(came_from, own=own)
    return replace(told, host=sent_by or host)


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
    if re.search(r"(?:^|[?&])twclid=[^&]", query, re.IGNORECASE):
        return Source(utm.SOURCE, "paid_social", "x_paid", "utm")
    return None


def _by_referrer(came_from: _Referrer | None, *, own: bool) -> Source:
    if own:
        return Source("(internal)", "(none)", "internal", "direct", internal=True)
    if came_from is None:
        return Source("(direct)", "(none)", "direct", "direct")
    if came_from.is_x:
        return Source(came_from.source, came_from.medium, "x_unknown_post", "x_unknown")
    channel = {"organic": "organic_search"}.get(came_from.medium, came_from.medium)
    return Source(came_from.source, came_from.medium, channel, "referrer")


def _known(host: str) -> _Referrer:
    if host in X_HOSTS:
        return _Referrer(host, utm.SOURCE, "social")
    if host in MAIL or MAIL_PATTERN.fullmatch(host):
        return _Referrer(host, host, "email")
    if found := SEARCH.fullmatch(host):
        return _Referrer(host, next(filter(None, found.groups())), "organic")
    # the last two labels: no site of the list is below a suffix such as co.uk
    site = SOCIAL_SHORT.get(host) or ".".join(host.split(".")[-2:])
    return _Referrer(host, site, "social") if site in SOCIAL else _Referrer(host, host, "referral")
