"""Who may come in: one gate an audience, in front of every view of it, and closed unless it opens."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from campaigns.kernel.errors import Problem, problem
from campaigns.people import sessions
from campaigns.people.users import Role
from web.request import Viewer, is_foreign, now, see_as, viewer, world

SAFE = {"GET", "HEAD", "OPTIONS"}
CSRF_AGE_S = 24 * 3600


def cookie_name() -> str:
    """Its suffix keeps two instances on one host apart; `__Host-` forbids a subdomain to set it."""
    settings = world().settings
    return f"__Host-perchoir-{settings.cookie_suffix}" if settings.is_https else f"perchoir-{settings.cookie_suffix}"


def set_cookie(response: AnyResponse, secret: str) -> None:
    """The session's secret, out of scripts' reach."""
    settings = world().settings
    response.set_cookie(
        cookie_name(), secret, max_age=settings.session_max_s, secure=settings.is_https, httponly=True, samesite="Lax"
    )


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
    return Viewer(user.id, user_session.id, user.name, user.email, user.role, user.locale, user.zone)


def csrf_token() -> str:
    """Signed for this session alone; it changes each second, so a compressed page gives nothing away."""
    return world().signer.sign("csrf", viewer().session_id, now())


def check_csrf() -> None:
    """Raises forbidden (`csrf`, `foreign_origin`) unless the request was made by a page of ours, for this session."""
    if is_foreign():
        raise problem("forbidden", "foreign_origin")
    token = request.headers.get("X-CSRF-Token") or request.form.get("csrf_token", "")
    try:
        session_id, _ = world().signer.read("csrf", token, now(), CSRF_AGE_S)
    except Problem:
        session_id = None
    if session_id != viewer().session_id:
        raise problem("forbidden", "csrf")


def gate(
    blueprint: Blueprint, full: Iterable[Role], readers: Iterable[Role] = (), readable: Iterable[str] = ()
) -> None:
    """Let in members only.

    | argument | meaning |
    |---|---|
    | full | roles that may do everything here |
    | readers, readable | roles that may only GET, and only these views (their function's names) |
    """
    full, readers, readable = set(full), set(readers), set(readable)

    @blueprint.before_request
    def check() -> AnyResponse | None:
        who = recognise()
        if who is None:
            return ask_to_sign_in()
        see_as(who)
        view = (request.endpoint or "").rpartition(".")[2]
        may_read = who.role in readers and view in readable and request.method in SAFE
        if who.role not in full and not may_read:
            raise problem("forbidden", "not_your_role")
        if request.method not in SAFE:
            check_csrf()
        return None

    @blueprint.after_request
    def never_shared(response: Response) -> Response:
        response.headers.add("Vary", "Cookie")
        return response


def ask_to_sign_in() -> AnyResponse:
    """To the sign-in page, and back here afterwards when this was a page to look at."""
    back = request.full_path.rstrip("?") if request.method in SAFE else None
    return redirect(url_for("account.sign_in", next=back if back and back != "/" else None))


def own_path(wanted: str | None) -> str:
    """Where to go next: a path of ours, or home. Never another site, however it is spelt.

    >>> own_path("/leads?state=new"), own_path("//evil.example"), own_path("/\\\\evil.example"), own_path("https:evil")
    ('/leads?state=new', '/', '/', '/')
    """
    path = "".join(c for c in (wanted or "") if c > " " and c != "\x7f").replace("\\", "/")
    parts = urlsplit(path)
    if not path.startswith("/") or path.startswith("//") or parts.scheme or parts.netloc:
        return "/"
    return path
