"""GET, POST /sign-in; GET, POST /sign-in/<secret>; POST /sign-out: the staff's door.

A link from a mail opens a page whose button posts: scanners of mails follow GETs, and none of them signs in.
"""

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import EmailField, HiddenField, PasswordField

from campaigns.flows import send_link
from campaigns.flows import sign_in as flow
from campaigns.flows.sign_in import Browser
from campaigns.people import audits, sessions
from campaigns.people.knocks import Knock
from web.access import drop_cookie, own_path, recognise, set_cookie
from web.account.blueprint import blueprint
from web.forms import StaffForm, _, showing
from web.request import client_address, locale, now, say, speak, viewer, world


class SignInForm(StaffForm):
    email = EmailField(_("E-mail address"))
    password = PasswordField(_("Password"))
    next = HiddenField()


def this_browser() -> Browser:
    """What asks to come in; the session that it had, whoever's it was, ends with the new one."""
    who = recognise()
    return Browser(request.user_agent.string, who.session_id if who else None)


def let_in(secret: str, path: str) -> Response:
    """On to a page of ours, with the cookie of a new session."""
    response = redirect(path, 303)
    set_cookie(response, secret)
    return response


@blueprint.get("/sign-in")
def sign_in() -> str | Response:
    """The form; whoever is in already goes on."""
    path = own_path(request.args.get("next"))
    if recognise():
        return redirect(path)
    return render_template("account/sign_in.html", form=SignInForm(next=path))


@blueprint.post("/sign-in")
def come_in() -> Response | tuple[str, int]:
    """By password, or by asking for a link."""
    form = SignInForm(request.form)
    knock = Knock(form.email.data or "", client_address())
    if not knock.email.strip():
        form.email.errors = [say("Write something here")]
    elif request.form.get("how") == "link":
        send_link.send_link(world(), "sign_in", knock, locale())
        return render_template("account/sent.html", email=knock.email, purpose="sign_in"), 200
    else:
        with showing(form):
            secret = flow.with_password(world(), knock, form.password.data or "", this_browser())
            return let_in(secret, own_path(form.next.data))
    return render_template("account/sign_in.html", form=form), 422


@blueprint.get("/sign-in/<secret>")
def sign_in_link(secret: str) -> str:
    """Whose link it is, and the button; opening it changes nothing."""
    user = flow.whose(world(), secret)
    speak(user.locale)
    return render_template("account/sign_in_link.html", user=user)


@blueprint.post("/sign-in/<secret>")
def come_in_by_link(secret: str) -> Response:
    """The button was pressed: in, once."""
    return let_in(flow.with_link(world(), secret, this_browser()), "/")


@blueprint.post("/sign-out")
def sign_out() -> Response:
    """The session ends on the server, so a copied cookie is dead too."""
    with world().db.write() as session:
        sessions.end(session, viewer().session_id, now())
        audits.note(session, "sign_out.done", now(), who=viewer().name, user_id=viewer().id)
    response = redirect(url_for("account.sign_in"), 303)
    drop_cookie(response)
    return response
