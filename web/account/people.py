"""/settings, /settings/people …: who works here; for administrators. Others find their own profile there."""

from uuid import UUID

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import EmailField, SelectField

from campaigns.flows import change_member as members
from campaigns.flows import invite_person as flow
from campaigns.kernel.errors import Problem
from campaigns.people import mail_tokens, sessions, users
from campaigns.people.users import User
from web.account.blueprint import blueprint
from web.forms import StaffForm, _, choices, show, showing
from web.options import LANGUAGES
from web.request import locale, now, say, viewer, world


def role_words() -> dict[str, str]:
    """The roles, each in words."""
    return {"admin": say("Administrator"), "marketer": say("Marketer"), "sales": say("Salesperson")}


class RoleForm(StaffForm):
    role = SelectField(_("Role"), choices=lambda: choices(role_words()))


class InvitationForm(RoleForm):
    email = EmailField(_("E-mail address"))
    locale = SelectField(_("Language of the mail"), choices=choices(LANGUAGES))


def me() -> dict[str, str]:
    """Who acts, for the audits."""
    return {"who": viewer().name, "user_id": viewer().id}


@blueprint.get("/settings")
def settings() -> Response:
    """An administrator's settings, or one's own."""
    return redirect(url_for("account.people" if viewer().role == "admin" else "account.profile"))


@blueprint.get("/settings/people")
def people() -> str:
    """Everyone, with role and when they were last seen."""
    with world().db.read() as session:
        everyone = users.list_all(session)
        waiting = mail_tokens.invitations(session)
    return render_template("account/people.html", people=everyone, waiting=waiting, roles=role_words())


@blueprint.get("/settings/people/invite")
def invite_form() -> str:
    """Whom to invite, as what."""
    form = InvitationForm(role="marketer", locale=locale())
    return render_template("account/invite.html", form=form)


@blueprint.post("/settings/people/invite")
def invite() -> Response | tuple[str, int]:
    """The mail goes out by the worker."""
    form = InvitationForm(request.form)
    with showing(form):
        flow.invite_person(
            world(), form.email.data or "", form.role.data or "", form.locale.data or "", **me()
        )  # fmt: skip
        return redirect(url_for("account.people", done="invited"), 303)
    return render_template("account/invite.html", form=form), 422


@blueprint.get("/settings/people/<uuid:member_id>")
def person(member_id: UUID) -> str:
    """One member: role, sessions, and what can be done."""
    return _page(str(member_id), None)


@blueprint.post("/settings/people/<uuid:member_id>/role")
def change_role(member_id: UUID) -> Response | tuple[str, int]:
    """Another role, from the next page they open."""
    form = RoleForm(request.form)
    with showing(form):
        members.set_role(world(), str(member_id), form.role.data or "", **me())
        return _done(member_id, "role")
    return _page(str(member_id), form), 422


@blueprint.get("/settings/people/<uuid:member_id>/disable")
def disable_form(member_id: UUID) -> str:
    """Asks first, and says what stays."""
    return _ask(member_id, StaffForm())


@blueprint.post("/settings/people/<uuid:member_id>/disable")
def disable(member_id: UUID) -> Response | tuple[str, int]:
    """Shut out, at once."""
    form = StaffForm()
    try:
        members.disable(world(), str(member_id), **me())
    except Problem as refused:
        if refused.kind != "conflict":
            raise
        show(form, refused)
        return _ask(member_id, form), 409
    return _done(member_id, "disabled")


@blueprint.post("/settings/people/<uuid:member_id>/enable")
def enable(member_id: UUID) -> Response:
    """Let in again."""
    members.enable(world(), str(member_id), **me())
    return _done(member_id, "enabled")


@blueprint.post("/settings/people/<uuid:member_id>/invite")
def invite_again(member_id: UUID) -> Response:
    """Another mail, another link."""
    flow.send_again(world(), str(member_id), **me())
    return _done(member_id, "invited")


@blueprint.post("/settings/people/<uuid:member_id>/sign-out")
def sign_out_member(member_id: UUID) -> Response:
    """Signed out everywhere."""
    members.sign_out(world(), str(member_id), **me())
    return _done(member_id, "signed_out")


def _page(member_id: str, form: RoleForm | None) -> str:
    settings = world().settings
    with world().db.read() as session:
        user = users.find(session, member_id)
        waiting = mail_tokens.invitations(session).get(user.id)
        living = sessions.list_of(session, user.id, now(), settings.session_idle_s, settings.session_max_s)
    return render_template(
        "account/person.html", person=user, waiting=waiting, sessions=len(living), roles=role_words(),
        form=form or RoleForm(obj=user),
    )  # fmt: skip


def _ask(member_id: UUID, form: StaffForm) -> str:
    with world().db.read() as session:
        user: User = users.find(session, str(member_id))
    return render_template("account/disable.html", person=user, form=form)


def _done(member_id: UUID, what: str) -> Response:
    return redirect(url_for("account.person", member_id=member_id, done=what), 303)
