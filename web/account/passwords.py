"""GET, POST /password; GET, POST /password/<secret>: a forgotten password, by mail."""

from flask import render_template, request
from werkzeug.wrappers import Response
from wtforms import EmailField, PasswordField

from campaigns.flows import reset_password as flow
from campaigns.flows import send_link
from campaigns.people.knocks import Knock
from web.account.blueprint import blueprint
from web.account.sign_in import let_in
from web.forms import StaffForm, _, showing
from web.request import client_address, locale, say, speak, world


class ForgottenForm(StaffForm):
    email = EmailField(_("E-mail address"))


class NewPasswordForm(StaffForm):
    password = PasswordField(_("New password"))


@blueprint.get("/password")
def forgotten() -> str:
    """Where to send the link."""
    return render_template("account/forgotten.html", form=ForgottenForm(email=request.args.get("email", "")))


@blueprint.post("/password")
def send_password_link() -> tuple[str, int]:
    """The same answer whoever the address belongs to."""
    form = ForgottenForm(request.form)
    knock = Knock(form.email.data or "", client_address())
    if not knock.email.strip():
        form.email.errors = [say("Write something here")]
        return render_template("account/forgotten.html", form=form), 422
    send_link.send_link(world(), "password", knock, locale())
    return render_template("account/sent.html", email=knock.email, purpose="password"), 200


@blueprint.get("/password/<secret>")
def new_password(secret: str) -> str:
    """The form behind the mailed link; opening it changes nothing."""
    user = flow.whose(world(), secret)
    speak(user.locale)
    return render_template("account/new_password.html", form=NewPasswordForm(), user=user)


@blueprint.post("/password/<secret>")
def reset_password(secret: str) -> Response | tuple[str, int]:
    """Chosen: signed in here, signed out everywhere else."""
    user = flow.whose(world(), secret)
    speak(user.locale)
    form = NewPasswordForm(request.form)
    with showing(form):
        session_secret = flow.reset_password(world(), secret, form.password.data or "", request.user_agent.string)
        return let_in(session_secret, "/")
    return render_template("account/new_password.html", form=form, user=user), 422
