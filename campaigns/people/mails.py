"""Mails to the staff: the three that carry a link, composed in their reader's language when the link is made."""

from datetime import datetime

from sqlalchemy.orm import Session

from campaigns.kernel import letters
from campaigns.kernel.codes import new_id
from campaigns.kernel.letters import Letter
from campaigns.people.mail_tokens import Purpose
from campaigns.people.users import User
from campaigns.settings import Settings
from campaigns.words import gettext

PATHS: dict[Purpose, str] = {"invite": "join", "password": "password", "sign_in": "sign-in"}


def url(settings: Settings, purpose: Purpose, secret: str) -> str:
    """Where a mailed secret is opened: always the public address, never what a request called this host."""
    return f"{settings.public_url}/{PATHS[purpose]}/{secret}"


def compose(settings: Settings, purpose: Purpose, locale: str, url: str, who: str = "") -> Letter:
    """The letter. `who`: the name of whoever invites, for an invitation."""
    _, organization = gettext(locale), settings.organization
    if purpose == "invite":
        subject = _("Your invitation to Perchoir, %(organization)s", organization=organization)
        told = [
            _("%(who)s invites you to Perchoir, where %(organization)s follows its tweets.", who=who,
              organization=organization),
            _("The link works once, for seven days."),
        ]  # fmt: skip
        button = _("Choose your password")
    elif purpose == "password":
        subject = _("Choose a new password for Perchoir")
        told = [
            _("Someone, most likely you, asked for a new password."),
            _("The link works once, for 30 minutes. If it wasn’t you, do nothing: your password stays as it is."),
        ]
        button = _("Choose a new password")
    else:
        subject = _("Your link to sign in to Perchoir")
        told = [
            _("Open this link, then press the button of the page."),
            _("The link works once, for 10 minutes. If you didn’t ask for it, do nothing."),
        ]
        button = _("Sign in")
    return Letter(subject, told, foot=f"Perchoir · {organization}", button=button, url=url)


def put(
    session: Session, settings: Settings, user: User, purpose: Purpose, secret: str, now: datetime, who: str = ""
) -> None:
    """Promise the mail, in the transaction that makes its secret."""
    letter = compose(settings, purpose, user.locale, url(settings, purpose, secret), who)
    letters.put(
        session, f"{purpose}:{new_id()}", user.email, letter, locale=user.locale, host=settings.public_host, now=now
    )
