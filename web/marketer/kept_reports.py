"""GET, POST /campaigns/<id>/shares, /reports; GET /campaigns/<id>/print: reports shared, saved and on paper.

GET /r/<secret> is open to whoever has the address.
"""

from uuid import UUID

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import BooleanField, SelectField, StringField

from campaigns.flows.pack_conversions import keep_sums
from campaigns.kernel.errors import problem
from campaigns.measuring import curves, funnels, questions, shares
from campaigns.measuring.figures import Figures
from campaigns.measuring.shares import DAYS
from campaigns.people import audits
from campaigns.planning import campaigns
from web import drawings
from web.forms import StaffForm, _, choices, showing
from web.marketer import lens_bar
from web.marketer.blueprint import blueprint
from web.marketer.computing import computing
from web.marketer.funnel_steps import steps
from web.marketer.rates import rate_of
from web.request import Answer, client_key, locale, now, say, viewer, world

ON_PAPER = 12
MINUTE_S, MOST_A_MINUTE = 60, 60


class ShareForm(StaffForm):
    days = SelectField(_("It can be read for"), validate_choice=False)


class SaveForm(StaffForm):
    name = StringField(_("Name"))
    address = StringField(_("Address"))
    for_everyone = BooleanField(_("For everyone who works here"))


@blueprint.route("/campaigns/<uuid:campaign_id>/shares", methods=["GET", "POST"])
def share(campaign_id: UUID) -> Answer:
    """GET, POST /campaigns/<id>/shares?lens: who may read this report without an account, and another one who may."""
    bar, form, made = lens_bar.read(str(campaign_id), strict=True), ShareForm(request.form), ""
    form.days.choices = choices({f"{days}": say("%(days)s days", days=days) for days in DAYS})
    with world().db.read() as session:
        campaign = campaigns.find(session, str(campaign_id))
    if request.method == "POST":
        with showing(form), world().db.write() as session:
            secret = shares.make(
                session, campaign.id, questions.described(bar.asked), form.days.data or "", now(), zone=bar.asked.zone,
                locale=locale(), who=viewer().name,
            )  # fmt: skip
            audits.note(session, "report.shared", now(), who=viewer().name, user_id=viewer().id, subject=campaign.id)
            made = f"{world().settings.public_url}/r/{secret}"
    with world().db.read() as session:
        found = shares.of_campaign(session, campaign.id)
    html = render_template(
        "marketer/shares.html", campaign=campaign, bar=bar, form=form, made=made, shares=found, now=now()
    )
    return html, 422 if form.has_faults else 200


@blueprint.post("/campaigns/<uuid:campaign_id>/shares/<uuid:share_id>/revoke")
def revoke_share(campaign_id: UUID, share_id: UUID) -> Response:
    """POST /campaigns/<id>/shares/<id>/revoke: its address opens nothing any more."""
    with world().db.write() as session:
        if shares.revoke(session, str(campaign_id), str(share_id), now()):
            me = {"who": viewer().name, "user_id": viewer().id}
            audits.note(session, "report.revoked", now(), **me, subject=str(campaign_id))
    return redirect(url_for("marketer.share", campaign_id=campaign_id, done="deleted"), 303)


@blueprint.get("/campaigns/<uuid:campaign_id>/print")
def print_report(campaign_id: UUID) -> Answer:
    """GET /campaigns/<id>/print?lens: the report on one sheet of paper."""
    bar = lens_bar.read(str(campaign_id), strict=True)
    if unready := computing(str(campaign_id), bar):
        return unready
    return render_template("marketer/print.html", bar=bar, **on_sheet(str(campaign_id), bar))


def on_sheet(campaign_id: str, bar: lens_bar.Bar) -> dict[str, object]:
    """The funnel, the curve and the rows that brought most, the others together: what a sheet and a shared page show.

    Queries: those of the report and its curve.
    """
    with world().db.read() as session:
        campaign = campaigns.find(session, campaign_id)
        report = funnels.report(session, campaign, bar.asked)
        days = curves.curve(session, campaign, bar.asked)
    names = lens_bar.names_of(report.rows, bar.asked.group)
    # what isn't out is nobody's outside, not even its words
    out = [row for row in report.rows if row.tweet is None or row.tweet.sent_at]
    unsent = [row for row in report.rows if row.tweet and not row.tweet.sent_at and row.figures != Figures()]
    ranked = sorted(out, key=lambda row: (row.figures.leads, row.figures.clicks), reverse=True)
    shown, others = ranked[:ON_PAPER], ranked[ON_PAPER:] + unsent
    rest = sum((row.figures for row in others[1:]), others[0].figures) if others else None
    numbers = {row.key: number for number, row in enumerate(shown, 1)} if bar.by_tweet else {}
    return {
        "campaign": campaign, "report": report, "curve": drawings.curve(days, numbers, drawings.WIDE),
        "rows": [(row, names[row.key], rate_of(row.figures)) for row in shown], "rest": rest,
        "others": len(others), "steps": steps(report.totals, None, {}), "now": now(),
    }  # fmt: skip


@blueprint.route("/reports", methods=["GET", "POST"])
def saved_reports() -> Answer:
    """GET, POST /reports?address=…: those saved, and another one."""
    form = SaveForm(request.form, data={"address": request.args.get("address", "")})
    if request.method == "POST":
        with showing(form), world().db.write() as session:
            shares.save(
                session, viewer().id, form.name.data or "", form.address.data or "", now(),
                for_everyone=bool(form.for_everyone.data),
            )  # fmt: skip
            return redirect(url_for("marketer.saved_reports", done="saved"), 303)
    with world().db.read() as session:
        found = shares.saved(session, viewer().id)
    html = render_template("marketer/reports.html", form=form, reports=found, me=viewer().id)
    return html, 422 if form.has_faults else 200


@blueprint.post("/reports/<uuid:report_id>/rename")
def rename_report(report_id: UUID) -> Response:
    """POST /reports/<id>/rename."""
    with world().db.write() as session:
        found = shares.own(session, viewer().id, str(report_id))
        shares.rename(found, request.form.get("name", ""), for_everyone="for_everyone" in request.form)
    return redirect(url_for("marketer.saved_reports", done="saved"), 303)


@blueprint.post("/reports/<uuid:report_id>/delete")
def delete_report(report_id: UUID) -> Response:
    """POST /reports/<id>/delete: the numbers stay, they are nobody's but the database's."""
    with world().db.write() as session:
        session.delete(shares.own(session, viewer().id, str(report_id)))
    return redirect(url_for("marketer.saved_reports", done="deleted"), 303)


@blueprint.get("/r/<secret>")
def shared_report(secret: str) -> Response:
    """GET /r/<secret>: the report for whoever was given its address; 404 none of ours, 410 ended or taken back."""
    if world().limits.count(f"share:{client_key()}", MINUTE_S, now()) > MOST_A_MINUTE:
        raise problem("later", "too_often", wait_s=MINUTE_S)
    with world().db.read() as session:
        kept = shares.open_(session, secret, now())
    bar = lens_bar.of(kept.question, kept.zone, kept.campaign_id)
    keep_sums(world(), kept.campaign_id, bar.asked.lens, rehearsal=bar.asked.rehearsal)
    shown = on_sheet(kept.campaign_id, bar)
    with world().db.write() as session:
        shares.count(session, kept.id, now())
    html = render_template("marketer/shared_report.html", bar=bar, ends_at=kept.ends_at, **shown)
    response = Response(html, content_type="text/html; charset=utf-8")
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response
