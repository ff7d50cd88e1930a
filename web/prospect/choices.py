"""The banner of identity level 2: who agrees gets one cookie, a refusal is remembered by one that says only that.

Nothing is set before an answer, and at levels 0 and 1 nothing at all. The answers are sent to the page's own address,
without an action, so that the visit's token stays in it.
"""

from typing import Literal
from wsgiref.types import WSGIEnvironment

from flask import redirect, request, url_for
from werkzeug.http import parse_cookie
from werkzeug.wrappers import Response

from campaigns.flows.answer_banner import agree, refuse, withdraw
from campaigns.kernel.codes import is_secret
from campaigns.kernel.errors import problem
from campaigns.planning.pages import Page
from campaigns.settings import Settings
from campaigns.tracking import visits
from campaigns.tracking.requests import PRIVATE
from campaigns.tracking.sights import Sight
from web.request import now, world

Choice = Literal["", "ask", "yes", "no", "private", "private once"]
"""What is known of the answer: nobody asks (levels 0 and 1), to be asked, agreed, refused, wants not to be followed
(and agreed or refused once, so that there is a cookie to take back).
"""

FIELD = "pc-choice"
REFUSED = "no"
REFUSAL_S = 183 * 86400
"""Who refused is asked again after half a year at the earliest."""

_PRIVATE = [f"HTTP_{name.upper().replace('-', '_')}" for name in PRIVATE]


def cookie_of(settings: Settings) -> str:
    """The cookie's name; `__Host-` forbids a subdomain to set it."""
    name = f"perchoir-browser-{settings.cookie_suffix}"
    return f"__Host-{name}" if settings.is_https else name


def of_environ(settings: Settings, environ: WSGIEnvironment) -> Choice:
    """What a request says of the answer."""
    if settings.identity_level < 2:
        return ""
    kept = _kept(settings, environ)
    if any(environ.get(variable, "").strip() == "1" for variable in _PRIVATE):
        return "private once" if kept else "private"
    return "ask" if not kept else "no" if kept == REFUSED else "yes"


def secret(settings: Settings, environ: WSGIEnvironment) -> str:
    """Of the browser whose user agreed; empty when nobody did, or it isn't to be looked at."""
    return _kept(settings, environ) if of_environ(settings, environ) == "yes" else ""


def _kept(settings: Settings, environ: WSGIEnvironment) -> str:
    """The cookie's value; what we never gave is no answer."""
    kept = parse_cookie(environ.get("HTTP_COOKIE")).get(cookie_of(settings), "")
    return kept if kept == REFUSED or is_secret(kept) else ""


def answer(page: Page, said: str, sight: Sight) -> Response:
    """Do as the visitor says (yes, no, withdraw), and go back to the page. Raises invalid (`not_a_choice`)."""
    settings, before = world().settings, of_environ(world().settings, request.environ)
    query = request.query_string.decode("latin-1")
    response = redirect(url_for("prospect.page", slug=page.slug) + (f"?{query}" if query else ""), 303)
    if said not in ("yes", "no", "withdraw"):
        raise problem("invalid", "not_a_choice", FIELD)
    if before in ("", "private") or (before == "private once" and said != "withdraw"):
        return response
    if before in ("yes", "private once") and said != "yes":
        withdraw(world(), page.id, _kept(settings, request.environ))
    if said == "yes" and before != "yes":  # never renewed
        via = visits.read(world().signer, sight.token, now(), settings.lookback_days)
        given, ends_at = agree(world(), page.id, via, sight)
        _set(response, given, int((ends_at - now()).total_seconds()))
    if said == "no":
        refuse(page.id)
        _set(response, REFUSED, REFUSAL_S)
    if said == "withdraw":
        response.delete_cookie(cookie_of(settings), secure=settings.is_https, httponly=True, samesite="Lax")
    return response


def _set(response: Response, value: str, life_s: int) -> None:
    settings = world().settings
    response.set_cookie(
        cookie_of(settings), value, max_age=life_s, secure=settings.is_https, httponly=True, samesite="Lax"
    )
