"""What a prospect is told when there is nothing to have, or not right now: in the look and language of the pages."""

from flask import Response, render_template, request

from campaigns import words
from campaigns.kernel.errors import Problem
from web.errors import as_page, status_of
from web.prospect.blueprint import blueprint
from web.request import locale, say


@blueprint.errorhandler(Problem)
def refused(error: Problem) -> Response:
    """A page for it; a form that met a database that is away comes back with all that was typed."""
    code = error.faults[0].code if error.faults else ""
    if code == "database_away" and request.method == "POST" and request.form:
        return _kept()
    if error.kind not in ("gone", "missing", "forbidden"):
        return as_page(status_of(error), error)
    title, told = _told(code) or (words.tell_all(error, locale()), "")
    return Response(render_template("prospect/refused.html", title=title, told=told), status_of(error))


def _kept() -> Response:
    """The form can't be drawn, since the page lies in the database; what was typed can be sent again as it is."""
    typed = list(request.form.items(multi=True))
    seen = [value for name, value in typed if value and not name.startswith("pc-")]
    return Response(render_template("prospect/away.html", typed=typed, seen=seen), 503)


def _told(code: str) -> tuple[str, str] | None:
    """A title and a sentence."""
    return {
        "page_closed": (say("This page is closed"), say("What it offered has ended.")),
        "offer_ended": (say("This offer has ended"), say("Its last day is over.")),
        "stock_gone": (
            say("All the codes are gone"),
            say("The last one was given out a moment ago, so nothing of your form was kept. "
                "A code that you have already still works."),
        ),
        "token_expired": (say("This link has expired"), say("Send the form again, and what you asked for comes back.")),
        "token_forged": (say("This link isn’t whole"), say("Open it from the mail again, or send the form again.")),
        "page_missing": (say("There is nothing at this address"), say("A letter may be missing at its end.")),
    }.get(code)  # fmt: skip
