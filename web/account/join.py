"""GET, POST /join/<secret>: who was invited chooses a name and a password."""

from flask import render_template, request
from werkzeug.wrappers import Response
from wtforms import PasswordField

from campaigns.flows import invite_person as flow
from campaigns.people.users import Profile
from web.account.blueprint import blueprint
from web.account.profile import PlaceForm
from web.account.sign_in import let_in
from web.forms import _, showing
from web.request import speak, world


class JoinForm(PlaceForm):
    password = PasswordField(_("Password"))


@blueprint.get("/join/<secret>")
def invitation(secret: str) -> str:
    """The form behind the invitation; opening it changes nothing."""
    user = flow.whose(world(), secret)
    speak(user.locale)
    form = JoinForm(locale=user.locale, zone=user.zone)
    return render_template("account/join.html", form=form, user=user)


@blueprint.post("/join/<secret>")
def join(secret: str) -> Response | tuple[str, int]:
    """Here: the first session begins."""
    user = flow.whose(world(), secret)
    speak(user.locale)
    form = JoinForm(request.form)
    profile = Profile(
        form.name.data or "", form.locale.data or "", form.zone.data or "", user.lead_notices, user.weekly
    )
    with showing(form):
        session_secret = flow.join(world(), secret, profile, form.password.data or "", request.user_agent.string)
        return let_in(session_secret, "/")
    return render_template("account/join.html", form=form, user=user), 422
