"""POST /p/<slug>/seen: a landing page's script says that the page is really seen, and which site led here."""

from flask import Response, request

from campaigns.flows.see_page import see_page
from campaigns.kernel.errors import problem
from campaigns.tracking import visits
from campaigns.tracking.requests import HEADERS, Request
from campaigns.tracking.sights import Sight
from web.access import cookie_name
from web.prospect import choices
from web.prospect.blueprint import blueprint
from web.request import client_address, client_agent, client_key, is_foreign, is_private, known_pages, now, world

NO_REFERRER = "-"
MINUTE_S, MOST_A_MINUTE = 60, 120
"""Visits without a click of ours from one address: a school's whole staff may share one, a flood doesn't count."""


@blueprint.post("/p/<slug>/seen")
def seen(slug: str) -> Response:
    """POST /p/<slug>/seen, at the page's own query: 204. Field: referrer, as the browser knows it."""
    if is_foreign():
        raise problem("forbidden", "foreign_origin")
    around = known_pages().find(slug, now())
    told = sight(request.form.get("referrer", ""))
    via = visits.read(world().signer, told.token, now(), world().settings.lookback_days)
    if via or world().limits.count(f"seen:{client_key()}", MINUTE_S, now()) <= MOST_A_MINUTE:
        see_page(world(), around.page.id, via, told)
    return Response(status=204)


def sight(referrer: str | None) -> Sight:
    """The page that this request comes from. `referrer`: what its script told; None: no script ran."""
    return Sight(
        token=request.args.get(visits.PARAMETER),
        query=request.query_string.decode("latin-1"),
        referrer="" if referrer == NO_REFERRER else referrer,
        agent=client_agent(),
        address=client_address(),
        private=is_private(),
        member=cookie_name() in request.cookies,
        browser=choices.secret(world().settings, request.environ),
    )


def asked() -> Request:
    """This request as a click's are judged."""
    headers = {name: request.headers[name] for name in HEADERS if name in request.headers}
    is_member = cookie_name() in request.cookies
    return Request(request.method, "", client_agent(), "", client_address(), headers, is_member)
