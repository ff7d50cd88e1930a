"""GET, POST /weekly/<token>: end the weekly mail, without signing in. Opening it changes nothing."""

from flask import Response, render_template

from campaigns.flows import send_weekly
from web.account.blueprint import blueprint
from web.request import now, world


@blueprint.get("/weekly/<token>")
def weekly(token: str) -> str:
    """The button; mail programs open links by themselves."""
    world().signer.read(send_weekly.PURPOSE, token, now(), send_weekly.LASTS_S)
    return render_template("account/weekly.html", is_over=False, token=token)


@blueprint.post("/weekly/<token>")
def stop_weekly(token: str) -> Response:
    """It is over; pressed, or asked for by a mail program (RFC 8058)."""
    send_weekly.stop_weekly(world(), token)
    return Response(render_template("account/weekly.html", is_over=True, token=token))
