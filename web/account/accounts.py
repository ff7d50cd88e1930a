"""GET, POST /settings/accounts; POST /settings/accounts/<id>/check, /disconnect: accounts on X; for administrators."""

from uuid import UUID

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import PasswordField, SelectField, StringField

from campaigns.faults import FAULTS
from campaigns.flows import connect_account as flow
from campaigns.publishing import accounts, postings
from web.account.blueprint import blueprint
from web.account.people import me
from web.forms import StaffForm, _, showing
from web.options import zones_with
from web.request import Answer, now, say, viewer, world


class AccountForm(StaffForm):
    token = StringField(_("Access token"))
    secret = PasswordField(_("Access token secret"))
    handle = StringField(_("Handle"))
    name = StringField(_("Name"))
    zone = SelectField(_("Time zone"), validate_choice=False)


@blueprint.route("/settings/accounts", methods=["GET", "POST"])
def x_accounts() -> Answer:
    """Those that are connected, with their health; POST connects one, by its tokens or for the wall."""
    form = AccountForm(request.form, data={"zone": viewer().zone})
    form.zone.choices = zones_with(form.zone.data)
    if request.method == "POST":
        with showing(form):
            zone = form.zone.data or ""
            if request.form.get("kind") == "rehearsal":
                flow.connect_rehearsed(world(), form.handle.data or "", form.name.data or "", zone, **me())
            else:
                flow.connect_by_tokens(world(), form.token.data or "", form.secret.data or "", zone, **me())
            return redirect(url_for("account.x_accounts", done="made"), 303)
    with world().db.read() as session:
        found = accounts.list_of(session)
        spending = postings.spending(session, world().settings, now())
    html = render_template(
        "account/accounts.html", form=form, accounts=found, spending=spending, told=_told,
        has_app=bool(world().settings.x_consumer_key.get_secret_value()), has_own=world().settings.has_x_account,
    )  # fmt: skip
    return html, 422 if form.has_faults else 200


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
