"""What was promised with a commit is done: letters go out, coupons are made at Stripe. Each row is claimed first.

A row may be done twice, when a worker dies between the deed and its record: a letter keeps its Message-ID, Stripe
keeps our keys, so the second time changes nothing.
"""

from collections.abc import Callable, Mapping
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

from campaigns.kernel import outbox
from campaigns.kernel.errors import Problem
from campaigns.kernel.outbox import OutboxRow
from campaigns.ports import CodeTerms, Later, Refused, Unknown
from campaigns.selling import coupons
from campaigns.world import World


def send_outbox(world: World, worker: str, is_stopping: Callable[[], bool] = bool) -> int:
    """Do what is due, oldest first, until nothing is or somebody stops. How many rows were tried.

    | argument | meaning |
    |---|---|
    | worker | this process's name, unique among those that run |
    | is_stopping | asked between two rows; bool() says no |
    """
    tried = 0
    while not is_stopping() and (row := _claim(world, worker)):
        _do(world, row, worker)
        tried += 1
    return tried


def _claim(world: World, worker: str) -> OutboxRow | None:
    # one at a time: of twenty, the last ones would lose their lease behind a server that hangs
    now = world.clock.now()
    with world.db.read() as session:
        if not outbox.any_due(session, now):
            return None
    with world.db.write() as session:
        taken = outbox.claim(session, worker, now, limit=1)
    return taken[0] if taken else None


def _do(world: World, row: OutboxRow, worker: str) -> None:
    deed = KINDS.get(row.kind)
    try:
        if deed is None:
            raise Later("kind_unknown", row.kind)  # a newer program wrote it, and will come to do it
        deed(world, row.payload)
    except Refused as refusal:
        with world.db.write() as session:
            outbox.fail(session, row.id, worker, f"{refusal.code} {refusal.detail}".strip(), world.clock.now())
    except Problem as gone:
        if gone.kind == "later":
            raise  # the database is away: nothing was learnt of the row, and nothing could be written down
        # what it is about isn't there any more, and won't come back
        with world.db.write() as session:
            outbox.fail(session, row.id, worker, " ".join(fault.code for fault in gone.faults), world.clock.now())
    except Later as wait:
        with world.db.write() as session:
            told = f"{wait.code} {wait.detail}".strip()
            outbox.retry(session, row, worker, told, world.clock.now(), wait.until)
    except Unknown as silence:
        with world.db.write() as session:
            outbox.retry(session, row, worker, f"unknown {silence.detail}".strip(), world.clock.now(), None)
    else:
        with world.db.write() as session:
            outbox.done(session, row.id, worker, world.clock.now())


def _send_mail(world: World, payload: dict[str, Any]) -> None:
    world.mailer.send(letter(payload, world.settings.mail_from, format_datetime(world.clock.now())))


def _make_coupon(world: World, payload: dict[str, Any]) -> None:
    """The coupon of the offer and this code of it, at Stripe. Opening a checkout does the same with the same keys."""
    with world.db.read() as session:
        known = coupons.stripe_terms(session, payload["coupon_id"])
    if known.code_stripe_id:
        return
    coupon_id = known.offer_stripe_id or world.payments.ensure_coupon(known.terms)
    code_id = world.payments.ensure_code(CodeTerms(known.coupon_id, known.code, coupon_id, known.expires_at))
    with world.db.write() as session:
        coupons.note_stripe(session, known.coupon_id, coupon_id, code_id)


def letter(payload: Mapping[str, Any], sender: str, date: str) -> EmailMessage:
    """The letter that a row holds; its Message-ID is the row's own, however often it is sent.

    | payload | meaning |
    |---|---|
    | to, subject, text | complete as they were written with their facts |
    | html | the same for those who show it; may be missing |
    | locale, message_id | language of the letter; `<…@…>` |
    | unsubscribe | where one POST ends such letters; may be missing |
    """
    message = EmailMessage()
    message["From"] = sender
    message["To"] = payload["to"]
    message["Subject"] = " ".join(str(payload["subject"]).split())  # a header has one line
    message["Date"] = date
    message["Message-ID"] = payload["message_id"]
    message["Auto-Submitted"] = "auto-generated"  # so that nobody's holiday answers
    if stop := payload.get("unsubscribe"):
        message["List-Unsubscribe"] = f"<{stop}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(payload["text"])
    if payload.get("html"):
        message.add_alternative(payload["html"], subtype="html")
    message["Content-Language"] = payload.get("locale", "en")  # last: setting content takes such headers away
    return message


KINDS: dict[str, Callable[[World, dict[str, Any]], None]] = {"mail": _send_mail, "coupon": _make_coupon}
"""What a kind of row asks for."""
