"""GET, POST /leads/download: a view of the desk as a file."""

from flask import render_template, request
from wtforms import RadioField

from campaigns.flows.export_leads import Asking, export_leads
from campaigns.measuring import desk, exports
from campaigns.measuring.exports import Batch
from web import filters
from web.files import sent
from web.forms import StaffForm, choices, showing
from web.request import Answer, locale, now, say, viewer, world, zone
from web.sales.blueprint import blueprint
from web.sales.views import asked, chips, count_words, kept, state_words


class DownloadForm(StaffForm):
    format = RadioField(validate_choice=False)
    which = RadioField(validate_choice=False)


def _form() -> DownloadForm:
    form = DownloadForm(request.form, format="csv", which="all")
    form.format.label.text, form.which.label.text = say("File"), say("Leads")
    form.format.choices = choices({"csv": say("CSV, for any program"), "xlsx": say("Excel")})
    return form


@blueprint.get("/leads/download")
def download() -> Answer:
    """GET /leads/download: how many leads, which file, and who downloaded before."""
    return _page(_form())


@blueprint.post("/leads/download")
def send_download() -> Answer:
    """POST /leads/download: the file, written down with who took it."""
    form = _form()
    with showing(form):
        asking = Asking(viewer().name, viewer().id, locale(), viewer().zone)
        only_new = form.which.data == "new"
        return sent(export_leads(world(), asked(), form.format.data or "", asking, only_new=only_new))
    return _page(form)


def _page(form: DownloadForm) -> Answer:
    view, days = asked(), world().settings.lookback_days
    with world().db.read() as session:
        before = exports.last(session, viewer().id, view)
        whole = exports.count(session, Batch(view, days, now()))
        fresh = exports.count(session, Batch(view, days, now(), before)) if before else whole
        latest = exports.list_latest(session)
        names = dict(desk.campaign_names(session, [view.campaign_id] if view.campaign_id else []))
        tweet = desk.tweet_of(session, view)
    form.which.choices = choices({"all": say("All of them: %(count)s", count=count_words(whole))})
    if before:
        when = filters.moment(before.upto, locale(), zone(), now())
        form.which.choices += choices({"new": say("Only those since my last one of this view, %(when)s: %(count)s",
                                                  when=when, count=count_words(fresh))})  # fmt: skip
    page = render_template(
        "sales/download.html", form=form, kept=kept(), latest=latest, states=state_words(), view=view,
        chips=chips(names.get(view.campaign_id or ""), tweet.text if tweet else None),
    )  # fmt: skip
    return (page, 422) if form.has_faults else page
