"""POST /tweets/<id>/propose, /withdraw, /accept, /ask-changes; GET, POST /approve/<token>, for whoever was asked."""

from uuid import UUID

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import StringField, TextAreaField

from campaigns.flows import approve_tweet as flow
from campaigns.kernel.errors import Problem, problem
from campaigns.publishing import proposals
from campaigns.publishing.proposals import Proposal
from web.forms import StaffForm, _, show, showing
from web.marketer.blueprint import blueprint
from web.marketer.composer import refused_form
from web.request import Answer, client_key, is_foreign, locale, now, say, viewer, world

MINUTE_S, MOST_A_MINUTE = 60, 30


class ProposeForm(StaffForm):
    email = StringField(_("Who is asked"))
    note = TextAreaField(_("A word to them"))
    scheduled_at = StringField(_("When, once accepted"), id="propose-at")
    zone = StringField()


class AnswerForm(StaffForm):
    note = TextAreaField(_("What you would say"))


def propose_form(tweet_id: str) -> ProposeForm:
    """With whom this member asked last, and the time that was typed before."""
    with world().db.read() as session:
        known = proposals.last(session, tweet_id)
        email = (known.email if known else "") or proposals.last_asked(session, viewer().id)
    typed = {"email": email, "zone": viewer().zone, "scheduled_at": request.args.get("at", "")[:16]}
    return ProposeForm(request.form if request.endpoint == "marketer.propose_tweet" else None, data=typed)


@blueprint.post("/tweets/<uuid:tweet_id>/propose")
def propose_tweet(tweet_id: UUID) -> Answer:
    """POST /tweets/<id>/propose: somebody is asked by mail; with a time, it goes out then once they accept."""
    form = propose_form(str(tweet_id))
    with showing(form):
        flow.propose(
            world(), str(tweet_id), form.email.data or "", form.note.data or "", form.scheduled_at.data or "",
            form.zone.data or viewer().zone, who=viewer().name, user_id=viewer().id, locale=locale(),
        )  # fmt: skip
        return _back(tweet_id, "proposed")
    return refused_form("propose", say("Propose it"), tweet_id, form)


@blueprint.post("/tweets/<uuid:tweet_id>/withdraw")
def withdraw_tweet(tweet_id: UUID) -> Response:
    """POST /tweets/<id>/withdraw: a draft again; the link in the mail opens nothing any more."""
    flow.withdraw(world(), str(tweet_id), who=viewer().name)
    return _back(tweet_id, "cancelled")


@blueprint.post("/tweets/<uuid:tweet_id>/accept")
def accept_tweet(tweet_id: UUID) -> Response:
    """POST /tweets/<id>/accept: an administrator's word."""
    flow.accept(world(), _proposal(tweet_id).id, request.form.get("note", ""), who=viewer().name, user_id=viewer().id)
    return _back(tweet_id, "approved")


@blueprint.post("/tweets/<uuid:tweet_id>/ask-changes")
def ask_changes(tweet_id: UUID) -> Answer:
    """POST /tweets/<id>/ask-changes: an administrator's too; what should be otherwise is said."""
    form = AnswerForm(request.form)
    with showing(form):
        flow.ask_changes(world(), _proposal(tweet_id).id, form.note.data or "", who=viewer().name)
        return _back(tweet_id, "changes_asked")
    return refused_form("changes", say("Ask for changes"), tweet_id, form)


def _proposal(tweet_id: UUID) -> Proposal:
    """The one that waits. Raises forbidden for who may not answer, missing."""
    if not viewer().approves:
        raise problem("forbidden", "not_your_role")
    with world().db.read() as session:
        return proposals.newest(session, str(tweet_id))


@blueprint.route("/approve/<token>", methods=["GET", "POST"])
def approve(token: str) -> Response:
    """GET, POST /approve/<token>: the tweet, for whoever was asked by mail. Opening it changes nothing."""
    if world().limits.count(f"approve:{client_key()}", MINUTE_S, now()) > MOST_A_MINUTE:
        raise problem("later", "too_often", wait_s=MINUTE_S)
    proposal_id = flow.proposal_of(world(), token)
    form, done = AnswerForm(request.form, meta={"csrf": False}), ""
    found = flow.opened(world(), proposal_id)
    if request.method == "POST":
        done = _answer(proposal_id, form)
    html = render_template("marketer/approve.html", **vars(found), tweet=found.tweet, form=form, done=done, token=token)
    response = Response(html, 422 if form.has_faults else 200, content_type="text/html; charset=utf-8")
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


def _answer(proposal_id: str, form: AnswerForm) -> str:
    """What was pressed is done; a refusal stands beside its field."""
    if is_foreign():
        raise problem("forbidden", "foreign_origin")
    try:
        if request.form.get("do") == "accept":
            told = flow.accept(world(), proposal_id, form.note.data or "")
            return told.tweet.state
        flow.ask_changes(world(), proposal_id, form.note.data or "")
        return "changes"
    except Problem as refused:
        if refused.kind not in ("invalid", "conflict"):
            raise
        show(form, refused)
        return ""


def _back(tweet_id: UUID, done: str) -> Response:
    return redirect(url_for("marketer.tweet", tweet_id=tweet_id, done=done), 303)
