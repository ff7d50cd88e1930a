"""GET /settings/log: who did what, newest first; for administrators."""

from functools import partial

from flask import render_template, request

from campaigns.people import audits, users
from campaigns.people.audits import Audit
from web.account.blueprint import blueprint
from web.account.people import role_words
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
    "lead.excluded": _("said whether a lead counts"),
    "leads.excluded": _("said whether leads count"),
    "leads.changed": _("changed the state of leads"),
    "account.connected": _("connected an account on X"),
    "account.disconnected": _("disconnected an account on X"),
    "report.shared": _("shared a report"),
    "report.revoked": _("took a shared report back"),
    "link.made": _("made a link"),
    "link.changed": _("changed a link"),
    "link.disabled": _("disabled a link"),
    "link.enabled": _("opened a link again"),
    "link.qr_made": _("made a link’s QR"),
    "links.imported": _("imported links"),
    "rates.imported": _("stored exchange rates"),
}


HANDS = {"command line": _("the command line"), "first start": _("the first start")}
"""Who did what before anybody signed in."""
PORTS = {"x": "X", "stripe": "Stripe", "mail": _("Mail")}
SHOWN = ("name", "told", "detail", "rows", "format")
"""Details that say something by themselves; roles are put into words."""


@blueprint.get("/settings/log")
def log() -> str:
    """A slice of it."""
    cursor = request.args.get("cursor")
    with world().db.read() as session:
        found = audits.list_page(session, cursor)
        names = {user.id: user.name for user in users.list_all(session)}
    words = {action: say(told) for action, told in ACTIONS.items()}
    return render_template(
        "account/log.html", audits=found, words=words, about=partial(_about, names=names), cursor=cursor,
        hands={who: say(told) for who, told in HANDS.items()},
    )  # fmt: skip


def _about(audit: Audit, names: dict[str, str]) -> str:
    """Whom or what it was done to, and how."""
    roles, details, subject = role_words(), audit.details, audit.subject or ""
    port = say(PORTS[subject]) if subject in PORTS else ""
    told = [names.get(subject, port), *(str(details[name]) for name in SHOWN if details.get(name) not in (None, ""))]
    told.append(" → ".join(roles.get(details[name], "") for name in ("before", "after", "role") if name in details))
    return ", ".join(part for part in told if part)
