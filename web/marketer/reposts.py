"""GET, POST /reposts; POST /tweets/<id>/reposts; POST /reposts/<id>/cancel, /take-back."""

from uuid import UUID

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import SelectField, StringField

from campaigns.flows import repost as flow
from campaigns.publishing import accounts, addresses, postings, prices, reasons, reposts, tweets
from campaigns.publishing.reposts import Repost
from web.forms import StaffForm, _, choices, showing
from web.marketer.blueprint import blueprint
from web.marketer.composer import refused_form
from web.marketer.composer_forms import account_name, usual_account
from web.request import Answer, now, say, viewer, world


class RepostForm(StaffForm):
    url = StringField(_("The post’s address on X"))
    account_id = SelectField(_("Account"), validate_choice=False)
    scheduled_at = StringField(_("Day and time"))
    zone = StringField()


def repost_form(sent: object = None) -> RepostForm:
    """The form, with the accounts that may repost."""
    form = RepostForm(sent, data={"zone": viewer().zone})
    with world().db.read() as session:
        connected = accounts.list_of(session)
    form.account_id.choices = choices({"": usual_account(), **{each.id: account_name(each) for each in connected}})
    return form


@blueprint.route("/reposts", methods=["GET", "POST"])
def repost_list() -> Answer:
    """GET, POST /reposts: all of them, and another post's by its address."""
    form = repost_form(request.form)
    if request.method == "POST":
        with showing(form):
            _plan(form, form.url.data or "", None)
            return redirect(url_for("marketer.repost_list", done="scheduled_repost"), 303)
    with world().db.read() as session:
        found = reposts.list_page(session, request.args.get("before"))
        ours = {each.tweet_id: tweets.get(session, each.tweet_id) for each in found.items if each.tweet_id}
        names = {each.id: account_name(each) for each in accounts.list_of(session)}
        spending = postings.spending(session, world().settings, now())
    html = render_template(
        "marketer/reposts.html", form=form, reposts=found.items, next=found.next, ours=ours, names=names,
        usual=usual_account(), told=told, url_of=addresses.x_url_of, spending=spending,
        price=prices.micros(world().settings.x_price_repost), states=state_words(),
    )  # fmt: skip
    return html, 422 if form.has_faults else 200


@blueprint.post("/tweets/<uuid:tweet_id>/reposts")
def repost_tweet(tweet_id: UUID) -> Answer:
    """POST /tweets/<id>/reposts: show it again, at a moment or at once."""
    form = repost_form(request.form)
    with showing(form):
        _plan(form, "", str(tweet_id))
        return redirect(url_for("marketer.tweet", tweet_id=tweet_id, done="scheduled_repost", _anchor="t-rep"), 303)
    return refused_form("repost", say("Repost it"), tweet_id, form)


@blueprint.post("/reposts/<uuid:repost_id>/cancel")
def cancel_repost(repost_id: UUID) -> Response:
    """POST /reposts/<id>/cancel: it was only planned, or failed."""
    flow.cancel_repost(world(), str(repost_id))
    return redirect(url_for("marketer.repost_list", done="deleted"), 303)


@blueprint.post("/reposts/<uuid:repost_id>/take-back")
def take_back_repost(repost_id: UUID) -> Response:
    """POST /reposts/<id>/take-back: from X too."""
    flow.take_back(world(), str(repost_id))
    return redirect(url_for("marketer.repost_list", done="taken_down"), 303)


def _plan(form: RepostForm, address: str, tweet_id: str | None) -> None:
    zone = form.zone.data or viewer().zone
    flow.plan_repost(
        world(), address, form.scheduled_at.data or "", zone, who=viewer().name, approves=viewer().approves,
        account_id=form.account_id.data or None, tweet_id=tweet_id,
    )  # fmt: skip


def state_words() -> dict[str, str]:
    """What became of a repost."""
    return {"planned": say("Planned"), "done": say("Done"), "failed": say("Failed"), "undone": say("Taken back")}


def told(repost: Repost) -> str:
    """Why it waits or failed."""
    return say(reasons.words(repost.problem)) if repost.problem else ""
