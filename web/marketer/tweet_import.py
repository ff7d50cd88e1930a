"""GET, POST /campaigns/<id>/tweets/import; GET /campaigns/<id>/tweets/template.csv: many tweets from CSV."""

from datetime import timedelta
from uuid import UUID

from flask import Response, redirect, render_template, request, url_for
from wtforms import FileField, TextAreaField

from campaigns.flows.import_tweets import import_tweets
from campaigns.measuring.spreadsheets import ENGLISH, csv_text
from campaigns.planning import campaigns, offers
from campaigns.publishing import batches
from web.forms import StaffForm, _, showing
from web.marketer import lines
from web.marketer.blueprint import blueprint
from web.request import Answer, now, viewer, world, zone


class TweetsForm(StaffForm):
    file = FileField(_("CSV file"))
    lines = TextAreaField(_("Or its lines, pasted here"))


@blueprint.get("/campaigns/<uuid:campaign_id>/tweets/template.csv")
def tweets_template(campaign_id: UUID) -> Response:
    """GET /campaigns/<id>/tweets/template.csv: the columns' names, and two lines to write over."""
    with world().db.read() as session:
        campaign = campaigns.find(session, str(campaign_id))
        offered = offers.list_of(session, campaign.id)
    title = offered[0].title if offered else ""
    day = now().astimezone(zone()) + timedelta(days=1)
    lines = [
        ["Six Fridays, one magazine: {link}", f"{day:%Y-%m-%d}T08:30", viewer().zone, title, "", "", ""],
        ["Who writes the letters page? {link}", f"{day + timedelta(days=2):%Y-%m-%d}T17:40", "", title, "", "", ""],
    ]
    response = Response(csv_text([list(batches.COLUMNS), *lines], ENGLISH), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="tweets-template.csv"'
    return response


@blueprint.route("/campaigns/<uuid:campaign_id>/tweets/import", methods=["GET", "POST"])
def import_many_tweets(campaign_id: UUID) -> Answer:
    """GET, POST /campaigns/<id>/tweets/import: what each line would make and what is wrong; then all of them."""
    with world().db.read() as session:
        campaign = campaigns.find(session, str(campaign_id))
    form, batch = TweetsForm(request.form), None
    if request.method == "POST":
        form.lines.data = text = lines.typed("lines")
        with showing(form):
            batch = import_tweets(
                world(), campaign.id, text, viewer().zone, who=viewer().name, user_id=viewer().id,
                approves=viewer().approves, dry_run=request.form.get("do") != "make",
            )  # fmt: skip
            if batch.is_made:
                return redirect(url_for("marketer.tweets", campaign_id=campaign.id, done="made"), 303)
    html = render_template(
        "marketer/tweets_import.html", form=form, campaign=campaign, batch=batch, columns=batches.COLUMNS,
        wrong=lines.told(batch.wrong) if batch else [], most=batches.MOST_LINES,
    )  # fmt: skip
    return html, 422 if form.has_faults or (batch and batch.wrong) else 200
