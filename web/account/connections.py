"""GET /settings/connections, POST /settings/connections/<name>: X, Stripe and mail; for administrators."""

from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response

from campaigns.faults import FAULTS
from campaigns.flows.check_connection import check_connection
from campaigns.measuring import connections as measured
from campaigns.settings import Settings
from web.account.blueprint import blueprint
from web.account.people import me
from web.request import say, world

NEEDS = {
    "x": ("x_consumer_key", "x_consumer_secret", "x_access_token", "x_access_token_secret"),
    "stripe": ("stripe_secret_key", "stripe_webhook_secrets"),
    "mail": ("smtp_url", "mail_from"),
}


@blueprint.get("/settings/connections")
def connections() -> str:
    """Each connection: rehearsed or real, when it last worked, when it last failed. Calls nobody."""
    with world().db.read() as session:
        found = measured.list_all(session, world().rehearsing)
    return render_template("account/connections.html", connections=found, missing=_missing(), told=_told)


@blueprint.post("/settings/connections/<name>")
def check(name: str) -> Response:
    """Ask it now; the answer is kept with the connection."""
    check_connection(world(), name, **me())
    return redirect(url_for("account.connections", _anchor=name), 303)


def _missing() -> dict[str, list[str]]:
    """The variables that a rehearsed connection still wants, by name only."""
    return {
        port: [Settings.variable(name) for name in names if name not in world().settings.model_fields_set]
        for port, names in NEEDS.items()
    }


def _told(code: str) -> str:
    """A code in words; one that we have no words for stands for itself."""
    return say(FAULTS[code]) if code in FAULTS and "%(" not in FAULTS[code] else code
