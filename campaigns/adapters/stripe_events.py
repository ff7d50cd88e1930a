"""Stripe's messages: their signature, and what they mean in our words. Shared by Stripe and its rehearsal.

The signature is checked here and not by Stripe's library, which asks the machine's clock, takes a time to come and
costs 0.3 s to import where nothing but a webhook secret is set (docs/decisions).
"""

import hashlib
import hmac
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Never

from campaigns.kernel.money import MAX_AMOUNT, Money, currencies
from campaigns.ports import Event, Refused

TOLERANCE_S = 300
Thing = dict[str, Any]
NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
"""A NUL as JSON writes it: PostgreSQL keeps none."""


@dataclass(frozen=True)
class Secrets:
    """Who may sign: Stripe's secrets, several while they are rotated, and the rehearsal's while payments rehearse."""

    stripe: tuple[str, ...] = ()
    rehearsal: tuple[str, ...] = ()


def sign(body: bytes, secret: str, now: datetime) -> str:
    """The header that Stripe would send with a body."""
    at = int(now.timestamp())
    return f"t={at},v1={_mac(body, secret, at)}"


def read_event(body: bytes, signature: str, secrets: Secrets, now: datetime, *, live: bool | None = None) -> Event:
    """Verify and read a message.

    | argument | meaning |
    |---|---|
    | live | whether our key is a live one; None without a key, then either mode is taken |

    Raises Refused: `signature_invalid` (nobody we know signed it, or not within 300 s of now on either side),
    `event_unreadable` (not UTF-8, not JSON, a thin event, a field missing), `livemode_differs`.
    """
    rehearsed = _signer(body, signature, secrets, now)
    payload = _payload(body)
    if live is not None and not rehearsed and bool(payload.get("livemode")) != live:
        raise Refused("livemode_differs")
    try:
        return replace(_event(payload), rehearsed=rehearsed)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, OSError) as fault:
        raise Refused("event_unreadable", type(fault).__name__) from None


def _mac(body: bytes, secret: str, at: int) -> str:
    return hmac.digest(secret.encode(), b"%d.%b" % (at, body), hashlib.sha256).hex()


def _signer(body: bytes, header: str, secrets: Secrets, now: datetime) -> bool:
    """Whether the rehearsal signed it; raises Refused when nobody did."""
    at, given = _signatures(header)
    if abs(now.timestamp() - at) > TOLERANCE_S:
        raise Refused("signature_invalid", "too old, or from the future")
    for rehearsed, keys in ((False, secrets.stripe), (True, secrets.rehearsal)):
        for key in keys:
            expected = _mac(body, key, at).encode()
            if any(hmac.compare_digest(expected, each) for each in given):
                return rehearsed
    raise Refused("signature_invalid")


def _signatures(header: str) -> tuple[int, list[bytes]]:
    parts = [part.strip().partition("=") for part in header.split(",")]
    times = [value for name, _, value in parts if name == "t"]
    given = [value.encode("utf-8", "replace") for name, _, value in parts if name == "v1"]
    # isdecimal alone takes figures of other scripts; twelve of them last until the year 33658
    if len(times) != 1 or not times[0].isascii() or not times[0].isdecimal() or len(times[0]) > 12 or not given:
        raise Refused("signature_invalid", "no time or no signature in the header")
    return int(times[0]), given


def _payload(body: bytes) -> Thing:
    """The JSON object, such that every database can keep it: no NUL, no half of a surrogate pair, no NaN."""
    try:
        payload = json.loads(body.decode(), parse_constant=_no_constant)
        plain = json.dumps(payload, ensure_ascii=False, allow_nan=False)
        plain.encode()
    except (ValueError, RecursionError):
        raise Refused("event_unreadable", "not JSON in UTF-8") from None
    if not isinstance(payload, dict) or payload.get("object") != "event" or NUL.search(plain):
        raise Refused("event_unreadable", "not an event")
    return payload


def _no_constant(name: str) -> Never:
    raise ValueError(f"{name} is no JSON")


def _event(payload: Thing) -> Event:
    kind = _text(payload["type"])
    known = Event(
        id=_text(payload["id"]),
        type=kind,
        what="ignored",
        happened_at=datetime.fromtimestamp(_whole(payload["created"]), UTC),
        payload=payload,
    )
    thing = payload["data"]["object"]
    if not isinstance(thing, dict):
        raise TypeError("data.object")
    reader = READERS.get(kind)
    return reader(known, thing) if reader else known


def _completed(event: Event, session: Thing) -> Event:
    if session.get("mode") == "setup":  # a card was kept, no money moved
        return event
    status = session["payment_status"]
    if status == "unpaid":
        return replace(_session(event, session), what="pending")
    if status not in ("paid", "no_payment_required"):
        raise ValueError("payment_status")
    return replace(_session(event, session), what="paid")


def _async_paid(event: Event, session: Thing) -> Event:
    return replace(_session(event, session), what="paid")


def _async_failed(event: Event, session: Thing) -> Event:
    return replace(_session(event, session), what="failed")


def _expired(event: Event, session: Thing) -> Event:
    return replace(_session(event, session), what="expired")


def _session(event: Event, session: Thing) -> Event:
    tax = _part(session, "total_details").get("amount_tax") or 0
    return replace(
        event,
        object_key=_text(session["id"]),
        intent=_id(session.get("payment_intent")),
        paid=_money(session["amount_total"], session),
        tax=_money(tax, session),
        references=_session_references(session),
    )


def _invoice_paid(event: Event, invoice: Thing) -> Event:
    # A subscription's first invoice is the money that its checkout told of; an invoice without one isn't our sale.
    details = _part(_part(invoice, "parent"), "subscription_details")
    subscription = _id(details.get("subscription")) or _id(invoice.get("subscription"))
    paid = _money(invoice["amount_paid"], invoice)
    if not subscription or invoice.get("billing_reason") == "subscription_create" or not paid.amount:
        return event
    metadata = _metadata(details) | _metadata(invoice)
    given = {
        "subscription": subscription,
        "customer": _id(invoice.get("customer")),
        "email": invoice.get("customer_email"),
        "promotion_code": _promotion_code(invoice),
    }
    return replace(
        event,
        what="paid",
        object_key=_text(invoice["id"]),
        intent=_invoice_intent(invoice),
        paid=paid,
        tax=_money(_invoice_tax(invoice), invoice),
        references=metadata | _texts(given),
    )


def _invoice_tax(invoice: Thing) -> int:
    lines = invoice.get("total_taxes")
    if isinstance(lines, list):
        return sum(_whole(line["amount"]) for line in lines)
    return _whole(invoice.get("tax") or 0)


def _invoice_intent(invoice: Thing) -> str | None:
    for payment in _part(invoice, "payments").get("data") or []:
        if intent := _id(payment["payment"].get("payment_intent")):
            return intent
    return _id(invoice.get("payment_intent"))


def _refunded(event: Event, charge: Thing) -> Event:
    given = {"email": _part(charge, "billing_details").get("email"), "customer": _id(charge.get("customer"))}
    return replace(
        event,
        what="refunded",
        object_key=_text(charge["id"]),
        intent=_id(charge.get("payment_intent")),
        refunded=_money(charge["amount_refunded"], charge),
        references=_metadata(charge) | _texts(given),
    )


def _dispute_opened(event: Event, dispute: Thing) -> Event:
    # a warning (an inquiry) takes no money; it ends as `warning_closed`, or becomes a dispute of the same id
    if str(dispute.get("status")).startswith("warning_"):
        return event
    return replace(_dispute(event, dispute), what="dispute_opened")


def _dispute_closed(event: Event, dispute: Thing) -> Event:
    if dispute["status"] == "warning_closed":
        return event
    return replace(_dispute(event, dispute), what="dispute_closed", dispute_won=dispute["status"] == "won")


def _dispute(event: Event, dispute: Thing) -> Event:
    return replace(
        event,
        object_key=_text(dispute["id"]),
        intent=_id(dispute.get("payment_intent")),
        disputed=_money(dispute["amount"], dispute),
        references=_metadata(dispute),
    )


READERS: dict[str, Callable[[Event, Thing], Event]] = {
    "checkout.session.completed": _completed,
    "checkout.session.async_payment_succeeded": _async_paid,
    "checkout.session.async_payment_failed": _async_failed,
    "checkout.session.expired": _expired,
    "invoice.paid": _invoice_paid,
    "charge.refunded": _refunded,
    "charge.dispute.created": _dispute_opened,
    "charge.dispute.closed": _dispute_closed,
}
"""All others are kept, answered and not acted on."""


def _session_references(session: Thing) -> dict[str, str]:
    given = {
        "client_reference_id": session.get("client_reference_id"),
        "promotion_code": _promotion_code(session),
        "email": _part(session, "customer_details").get("email") or session.get("customer_email"),
        "customer": _id(session.get("customer")),
        "subscription": _id(session.get("subscription")),
    }
    return _metadata(session) | _texts(given)


def _promotion_code(thing: Thing) -> str | None:
    for discount in thing.get("discounts") or []:
        if isinstance(discount, dict) and (code := _id(discount.get("promotion_code"))):
            return code
    return None


def _metadata(thing: Thing) -> dict[str, str]:
    return {f"metadata.{name}": str(value) for name, value in _part(thing, "metadata").items()}


def _texts(given: dict[str, Any]) -> dict[str, str]:
    return {name: value for name, value in given.items() if isinstance(value, str) and value}


def _part(thing: Thing, name: str) -> Thing:
    found = thing.get(name)
    return found if isinstance(found, dict) else {}


def _id(value: Any) -> str | None:
    """An id, whether the object was expanded or not."""
    if isinstance(value, dict):
        value = value.get("id")
    return value if isinstance(value, str) and value else None


def _text(value: Any) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= 255:
        raise TypeError("an id or a type")
    return value


def _whole(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError("a whole number")
    return value


def _money(amount: Any, thing: Thing) -> Money:
    currency = _text(thing["currency"]).upper()
    if currency not in currencies() or not 0 <= _whole(amount) <= MAX_AMOUNT:
        raise ValueError("an amount of money")
    return Money(amount, currency)
