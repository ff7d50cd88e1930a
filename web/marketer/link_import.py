"""GET /links/import, /links/import/template.csv; GET, POST /campaigns/<id>/links/import: many links from CSV."""

from uuid import UUID

from flask import Response, redirect, render_template, request, url_for
from wtforms import FileField, TextAreaField

from campaigns.flows.import_links import import_links, try_import
from campaigns.measuring.spreadsheets import ENGLISH, csv_text
from campaigns.planning import campaigns, offers
from campaigns.tracking import bulks
from web.forms import StaffForm, _, showing
from web.marketer import lines
from web.marketer.blueprint import blueprint
from web.marketer.links import choose_campaign
from web.request import Answer, say, viewer, world

EXAMPLES = (
    ("lettre-novembre", "Novembre", "newsletter", "", "{offer}", "", "", "", "", "", "", "", "", "", "off", ""),
    (
        "", "", "x_influencer", "Zoé Petit", "{offer}", "", "", "", "zoe", "", "2026-11-23T08:00", "2026-12-23T20:00",
        "", "500", "off", "",
    ),
    ("", "", "blog", "", "", "https://example.com/a", "", "", "", "", "", "", "", "", "listed", "ref page"),
)  # fmt: skip
"""Lines of the template: one of a newsletter, one of a contact, one that leads elsewhere."""


class ImportForm(StaffForm):
    file = FileField(_("CSV file"))
    links = TextAreaField(_("Or its lines, pasted here"))


@blueprint.get("/links/import")
def which_campaigns_import() -> Answer:
    """GET /links/import: for which campaign, when there are several."""
    return choose_campaign("marketer.import_many", say("Import links"))


@blueprint.get("/campaigns/<uuid:campaign_id>/links/template.csv")
def import_template(campaign_id: UUID) -> Response:
    """GET /campaigns/<id>/links/template.csv: the columns' names, and three lines to write over."""
    with world().db.read() as session:
        campaign = campaigns.find(session, str(campaign_id))
        offered = offers.list_of(session, campaign.id)
    title = offered[0].title if offered else ""
    lines = [[cell.replace("{offer}", title) for cell in line] for line in EXAMPLES]
    response = Response(csv_text([list(bulks.COLUMNS), *lines], ENGLISH), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="links-template.csv"'
    return response


@blueprint.route("/campaigns/<uuid:campaign_id>/links/import", methods=["GET", "POST"])
def import_many(campaign_id: UUID) -> Answer:
    """GET, POST /campaigns/<id>/links/import: what each line would make and what is wrong; then all of them at once."""
    with world().db.read() as session:
        campaign = campaigns.find(session, str(campaign_id))
    form, checked = ImportForm(request.form), None
    if request.method == "POST":
        form.links.data = text = lines.typed("links")
        with showing(form):
            if request.form.get("do") != "make":
                checked = try_import(world(), campaign.id, text, viewer().zone)
            else:
                done = import_links(
                    world(), campaign.id, text, viewer().zone, who=viewer().name, user_id=viewer().id
                )  # fmt: skip
                if done.at:
                    made = done.at.isoformat()
                    return redirect(
                        url_for("marketer.links_list", campaign_id=campaign.id, made=made, done="made"), 303
                    )
                checked = done.bulk
    html = render_template(
        "marketer/links_import.html", form=form, campaign=campaign, checked=checked, columns=bulks.COLUMNS,
        wrong=lines.told(checked.wrong) if checked else [], most=bulks.MOST_LINES,
    )  # fmt: skip
    return html, 422 if form.has_faults or (checked and checked.wrong) else 200
