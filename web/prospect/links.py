"""/l/<code>: the short links. A WSGI middleware in front of Flask, since it is the hottest path there is.

On the short domain the code stands at the root, and nothing else of the product is there. What leads nowhere, a wrong
host and anything else go on to Flask, which has the pages for them.
"""

from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment
from zoneinfo import ZoneInfo

from flask import Flask, render_template
from werkzeug.sansio.utils import host_is_trusted

from campaigns.flows.follow_link import follow_link
from campaigns.kernel.errors import Problem, problem
from campaigns.planning import pages
from campaigns.tracking import links, targets
from campaigns.tracking.requests import HEADERS, Request
from campaigns.tracking.targets import Destination
from campaigns.world import World
from web import filters
from web.access import cookie_of
from web.headers import base_headers
from web.prospect.blueprint import blueprint
from web.prospect.copies import Copies
from web.request import as_sent, locale, now, vouched_address, world

PREFIX = "/l/"
ASKS = "+"
"""No code ends so: it asks where a link leads, and counts for none."""
FOLLOWING = ("GET", "HEAD")
VARIABLES = [(name, f"HTTP_{name.upper().replace('-', '_')}") for name in HEADERS]
MOST_HOSTS = 1_000
ROBOTS, ALLOWED = "/robots.txt", b"User-agent: *\nDisallow:\n"
"""X's robot draws a card only of what it may read."""


def install(app: Flask, world: World) -> None:
    """Put the short links in front of an app."""
    app.wsgi_app = ShortLinks(Copies(app.wsgi_app, world), world, app.config["TRUSTED_HOSTS"])  # type: ignore[method-assign]


class ShortLinks:
    """Answers a short link with a redirect and sets no cookie; everything else is the next application's."""

    def __init__(self, following: WSGIApplication, world: World, hosts: list[str]) -> None:
        self._next = following
        self._world = world
        self._hosts = hosts
        self._short_host = world.settings.short_host
        self._seen: dict[str | None, bool] = {}
        self._cookie = f"{cookie_of(world.settings)}="
        self._headers = [
            *base_headers(world.settings).items(), ("Cache-Control", "private, no-store"), ("Content-Length", "0"),
        ]  # fmt: skip

        self._robots = [
            *base_headers(world.settings).items(), ("Content-Type", "text/plain; charset=utf-8"),
            ("Cache-Control", "public, max-age=86400"), ("Content-Length", str(len(ALLOWED))),
        ]  # fmt: skip

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path: str = environ["PATH_INFO"]
        host = environ.get("HTTP_HOST")
        if host and host != host.lower():  # a host is one however it is written
            host = environ["HTTP_HOST"] = host.lower()
        if self._short_host and _name(host) == self._short_host:
            return self._on_short_domain(environ, start_response)
        code = path[3:].removesuffix("/") if path.startswith(PREFIX) else ""
        if not code or "/" in code or not self._trusts(host):
            return self._next(environ, start_response)
        return self._follow(code, environ, start_response)

    def _on_short_domain(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """A code at the root, or with the usual prefix; all else is missing, but what a dead link's page needs."""
        code = environ["PATH_INFO"].removeprefix(PREFIX).removeprefix("/").removesuffix("/")
        if environ["PATH_INFO"].startswith("/static/"):
            return self._next(environ, start_response)
        if environ["PATH_INFO"] == ROBOTS and environ["REQUEST_METHOD"] in FOLLOWING:
            start_response("200 OK", self._robots)
            return [ALLOWED] if environ["REQUEST_METHOD"] == "GET" else []
        if not code or "/" in code or code.lower().partition(".")[0] in links.RESERVED:
            environ["PATH_INFO"] = "/l/+"  # nobody's
            return self._next(environ, start_response)
        environ["PATH_INFO"] = PREFIX + code
        return self._follow(code, environ, start_response)

    def _follow(self, code: str, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if code.endswith(ASKS):
            return self._next(environ, start_response)
        try:
            target = follow_link(self._world, self._read(environ, code))
        except Problem:
            target = None
        if environ["REQUEST_METHOD"] not in FOLLOWING:
            start_response("405 Method Not Allowed", [*self._headers, ("Allow", "GET, HEAD")])
            return []
        if target is None:
            environ["PATH_INFO"] = PREFIX + code
            return self._next(environ, start_response)
        start_response("302 Found", [*self._headers, ("Location", target)])
        return []

    def _trusts(self, host: str | None) -> bool:
        told = self._seen.get(host)
        if told is None:
            if len(self._seen) >= MOST_HOSTS:
                self._seen.clear()
            told = self._seen[host] = host_is_trusted(host, self._hosts)
        return told

    def _read(self, environ: WSGIEnvironment, code: str) -> Request:
        get = environ.get
        return Request(
            environ["REQUEST_METHOD"],
            as_sent(code),
            as_sent(get("HTTP_USER_AGENT", "")),
            as_sent(get("HTTP_REFERER", "")),
            vouched_address(
                get("HTTP_X_FORWARDED_FOR", ""), get("REMOTE_ADDR", ""), self._world.settings.trusted_proxies
            ),
            {name: as_sent(environ[variable]) for name, variable in VARIABLES if variable in environ},
            self._cookie in get("HTTP_COOKIE", ""),
            get("QUERY_STRING", ""),
        )


def _name(host: str | None) -> str:
    return (host or "").partition(":")[0]


@blueprint.get("/l/<code>")
def dead_link(code: str) -> tuple[str, int]:
    """GET /l/<code>, when it leads nowhere: 404 for a code that isn't or isn't open yet, 410 for one that is closed.

    With a `+` behind the code of a link that leads somewhere: where, for those who look before they leap.
    """
    bare = code.removesuffix(ASKS)
    with world().db.read() as session:
        found = targets.destination(session, bare)
        home = targets.page_instead(session, found)
    settings = world().settings
    if found and found.state(now()) == "early":
        return _not_yet(found)
    target = found.target(settings, now()) if found else None
    if found and target and bare != code:
        own = target.startswith(f"{settings.public_url}/")
        return render_template(
            "prospect/link.html", target=target, own=own, url=links.url(settings, found.link.code)
        ), 200
    if target:
        raise problem("later", "database_away")  # it was away a moment ago, or the redirect would have answered
    home_url = pages.url(settings, home) if home else None
    status = 410 if found else 404
    return render_template("prospect/dead_link.html", status=status, home=home, home_url=home_url, opens=None), status


def _not_yet(found: Destination) -> tuple[str, int]:
    """When it opens, by the campaign's clocks; no page instead, since it may be the one that isn't to be seen yet."""
    starts_at, zone = found.link.starts_at, ZoneInfo(found.campaign.zone)
    assert starts_at is not None
    opens = {
        "day": filters.day(starts_at, locale(), zone, now(), "long"), "hour": filters.clock(starts_at, locale(), zone),
        "zone": found.campaign.zone.replace("_", " "),
    }  # fmt: skip
    return render_template("prospect/dead_link.html", status=404, home=None, home_url=None, opens=opens), 404
