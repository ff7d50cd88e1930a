"""POST /pages/preview: the landing page that a form would make, in a frame of the editor.

The text is a member's own, and still it runs nothing: sanitised as on the page itself, in a sandbox without origin.
"""

from dataclasses import replace

from flask import Response, render_template, request

from campaigns.flows.look_at_page import Around
from campaigns.planning import campaigns, offers, pages, papers
from web.headers import policy
from web.landing import Typed, landing
from web.marketer.blueprint import blueprint
from web.marketer.page_form import sent_editor
from web.request import now, speak, world


@blueprint.post("/pages/preview")
def preview_page() -> Response:
    """POST /pages/preview: nothing is kept."""
    page_id = request.form.get("page_id", "")
    with world().db.read() as session:
        offer = offers.find(session, request.form.get("offer_id", ""))
        campaign = campaigns.find(session, offer.campaign_id)
        page = pages.find(session, page_id) if page_id else None
        paper = papers.get(session, offer.id)
    drawn = pages.preview(offer, sent_editor(request.form).draft(""), page, now())
    speak(drawn.locale)
    shown = landing(world().settings, Around(drawn, offer, campaign, paper, ()), Typed(), now())
    if page is None:  # its pictures get their address when it is saved
        shown = replace(shown, picture="")
    html = render_template("prospect/page.html", l=shown, theme=drawn.theme, form=False, confirm="", errors=False)
    response = Response(html)
    response.headers["Content-Security-Policy"] = policy(
        script_src="'none'", form_action="'none'", frame_ancestors="'self'", sandbox=""
    )
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response
