"""GET, POST /settings/accounts; POST /settings/accounts/begin and GET /settings/accounts/back: by X's own page;
POST /settings/accounts/<id>/check, /disconnect. Accounts on X; for administrators."""

import json
from datetime import timedelta
from uuid import UUID

from flask import make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import PasswordField, SelectField, StringField

from campaigns.faults import FAULTS
from campaigns.flows import connect_account as flow
from campaigns.kernel.errors import Problem, problem
from campaigns.publishing import accounts, audiences, postings
from web.account.blueprint import blueprint
from web.account.people import me
from web.forms import StaffForm, _, showing
from web.options import zones_with
from web.request import Answer, now, say, viewer, world

WAITING, WAITS = "perchoir-connecting", timedelta(minutes=15)
"""The cookie with what waits for X's answer, encrypted: it is of no use to anybody but who began."""


class AccountForm(StaffForm):
    token = StringField(_("Access token"))
    secret = PasswordField(_("Access token secret"))
    handle = StringField(_("Handle"))
    name = StringField(_("Name"))
    zone = SelectField(_("Time zone"), validate_choice=False)


@blueprint.route("/settings/accounts", methods=["GET", "POST"])
def x_accounts() -> Answer:
    """Those that are connected, with their health; POST connects one, by its tokens or for the wall."""
    form = _form()
    if request.method == "POST":
        with showing(form):
            zone = form.zone.data or ""
            if request.form.get("kind") == "rehearsal":
                flow.connect_rehearsed(world(), form.handle.data or "", form.name.data or "", zone, **me())
            else:
                flow.connect_by_tokens(world(), form.token.data or "", form.secret.data or "", zone, **me())
            return redirect(url_for("account.x_accounts", done="made"), 303)
    return _page(form)


def _page(form: AccountForm) -> Answer:
    connector = world().connector
    with world().db.read() as session:
        found = accounts.list_of(session)
        spending = postings.spending(session, world().settings, now())
        told = audiences.latest(session, [audiences.USUAL, *(each.id for each in found)], now())
    html = render_template(
        "account/accounts.html", form=form, accounts=found, spending=spending, told=_told, audiences=told,
        callback_url=_callback(),
        has_app=bool(world().settings.x_consumer_key.get_secret_value()), has_own=world().settings.has_x_account,
        ways=connector.ways if connector else (),
    )  # fmt: skip
    return html, 422 if form.has_faults else 200


def _callback() -> str:
    return f"{world().settings.public_url}/settings/accounts/back"


def _form() -> AccountForm:
    form = AccountForm(request.form, data={"zone": viewer().zone})
    form.zone.choices = zones_with(form.zone.data)
    return form


@blueprint.post("/settings/accounts/begin")
def begin_account() -> Answer:
    """To X's page, by `way` (oauth1, oauth2). Through a page of ours: no form may lead to another site."""
    form = _form()
    with showing(form):
        waits, url = flow.begin_connection(world(), request.form.get("way", ""), form.zone.data or "", _callback())
        kept = [waits.way, waits.token, waits.secret, waits.zone, viewer().id, now().timestamp()]
        response = make_response(render_template("account/to_x.html", url=url))
        response.set_cookie(
            WAITING, world().vault.lock(json.dumps(kept)), max_age=int(WAITS.total_seconds()), httponly=True,
            secure=world().settings.is_https, samesite="Lax", path="/settings/accounts",
        )  # fmt: skip
        return response
    return _page(form)


@blueprint.get("/settings/accounts/back")
def account_back() -> Answer:
    """X leads here with its answer. It is taken once, from who began, within a quarter of an hour."""
    form = _form()
    with showing(form):
        flow.finish_connection(world(), _waiting(), request.args, **me())
        response = redirect(url_for("account.x_accounts", done="made"), 303)
        response.delete_cookie(WAITING, path="/settings/accounts")
        return response
    return _page(form)


def _waiting() -> flow.Waiting:
    """What this browser began. Raises invalid (`x_connect_over`)."""
    try:
        way, token, secret, zone, user_id, at = json.loads(world().vault.unlock(request.cookies.get(WAITING, "")))
    except Problem:
        raise problem("invalid", "x_connect_over") from None
    if user_id != viewer().id or now().timestamp() - at > WAITS.total_seconds():
        raise problem("invalid", "x_connect_over")
    return flow.Waiting(way, token, secret, zone, _callback())


@blueprint.post("/settings/accounts/<uuid:account_id>/check")
def check_account(account_id: UUID) -> Response:
    """Ask X now whose it is; the answer is kept with the account."""
    flow.check_account(world(), str(account_id))
    return redirect(url_for("account.x_accounts"), 303)


@blueprint.post("/settings/accounts/<uuid:account_id>/disconnect")
def disconnect_account(account_id: UUID) -> Response:
    """Its keys are forgotten; drafts keep it by name, and go on when it is connected again."""
    flow.disconnect_account(world(), str(account_id), **me())
    return redirect(url_for("account.x_accounts", done="deleted"), 303)


def _told(code: str) -> str:
    return say(FAULTS[code]) if code in FAULTS and "%(" not in FAULTS[code] else code
