"""GET /settings/log: who did what, newest first; for administrators."""

from flask import render_template, request

from campaigns.people import audits, users
from web.account.blueprint import blueprint
from web.forms import _
from web.request import say, world

ACTIONS = {
    "sign_in.done": _("signed in"),
    "sign_in.refused": _("tried a wrong password"),
    "sign_in.limited": _("tried too many passwords"),
    "sign_in.asked": _("asked for a link to sign in"),
    "sign_in.asked_in_vain": _("asked for a link to sign in that nobody got"),
    "sign_out.done": _("signed out"),
    "session.ended": _("signed out another browser of their own"),
    "password.asked": _("asked for a new password"),
    "password.asked_in_vain": _("asked for a new password that nobody got"),
    "password.reset": _("chose a new password by mail"),
    "password.changed": _("changed the password"),
    "user.created": _("made an account"),
    "user.invited": _("invited someone"),
    "user.invited_again": _("sent an invitation again"),
    "user.joined": _("came by the invitation"),
    "user.role_changed": _("changed a role"),
    "user.disabled": _("shut someone out"),
    "user.enabled": _("let someone in again"),
    "user.signed_out": _("signed someone out everywhere"),
    "token.created": _("made an API token"),
    "token.revoked": _("revoked an API token"),
    "connection.checked": _("checked a connection"),
    "leads.exported": _("downloaded leads"),
}


@blueprint.get("/settings/log")
def log() -> str:
    """A slice of it."""
    cursor = request.args.get("cursor")
    with world().db.read() as session:
        found = audits.list_page(session, cursor)
        names = {user.id: user.name for user in users.list_all(session)}
    words = {action: say(told) for action, told in ACTIONS.items()}
    return render_template("account/log.html", audits=found, words=words, names=names, cursor=cursor)
