"""Refusals as HTTP: a page for people, problem+json (RFC 9457) for machines. The one place where kinds get a status."""

import structlog
from flask import Flask, Response, json, render_template, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from campaigns import words
from campaigns.flows.note_difference import note_difference
from campaigns.kernel.errors import Problem, problem
from campaigns.measuring.accounts import Unreconciled
from web.request import locale, say, world

STATUS = {"missing": 404, "invalid": 422, "conflict": 409, "forbidden": 403, "gone": 410, "later": 503}
MACHINES = ("/api/", "/hooks/", "/healthz", "/readyz", "/metrics")

log = structlog.get_logger()


def is_machine() -> bool:
    """Whether whoever asks reads JSON."""
    return request.path.startswith(MACHINES)


def status_of(refused: Problem) -> int:
    """The HTTP status of a problem."""
    codes = {fault.code for fault in refused.faults}
    if "too_often" in codes:
        return 429
    return 413 if "too_large" in codes else STATUS[refused.kind]


def as_json(status: int, title: str, refused: Problem | None = None) -> Response:
    """A problem as a machine reads it: every field's fault at once."""
    body: dict[str, object] = {"type": "about:blank", "title": title, "status": status}
    if refused and refused.faults:
        body["detail"] = words.tell_all(refused, locale())
        body["errors"] = [
            {"field": fault.field, "code": fault.code, "message": words.tell(fault, locale())}
            for fault in refused.faults
        ]
    response = Response(json.dumps(body), status, content_type="application/problem+json")
    _retry_after(response, refused)
    return response


def as_page(status: int, refused: Problem | None = None) -> Response:
    """A problem as a person reads it."""
    told = words.tell_all(refused, locale()) if refused else ""
    if status == 503 and request.method == "GET":
        told = ""  # nothing was typed, and a prospect needs no word of our database
    response = Response(render_template("base/error.html", status=status, title=title(status), told=told), status)
    _retry_after(response, refused)
    return response


def _retry_after(response: Response, refused: Problem | None) -> None:
    for fault in refused.faults if refused else []:
        if fault.code == "too_often":
            response.headers["Retry-After"] = str(fault.values["wait_s"])


def install(app: Flask) -> None:
    """Answer every refusal and every bug in the way its reader understands."""

    @app.errorhandler(Problem)
    def refused(error: Problem) -> Response:
        status = status_of(error)
        return as_json(status, title(status), error) if is_machine() else as_page(status, error)

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> Response:
        if error.response is not None or (error.code or 500) < 400:
            return Response.force_type(error.get_response(), request.environ)  # type: ignore[return-value]
        status = error.code or 500
        found = _too_large(error)
        response = as_json(status, title(status), found) if is_machine() else as_page(status, found)
        for name, value in error.get_headers():
            if name in ("Allow", "Retry-After", "WWW-Authenticate"):
                response.headers[name] = value
        return response

    @app.errorhandler(Exception)
    def bug(error: Exception) -> Response:
        # a bug is logged with its traceback and told without it
        log.error("bug", path=request.path, method=request.method, exc_info=error)
        if isinstance(error, Unreconciled):
            note_difference(world(), str(error))
        return as_json(500, title(500)) if is_machine() else as_page(500)


def _too_large(error: HTTPException) -> Problem | None:
    if isinstance(error, RequestEntityTooLarge):
        return problem("invalid", "too_large", most_mb=round((request.max_content_length or 0) / 1e6, 1))
    return None


def title(status: int) -> str:
    """A status in words."""
    return {
        400: say("This request can’t be read"),
        401: say("Sign in first"),
        403: say("This isn’t open to you"),
        404: say("There is nothing here"),
        405: say("This can’t be done here"),
        409: say("This meets something that is there already"),
        410: say("This has ended"),
        413: say("This is too large"),
        415: say("This kind of content isn’t read here"),
        422: say("Something is to be mended"),
        429: say("Too many tries"),
        503: say("Not right now"),
    }.get(status, say("Something went wrong on our side"))
