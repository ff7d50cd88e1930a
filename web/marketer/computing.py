"""A lens that nobody asked for yet is computed pack by pack: until then its page tells how far that is."""

from flask import make_response, render_template, request
from werkzeug.wrappers import Response

from campaigns.flows.pack_conversions import keep_sums
from web.marketer.lens_bar import Bar
from web.request import world


def computing(campaign_id: str, bar: Bar) -> Response | None:
    """The page of a report that isn't ready, which asks again at once; None when it is. A file waits to the end."""
    lens, rehearsal = bar.asked.lens, bar.asked.rehearsal
    for_s = None if "format" in request.args else world().settings.report_wait_s
    done, whole = keep_sums(world(), campaign_id, lens, rehearsal=rehearsal, for_s=for_s)
    if done == whole:
        return None
    response = make_response(render_template("marketer/computing.html", done=done, whole=whole, bar=bar), 202)
    response.headers["Refresh"] = "0"
    return response
