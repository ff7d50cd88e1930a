"""What a view needs of the request; nothing else touches Flask's globals."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

from flask import current_app, g, has_request_context, request
from werkzeug.wrappers import Response

from campaigns.people.users import Role
from campaigns.tracking.requests import PRIVATE
from campaigns.words import LOCALES, choose, gettext
from campaigns.world import World
from web.known import KnownPages

Answer = str | Response | tuple[str, int]
"""What the view of a page gives back."""


@dataclass(frozen=True)
class Viewer:
    """The member who looks at a staff page."""

    id: str
    session_id: str
    name: str
    email: str
    role: Role
    locale: str
    zone: str

    @property
    def approves(self) -> bool:
        """Whether their word lets a tweet out where an approval is required."""
        return self.role == "admin"

    @property
    def initials(self) -> str:
        """For the round picture: the first letters of the first and last name."""
        words = self.name.split() or [self.email]
        return (words[0][:1] + (words[-1][:1] if len(words) > 1 else "")).upper()


def world() -> World:
    """The World that the app was made with."""
    return cast(World, current_app.extensions["world"])


def known_pages() -> KnownPages:
    """The landing pages that this process knows."""
    return cast(KnownPages, current_app.extensions["known_pages"])


def now() -> datetime:
    """The moment of this request: one and the same however often it is asked."""
    if "now" not in g:
        g.now = world().clock.now()
    return cast(datetime, g.now)


def viewer() -> Viewer:
    """The member who is signed in; only behind a gate."""
    return cast(Viewer, g.viewer)


def viewer_or_none() -> Viewer | None:
    """The member, or None on a public page and before signing in."""
    return cast(Viewer | None, g.get("viewer"))


def see_as(who: Viewer) -> None:
    """The gate says who is looking."""
    g.viewer = who


def locale() -> str:
    """The page's own language when it has one, else the viewer's, else the browser's."""
    if not has_request_context():
        return world().settings.locale
    if "locale" not in g:
        who = viewer_or_none()
        wanted = who.locale if who else request.accept_languages.best_match(LOCALES)
        g.locale = choose(wanted, world().settings.locale)
    return cast(str, g.locale)


def speak(wanted: str) -> None:
    """From here on the page speaks this language: a landing page has its own."""
    g.locale = choose(wanted)


def zone() -> ZoneInfo:
    """The viewer's time zone, else the installation's."""
    who = viewer_or_none()
    return ZoneInfo(who.zone if who else world().settings.zone)


def with_rehearsal() -> bool:
    """Whether rehearsals are counted: as the address says, else while X is rehearsed."""
    wanted = request.args.get("rehearsal")
    return wanted == "true" if wanted in ("true", "false") else world().publisher.rehearses


def say(message: str, **values: Any) -> str:
    """`_` of the page's language."""
    translate: Callable[..., str] = gettext(locale())
    return translate(message, **values)


def client_address() -> str:
    """The address of whoever asks: the last one that our own proxies vouch for. Never stored, only counted by hash."""
    return vouched_address(
        request.headers.get("X-Forwarded-For", ""), request.remote_addr or "", world().settings.trusted_proxies
    )


def client_key() -> str:
    """That address as a key: it is counted, and not kept."""
    return hashlib.blake2b(client_address().encode(), key=world().settings.keys()[0].encode()[:64]).hexdigest()[:32]


def client_agent() -> str:
    """The user agent, as a click's is read."""
    return as_sent(request.environ.get("HTTP_USER_AGENT", ""))


def as_sent(raw: str) -> str:
    """WSGI hands bytes over as Latin-1; people write UTF-8.

    >>> as_sent("Été".encode().decode("latin-1")), as_sent("Firefox")
    ('Été', 'Firefox')
    """
    return raw if raw.isascii() else raw.encode("latin-1", "replace").decode("utf-8", "replace")


def is_private() -> bool:
    """Whether whoever asks says that they don't want to be followed."""
    return any(request.headers.get(name, "").strip() == "1" for name in PRIVATE)


def vouched_address(forwarded: str, peer: str, proxies: int) -> str:
    """The client's address: each of our proxies added one at the end, and what stands before them anybody can write.

    >>> vouched_address("6.6.6.6, 192.0.2.7", "10.0.0.1", 1), vouched_address("6.6.6.6", "192.0.2.7", 0)
    ('192.0.2.7', '192.0.2.7')
    """
    if not proxies:
        return peer
    hops = [hop.strip() for hop in forwarded.split(",") if hop.strip()]
    return hops[-proxies] if len(hops) >= proxies else peer


def is_foreign() -> bool:
    """Whether a form was sent by another site's page. No header at all is a machine or an old browser: not foreign."""
    site = request.headers.get("Sec-Fetch-Site")
    if site:
        return site == "cross-site"
    origin = request.headers.get("Origin")
    if not origin:
        return False
    return origin.rstrip("/") not in {request.host_url.rstrip("/"), world().settings.public_url}


def on_this_host(url: str) -> str:
    """An address of ours as a path: who came under another name of this machine stays there, as its policy wants."""
    own = world().settings.public_url
    return url.removeprefix(own) if url.startswith(f"{own}/") else url


CHUNK_BYTES = 200_000
"""Werkzeug reads 65,536 bytes of a form at once, and holds that against the memory that its fields may take."""


def take_file(most_bytes: int) -> None:
    """Let this request be larger than a form: its view takes a file."""
    request.max_content_length = most_bytes
    request.max_form_memory_size = CHUNK_BYTES
