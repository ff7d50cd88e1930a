"""GET, POST /account; POST /account/password, /account/sessions/<id>/end, /account/sessions/end: one's own profile."""

from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import BooleanField, PasswordField, SelectField, StringField

from campaigns.flows import change_password as flow
from campaigns.people import audits, sessions, users
from campaigns.people.sessions import UserSession
from campaigns.people.users import Profile
from web.account.blueprint import blueprint
from web.forms import StaffForm, _, choices, showing
from web.options import LANGUAGES, zones_with
from web.request import client_address, now, say, viewer, world


class PlaceForm(StaffForm):
    name = StringField(_("Name"))
    locale = SelectField(_("Language"), choices=choices(LANGUAGES))
    zone = SelectField(_("Time zone"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone.choices = zones_with(self.zone.data)


class ProfileForm(PlaceForm):
    lead_notices = SelectField(_("Mail about new leads"))
    weekly = BooleanField(_("Last week’s figures by mail, each Monday"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        words = {"none": say("None"), "each": say("At once, for each lead"), "daily": say("Once a day, all together")}
        self.lead_notices.choices = choices(words)


class PasswordForm(StaffForm):
    current = PasswordField(_("Current password"))
    password = PasswordField(_("New password"))


@blueprint.get("/account")
def profile() -> str:
    """Profile, password, sessions."""
    return _page(_stored(), PasswordForm())


@blueprint.post("/account")
def save_profile() -> Response | tuple[str, int]:
    """Name, language, zone, notices."""
    form = ProfileForm(request.form)
    told = Profile(form.name.data or "", form.locale.data or "", form.zone.data or "", form.lead_notices.data or "",
                   bool(form.weekly.data))  # fmt: skip
    with showing(form):
        with world().db.write() as session:
            users.change(users.find(session, viewer().id), told)
        return _done("saved")
    return _page(form, PasswordForm()), 422


@blueprint.post("/account/password")
def change_password() -> Response | tuple[str, int]:
    """The current one is asked for; every other session ends."""
    form = PasswordForm(request.form)
    with showing(form):
        flow.change_password(
            world(), viewer().id, viewer().session_id, current=form.current.data or "",
            password=form.password.data or "", address=client_address(),
        )  # fmt: skip
        return _done("password")
    return _page(_stored(), form), 422


@blueprint.post("/account/sessions/<uuid:session_id>/end")
def sign_out_session(session_id: UUID) -> Response:
    """One of one's own; another's, or one that ended, is left as it is."""
    with world().db.write() as session:
        if sessions.end_own(session, str(session_id), viewer().id, now()):
            audits.note(session, "session.ended", now(), who=viewer().name, user_id=viewer().id)
    return _done("session")


@blueprint.post("/account/sessions/end")
def sign_out_elsewhere() -> Response:
    """All of them but this one."""
    with world().db.write() as session:
        ended = sessions.end_all(session, viewer().id, now(), but=viewer().session_id)
        audits.note(session, "session.ended", now(), who=viewer().name, user_id=viewer().id, ended=ended)
    return _done("sessions")


def _stored() -> ProfileForm:
    with world().db.read() as session:
        return ProfileForm(obj=users.find(session, viewer().id))


def _page(form: ProfileForm, password_form: PasswordForm) -> str:
    settings = world().settings
    with world().db.read() as session:
        mine = sessions.list_of(session, viewer().id, now(), settings.session_idle_s, settings.session_max_s)
    return render_template(
        "account/profile.html", form=form, password_form=password_form, sessions=[_shown(one) for one in mine],
    )  # fmt: skip


def _shown(one: UserSession) -> dict[str, object]:
    browser, system = sessions.device(one.agent)
    return {
        "id": one.id, "browser": browser, "system": system, "created_at": one.created_at, "seen_at": one.seen_at,
        "is_this": one.id == viewer().session_id,
    }  # fmt: skip


def _done(what: str) -> Response:
    return redirect(url_for("account.profile", done=what), 303)
