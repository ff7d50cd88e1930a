"""POST /hooks/stripe: Stripe's messages. 204 once they are kept, 400 for what Stripe didn't send, never 500 for it."""

from flask import Response, request

from campaigns.flows.settle_payment import settle_payment
from campaigns.kernel.errors import Problem
from web.errors import as_json, title
from web.hooks.blueprint import blueprint
from web.request import world

MOST_BYTES = 256 * 1024


@blueprint.post("/hooks/stripe")
def stripe() -> Response:
    """Answered after the commit: whatever isn't answered with 2xx is sent again for three days."""
    request.max_content_length = MOST_BYTES
    body = request.get_data(cache=False)
    try:
        settle_payment(world(), body, request.headers.get("Stripe-Signature", ""))
    except Problem as refused:
        if refused.kind != "invalid":
            raise
        return as_json(400, title(400), refused)
    return Response(status=204)
