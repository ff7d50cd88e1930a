"""Mails to the staff: the three that carry a link, composed in their reader's language when the link is made."""

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from campaigns.kernel import outbox
from campaigns.kernel.codes import new_id
from campaigns.people.mail_tokens import Purpose
from campaigns.people.users import User
from campaigns.settings import Settings
from campaigns.words import gettext

PATHS: dict[Purpose, str] = {"invite": "join", "password": "password", "sign_in": "sign-in"}


def url(settings: Settings, purpose: Purpose, secret: str) -> str:
    """Where a mailed secret is opened: always the public address, never what a request called this host."""
    return f"{settings.public_url}/{PATHS[purpose]}/{secret}"


def compose(settings: Settings, purpose: Purpose, *, locale: str, url: str, who: str = "") -> tuple[str, str]:
    """Subject and text.

    | argument | meaning |
    |---|---|
    | who | who invites, for an invitation |
    """
    _ = gettext(locale)
    organization = settings.organization
    if purpose == "invite":
        subject = _("Your invitation to Perchoir, %(organization)s", organization=organization)
        lines = [
            _("%(who)s invites you to Perchoir, where %(organization)s follows its tweets.", who=who,
              organization=organization),
            _("Choose your password here:"),
            url,
            _("The link works once, for seven days."),
        ]  # fmt: skip
    elif purpose == "password":
        subject = _("Choose a new password for Perchoir")
        lines = [
            _("Someone, most likely you, asked for a new password. Choose it here:"),
            url,
            _("The link works once, for 30 minutes. If it wasn’t you, do nothing: your password stays as it is."),
        ]
    else:
        subject = _("Your link to sign in to Perchoir")
        lines = [
            _("Open this link, then press the button:"),
            url,
            _("The link works once, for 10 minutes. If you didn’t ask for it, do nothing."),
        ]
    return subject, "\n\n".join([*lines, f"-- \nPerchoir · {organization}"]) + "\n"


def put(
    session: Session, settings: Settings, user: User, purpose: Purpose, secret: str, now: datetime, who: str = ""
) -> None:
    """Promise the mail, in the transaction that makes its secret."""
    subject, text = compose(settings, purpose, locale=user.locale, url=url(settings, purpose, secret), who=who)
    key = new_id()
    payload: dict[str, Any] = {
        "to": user.email,
        "subject": subject,
        "text": text,
        "locale": user.locale,
        # the same at each try: a mail that was sent twice shows once
        "message_id": f"<{key}@{urlsplit(settings.public_url).hostname}>",
    }
    outbox.put(session, "mail", f"{purpose}:{key}", payload, now)
