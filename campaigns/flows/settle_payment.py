"""A message of the payment side: verified with nothing open, then one write keyed by its id and by its object."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session

from campaigns.kernel.errors import problem
from campaigns.ports import Event, Refused
from campaigns.selling import payments, sales
from campaigns.world import World

DEEDS: dict[str, Callable[[Session, Event, datetime], str]] = {
    "paid": payments.take,
    "pending": payments.take,
    "failed": payments.take,
    "expired": payments.lapse,
    "refunded": payments.give_back,
    "dispute_opened": payments.dispute,
    "dispute_closed": payments.dispute,
}


def settle_payment(world: World, body: bytes, signature: str) -> str:
    """What the message did: `repeated` when it came before, `ignored` when it isn't about our money.

    Any number of times, in any order, several at one moment: the same sales.
    Raises invalid (`signature_invalid`, `event_unreadable`, `livemode_differs`), later (`database_away`).
    """
    now = world.clock.now()
    try:
        event = world.payments.read_event(body, signature, now)
    except Refused as refusal:
        raise problem("invalid", refusal.code) from None
    with world.db.write() as session:
        if not sales.note_event(session, event, now):
            return "repeated"
        deed = DEEDS.get(event.what)
        outcome = deed(session, event, now) if deed else "ignored"
        sales.note_outcome(session, event.id, outcome)
        return outcome
