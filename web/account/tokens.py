"""/settings/tokens …: the keys of machines, for administrators."""

from uuid import UUID

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import StringField

from campaigns.people import audits
from campaigns.people import tokens as stage
from web.account.blueprint import blueprint
from web.account.people import RoleForm, me, role_words
from web.forms import _, showing
from web.request import now, world


class TokenForm(RoleForm):
    name = StringField(_("Name"))


@blueprint.get("/settings/tokens")
def tokens() -> str:
    """All of them, and the form for another."""
    return _page(TokenForm(role="marketer"))


@blueprint.post("/settings/tokens")
def make_token() -> str | tuple[str, int]:
    """The secret is on this answer and nowhere else."""
    form = TokenForm(request.form)
    with showing(form):
        with world().db.write() as session:
            token, secret = stage.create(session, form.name.data or "", form.role.data or "", now())
            audits.note(session, "token.created", now(), subject=token.id, name=token.name, role=token.role, **me())
        return render_template("account/token_made.html", made=token, secret=secret, roles=role_words())
    return _page(form), 422


@blueprint.get("/settings/tokens/<uuid:token_id>/revoke")
def revoke_form(token_id: UUID) -> str:
    """Asks first: what uses it stops."""
    with world().db.read() as session:
        token = stage.of_id(session, str(token_id))
    return render_template("account/revoke.html", revoked=token)


@blueprint.post("/settings/tokens/<uuid:token_id>/revoke")
def revoke_token(token_id: UUID) -> Response:
    """It opens nothing from here on."""
    with world().db.write() as session:
        token = stage.revoke(session, str(token_id), now())
        audits.note(session, "token.revoked", now(), subject=token.id, name=token.name, **me())
    return redirect(url_for("account.tokens", done="revoked"), 303)


def _page(form: TokenForm) -> str:
    with world().db.read() as session:
        everything = stage.list_all(session)
    return render_template("account/tokens.html", form=form, tokens=everything, roles=role_words())
