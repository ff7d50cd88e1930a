"""/l/<code>: the short links. A WSGI middleware in front of Flask, since it is the hottest path there is.

What leads nowhere, a wrong host and anything else go on to Flask, which has the pages for them.
"""

from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask, render_template
from werkzeug.sansio.utils import host_is_trusted

from campaigns.flows.follow_link import Memory, follow_link
from campaigns.kernel.errors import problem
from campaigns.planning import pages
from campaigns.tracking import links
from campaigns.tracking.requests import HEADERS, Request
from campaigns.world import World
from web.headers import base_headers
from web.prospect.blueprint import blueprint
from web.request import vouched_address, world

PREFIX = "/l/"
ASKS = "+"
"""No code ends so: it asks where a link leads, and counts for none."""
FOLLOWING = ("GET", "HEAD")


def install(app: Flask, world: World) -> None:
    """Put the short links in front of an app."""
    app.wsgi_app = ShortLinks(app.wsgi_app, world, app.config["TRUSTED_HOSTS"])  # type: ignore[method-assign]


class ShortLinks:
    """Answers /l/<code> with a redirect and sets no cookie; everything else is the next application's."""

    def __init__(self, following: WSGIApplication, world: World, hosts: list[str]) -> None:
        self._next = following
        self._world = world
        self._hosts = hosts
        self._memory = Memory()
        self._headers = [*base_headers(world.settings).items(), ("Cache-Control", "private, no-store")]

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        code = environ["PATH_INFO"].removeprefix(PREFIX)
        ours = environ["PATH_INFO"].startswith(PREFIX) and code and "/" not in code
        if not ours or not host_is_trusted(environ.get("HTTP_HOST"), self._hosts):
            return self._next(environ, start_response)
        target = follow_link(self._world, _read(environ, code, self._world.settings.trusted_proxies), self._memory)
        if environ["REQUEST_METHOD"] not in FOLLOWING:
            start_response("405 Method Not Allowed", [*self._headers, ("Allow", "GET, HEAD"), ("Content-Length", "0")])
            return []
        if target is None:
            return self._next(environ, start_response)
        start_response("302 Found", [*self._headers, ("Location", target), ("Content-Length", "0")])
        return []


def _read(environ: WSGIEnvironment, code: str, proxies: int) -> Request:
    """WSGI hands bytes over as Latin-1; people write UTF-8."""
    sent = {name: _text(environ.get(f"HTTP_{name.upper().replace('-', '_')}", "")) for name in HEADERS}
    return Request(
        method=environ["REQUEST_METHOD"],
        code=_text(code),
        agent=_text(environ.get("HTTP_USER_AGENT", "")),
        referrer=_text(environ.get("HTTP_REFERER", "")),
        address=vouched_address(environ.get("HTTP_X_FORWARDED_FOR", ""), environ.get("REMOTE_ADDR", ""), proxies),
        headers={name: value for name, value in sent.items() if value},
    )


def _text(raw: str) -> str:
    return raw.encode("latin-1", "replace").decode("utf-8", "replace")


@blueprint.get("/l/<code>")
def dead_link(code: str) -> tuple[str, int]:
    """GET /l/<code>, when it leads nowhere: 404 for a code that isn't, 410 for one that is closed, or whose page is.

    With a `+` behind the code of a link that leads somewhere: where, for those who look before they leap.
    """
    bare = code.removesuffix(ASKS)
    with world().db.read() as session:
        found = links.destination(session, bare)
        home = links.page_instead(session, found)
    settings = world().settings
    target = found.target(settings) if found else None
    if found and target and bare != code:
        own = target.startswith(f"{settings.public_url}/")
        return render_template(
            "prospect/link.html", target=target, own=own, url=links.url(settings, found.link.code)
        ), 200
    if target:
        raise problem("later", "database_away")  # it was away a moment ago, or the redirect would have answered
    status = 410 if found else 404
    home_url = pages.url(settings, home) if home else None
    return render_template("prospect/dead_link.html", status=status, home=home, home_url=home_url), status
