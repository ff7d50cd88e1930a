"""Who may come in: one gate an audience, in front of every view of it, and closed unless it opens."""

from collections.abc import Iterable
from urllib.parse import urlsplit

import structlog
from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from campaigns.flows.note_member import note_member
from campaigns.kernel.errors import Problem, problem
from campaigns.people import sessions
from campaigns.people.users import Role
from campaigns.settings import Settings
from web.request import (
    Viewer,
    client_address,
    client_agent,
    is_foreign,
    is_private,
    now,
    see_as,
    viewer,
    viewer_or_none,
    world,
)

SAFE = {"GET", "HEAD", "OPTIONS"}
CSRF_AGE_S = 24 * 3600
MOST_PATH = 2000

log = structlog.get_logger()


def cookie_of(settings: Settings) -> str:
    """The session cookie's name.

    Its suffix keeps two instances on one host apart; `__Host-` forbids a subdomain to set it.
    """
    return f"__Host-perchoir-{settings.cookie_suffix}" if settings.is_https else f"perchoir-{settings.cookie_suffix}"


def cookie_name() -> str:
    """As `cookie_of` these settings."""
    return cookie_of(world().settings)


def set_cookie(response: AnyResponse, secret: str) -> None:
    """The session's secret, out of scripts' reach."""
    settings = world().settings
    response.set_cookie(
        cookie_name(), secret, max_age=settings.session_max_s, secure=settings.is_https, httponly=True, samesite="Lax"
    )


def drop_cookie(response: AnyResponse) -> None:
    """Signed out: nothing of the session stays in the browser."""
    settings = world().settings
    response.delete_cookie(cookie_name(), secure=settings.is_https, httponly=True, samesite="Lax")


def recognise() -> Viewer | None:
    """The member behind the request's cookie."""
    secret = request.cookies.get(cookie_name())
    if not secret:
        return None
    settings = world().settings
    with world().db.read() as session:
        found = sessions.find(session, secret, now(), settings.session_idle_s, settings.session_max_s)
    if found is None:
        return None
    user_session, user = found
    if sessions.is_stale(user_session, now()):
        with world().db.write() as session:
            sessions.note_seen(session, user_session.id, user.id, now())
    if not is_private():
        note_member(world(), client_address(), client_agent())
    return Viewer(user.id, user_session.id, user.name, user.email, user.role, user.locale, user.zone)


def csrf_token() -> str:
    """Signed for this session alone; it changes each second, so a compressed page gives nothing away."""
    return world().signer.sign("csrf", viewer().session_id, now())


def check_csrf() -> None:
    """Raises forbidden (`csrf`, `foreign_origin`) unless the request was made by a page of ours, for this session."""
    if is_foreign():
        raise refused("foreign_origin")
    token = request.headers.get("X-CSRF-Token") or request.form.get("csrf_token", "")
    try:
        session_id, _ = world().signer.read("csrf", token, now(), CSRF_AGE_S)
    except Problem:
        session_id = None
    if session_id != viewer().session_id:
        raise refused("csrf")


def gate(
    blueprint: Blueprint,
    full: Iterable[Role],
    readers: Iterable[Role] = (),
    readable: Iterable[str] = (),
    members: Iterable[str] = (),
    public: Iterable[str] = (),
) -> None:
    """Let in members only. A view that no argument names is open to `full` alone.

    | argument | meaning |
    |---|---|
    | full | roles that may do everything here |
    | readers, readable | roles that may only GET, and only these views (their function's names) |
    | members | views that are every member's own, whatever the role |
    | public | views before signing in; their POST is refused when another site's page sent it |
    """
    full, readers = set(full), set(readers)
    readable, members, public = set(readable), set(members), set(public)

    @blueprint.before_request
    def check() -> AnyResponse | None:
        view = (request.endpoint or "").rpartition(".")[2]
        if view in public:
            if request.method not in SAFE and is_foreign():
                raise refused("foreign_origin")
            return None
        who = recognise()
        if who is None:
            return ask_to_sign_in()
        see_as(who)
        may_read = who.role in readers and view in readable and request.method in SAFE
        if who.role not in full and view not in members and not may_read:
            raise refused("not_your_role")
        if request.method not in SAFE:
            check_csrf()
        return None

    @blueprint.after_request
    def never_shared(response: Response) -> Response:
        response.headers.add("Vary", "Cookie")
        return response


def refused(code: str) -> Problem:
    """A refusal of the gate, written down: who tries doors is worth knowing."""
    who = viewer_or_none()
    log.warning("refused", code=code, endpoint=request.endpoint, method=request.method, user_id=who and who.id)
    return problem("forbidden", code)


def ask_to_sign_in() -> AnyResponse:
    """To the sign-in page, and back here afterwards when this was a page to look at."""
    back = request.full_path.rstrip("?") if request.method in SAFE else None
    return redirect(url_for("account.sign_in", next=back if back and back != "/" else None))


def own_path(wanted: str | None) -> str:
    """Where to go next: a path of ours, or home. Never another site, however it is spelt.

    >>> own_path("/leads?state=new"), own_path("//evil.example"), own_path("/\\\\evil.example"), own_path("https:evil")
    ('/leads?state=new', '/', '/', '/')
    """
    # browsers drop control characters and take \\ for /: what is compared must be what they will read
    path = "".join(c for c in (wanted or "") if c > " " and not "\x7f" <= c <= "\xa0").replace("\\", "/")
    if len(path) > MOST_PATH or not path.startswith("/") or path.startswith("//"):
        return "/"
    parts = urlsplit(path)
    # `/.//evil.example` resolves to a path that begins with //, which a proxy may take for a host
    return "/" if parts.scheme or parts.netloc or "//" in parts.path else path
