"""GET /rehearsal/mailbox, /rehearsal/mailbox/<id>, /rehearsal/mailbox/<id>/html: the mails as they would arrive."""

import email
from email.message import EmailMessage
from email.policy import default as modern
from uuid import UUID

from flask import Response, render_template, request, url_for

from campaigns.flows.look_at_rehearsal import look_in_mailbox, open_mail
from campaigns.kernel.errors import problem
from web.headers import policy
from web.rehearsal.blueprint import blueprint, reader
from web.rehearsal.pieces import pieces
from web.request import world

LETTER = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
)
"""Mails carry their style in the tags, as mail programs want it. No script, no form, no origin."""


@blueprint.get("/rehearsal/mailbox")
def mailbox() -> str:
    """The newest mails that this member may see; the older ones by ?before=."""
    found = look_in_mailbox(world(), reader(), request.args.get("before"))
    return render_template(
        "rehearsal/mailbox.html", mails=found.items, next=url_for(".mailbox", before=found.next) if found.next else "",
        first=url_for(".mailbox") if request.args.get("before") else "",
    )  # fmt: skip


@blueprint.get("/rehearsal/mailbox/<uuid:mail_id>")
def mail(mail_id: UUID) -> Response:
    """One mail: who, what, when; the HTML in a frame, the text under it."""
    found = open_mail(world(), reader(), str(mail_id))
    letter = _read(found.raw)
    html = render_template(
        "rehearsal/mail.html", mail=found, sender=str(letter["From"] or ""), text=pieces(_part(letter, "plain") or ""),
        has_html=_part(letter, "html") is not None,
    )  # fmt: skip
    response = Response(html)
    response.headers["Content-Security-Policy"] = policy(frame_src="'self'")
    return response


@blueprint.get("/rehearsal/mailbox/<uuid:mail_id>/html")
def mail_html(mail_id: UUID) -> Response:
    """The HTML of a mail, for the frame alone; its links open beside it and tell nobody where they stood."""
    html = _part(_read(open_mail(world(), reader(), str(mail_id)).raw), "html")
    if html is None:
        raise problem("missing", "not_found")
    response = Response(html.replace("<head>", '<head><base target="_blank">', 1))
    response.headers["Content-Security-Policy"] = LETTER
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _read(raw: bytes) -> EmailMessage:
    return email.message_from_bytes(raw, policy=modern)


def _part(letter: EmailMessage, kind: str) -> str | None:
    part = letter.get_body((kind,))
    return str(part.get_content()) if part else None
