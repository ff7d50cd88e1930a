"""Payments, rehearsed: a till whose every key press is the message that Stripe would send, signed."""

import hashlib
import hmac
import json
import sqlite3
from datetime import datetime
from typing import Any

from campaigns.adapters.rehearsal_file import RehearsalFile
from campaigns.adapters.stripe_events import Secrets, read_event, sign
from campaigns.kernel.codes import new_id
from campaigns.kernel.db import forbid_open
from campaigns.kernel.errors import problem
from campaigns.kernel.money import Money
from campaigns.ports import (
    Account,
    CheckoutTerms,
    Clock,
    CodeTerms,
    CouponTerms,
    Event,
    OpenCheckout,
    Refused,
    RehearsedCheckout,
)


def rehearsal_secret(key: str) -> str:
    """The secret that signs the till's messages: of the installation's own key, useful for nothing else."""
    return "whsec_rehearsal_" + hmac.digest(key.encode(), b"perchoir.rehearsal.stripe", hashlib.sha256).hex()


class RehearsalPayments:
    """Stripe, rehearsed.

    | argument | meaning |
    |---|---|
    | secrets | the webhook's real secrets, so that a shop's own checkout can report here, and the rehearsal's |
    | public_url | where the till is |
    """

    rehearses = True

    def __init__(self, file: RehearsalFile, clock: Clock, secrets: Secrets, public_url: str) -> None:
        self._file, self._clock, self._secrets, self._public_url = file, clock, secrets, public_url

    def whoami(self) -> Account:
        forbid_open()
        return Account("acct_rehearsal", "rehearsal", "Rehearsal")

    def ensure_coupon(self, terms: CouponTerms) -> str:
        coupon_id = f"perchoir_{terms.offer_id}"
        with self._file.write() as rows:
            rows.execute("INSERT INTO coupons VALUES (?, ?) ON CONFLICT DO NOTHING", (coupon_id, terms.title))
        return coupon_id

    def ensure_code(self, terms: CodeTerms) -> str:
        with self._file.write() as rows:
            if not rows.execute("SELECT 1 FROM coupons WHERE id = ?", (terms.coupon_stripe_id,)).fetchone():
                raise Refused("stripe_refused", f"No such coupon: {terms.coupon_stripe_id}")
            expires_at = terms.expires_at.isoformat() if terms.expires_at else None
            rows.execute(
                "INSERT INTO codes VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
                (f"promo_{terms.code_id}", terms.code, terms.coupon_stripe_id, expires_at),
            )
            found = rows.execute("SELECT id FROM codes WHERE code = ?", (terms.code,)).fetchone()
        return str(found["id"])

    def open_checkout(self, terms: CheckoutTerms) -> OpenCheckout:
        with self._file.write() as rows:
            found = rows.execute("SELECT id FROM checkouts WHERE key = ?", (terms.key,)).fetchone()
            checkout_id = found["id"] if found else self._open(rows, terms)
        return OpenCheckout(checkout_id, f"{self._public_url}/rehearsal/till/{checkout_id}")

    def read_event(self, body: bytes, signature: str, now: datetime) -> Event:
        forbid_open()
        return read_event(body, signature, self._secrets, now)

    def _open(self, rows: sqlite3.Connection, terms: CheckoutTerms) -> str:
        now = self._clock.now()
        if terms.code_stripe_id:
            _check_code(rows, terms.code_stripe_id, now)
        if terms.discount.amount and terms.discount.currency != terms.price.currency:
            raise Refused("stripe_refused", "The coupon's currency isn't the price's")
        checkout_id = "cs_rehearsal_" + new_id().replace("-", "")
        values = {
            "id": checkout_id,
            "key": terms.key,
            "title": terms.title,
            "currency": terms.price.currency,
            "price": terms.price.amount,
            "due": max(0, terms.price.amount - terms.discount.amount),
            "code": terms.code,
            "code_id": terms.code_stripe_id,
            "email": terms.email,
            "reference": terms.reference,
            "metadata": json.dumps(terms.metadata),
            "success_url": terms.success_url.replace("{CHECKOUT_SESSION_ID}", checkout_id),
            "cancel_url": terms.cancel_url,
            "opened_at": now.isoformat(),
        }
        rows.execute(
            "INSERT INTO checkouts (id, key, state, title, currency, price, due, code, code_id, email, reference,"
            " metadata, success_url, cancel_url, opened_at) VALUES (:id, :key, 'open', :title, :currency, :price,"
            " :due, :code, :code_id, :email, :reference, :metadata, :success_url, :cancel_url, :opened_at)",
            values,
        )
        return checkout_id


def _check_code(rows: sqlite3.Connection, code_id: str, now: datetime) -> None:
    # as Stripe: a code that is unknown, past or used opens nothing
    code = rows.execute("SELECT * FROM codes WHERE id = ?", (code_id,)).fetchone()
    if code is None:
        raise Refused("stripe_refused", f"No such promotion code: {code_id}")
    past = code["expires_at"] and datetime.fromisoformat(code["expires_at"]) <= now
    used = rows.execute("SELECT 1 FROM checkouts WHERE code_id = ? AND paid_at IS NOT NULL", (code_id,)).fetchone()
    if past or used:
        raise Refused("stripe_refused", "This promotion code is no longer valid")


class Till:
    """The counter's side: what was opened, and the messages of paying, giving back and letting lapse."""

    def __init__(self, file: RehearsalFile, secret: str) -> None:
        self._file, self._secret = file, secret

    def checkouts(self, limit: int, before: str | None = None) -> list[RehearsedCheckout]:
        with self._file.read() as rows:
            found = rows.execute(
                "SELECT * FROM checkouts WHERE ? IS NULL OR seq < (SELECT seq FROM checkouts WHERE id = ?)"
                " ORDER BY seq DESC LIMIT ?",
                (before, before, limit),
            ).fetchall()
        return [_checkout(row) for row in found]

    def checkout(self, checkout_id: str) -> RehearsedCheckout | None:
        with self._file.read() as rows:
            found = rows.execute("SELECT * FROM checkouts WHERE id = ?", (checkout_id,)).fetchone()
        return _checkout(found) if found else None

    def pay(self, checkout_id: str, now: datetime) -> tuple[bytes, str]:
        """Pay. Raises missing (`not_found`), gone (`checkout_closed`) when it lapsed before."""
        with self._file.write() as rows:
            rows.execute(
                "UPDATE checkouts SET state = 'paid', paid_at = ? WHERE id = ? AND state = 'open'",
                (now.isoformat(), checkout_id),
            )
            row = _find(rows, checkout_id)
            if row["paid_at"] is None:
                raise problem("gone", "checkout_closed")
        return self._message(row, "paid", "checkout.session.completed", row["paid_at"], _session(row), now)

    def refund(self, checkout_id: str, amount: Money, now: datetime) -> tuple[bytes, str]:
        """Give back. Raises missing (`not_found`), invalid (`refund_too_large`, `amount_not_positive`)."""
        if amount.amount <= 0:
            raise problem("invalid", "amount_not_positive", "amount")
        with self._file.write() as rows:
            row = _find(rows, checkout_id)
            paid = row["due"] if row["paid_at"] else 0
            if amount.currency != row["currency"] or row["refunded"] + amount.amount > paid:
                raise problem("invalid", "refund_too_large", "amount")
            rows.execute(
                "UPDATE checkouts SET state = 'refunded', refunded = refunded + ? WHERE id = ?",
                (amount.amount, checkout_id),
            )
            row = _find(rows, checkout_id)
        name = f"refund_{row['refunded']}"
        return self._message(row, name, "charge.refunded", now.isoformat(), _charge(row), now)

    def expire(self, checkout_id: str, now: datetime) -> tuple[bytes, str]:
        """Let it lapse. Raises missing (`not_found`), gone (`checkout_closed`) when it was paid before."""
        with self._file.write() as rows:
            rows.execute(
                "UPDATE checkouts SET state = 'expired', expired_at = ? WHERE id = ? AND state = 'open'",
                (now.isoformat(), checkout_id),
            )
            row = _find(rows, checkout_id)
            if row["expired_at"] is None:
                raise problem("gone", "checkout_closed")
        return self._message(row, "expired", "checkout.session.expired", row["expired_at"], _session(row), now)

    def _message(
        self, row: sqlite3.Row, name: str, kind: str, happened: str, thing: dict[str, Any], now: datetime
    ) -> tuple[bytes, str]:
        # the id is made of what happened, so that the same key pressed twice is one event
        event = {
            "id": f"evt_{row['id']}_{name}",
            "object": "event",
            "api_version": "rehearsal",
            "created": int(datetime.fromisoformat(happened).timestamp()),
            "livemode": False,
            "pending_webhooks": 1,
            "type": kind,
            "data": {"object": thing},
        }
        body = json.dumps(event).encode()
        return body, sign(body, self._secret, now)


def _find(rows: sqlite3.Connection, checkout_id: str) -> sqlite3.Row:
    found: sqlite3.Row | None = rows.execute("SELECT * FROM checkouts WHERE id = ?", (checkout_id,)).fetchone()
    if found is None:
        raise problem("missing", "not_found")
    return found


def _checkout(row: sqlite3.Row) -> RehearsedCheckout:
    currency = row["currency"]
    return RehearsedCheckout(
        id=row["id"],
        state=row["state"],
        title=row["title"],
        price=Money(row["price"], currency),
        due=Money(row["due"], currency),
        refunded=Money(row["refunded"], currency),
        code=row["code"],
        email=row["email"],
        success_url=row["success_url"],
        cancel_url=row["cancel_url"],
        opened_at=datetime.fromisoformat(row["opened_at"]),
    )


def _intent(row: sqlite3.Row) -> str | None:
    return f"pi_{row['id']}" if row["due"] else None


def _session(row: sqlite3.Row) -> dict[str, Any]:
    paid = "paid" if row["due"] else "no_payment_required"
    return {
        "id": row["id"],
        "object": "checkout.session",
        "mode": "payment",
        "status": "complete" if row["paid_at"] else "expired",
        "payment_status": paid if row["paid_at"] else "unpaid",
        "payment_intent": _intent(row) if row["paid_at"] else None,
        "client_reference_id": row["reference"],
        "metadata": json.loads(row["metadata"]),
        "currency": row["currency"].lower(),
        "amount_subtotal": row["price"],
        "amount_total": row["due"],
        "total_details": {"amount_discount": row["price"] - row["due"], "amount_shipping": 0, "amount_tax": 0},
        "customer_details": {"email": row["email"]},
        "discounts": [{"coupon": None, "promotion_code": row["code_id"]}] if row["code_id"] else [],
        "livemode": False,
    }


def _charge(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "id": f"ch_{row['id']}",
        "object": "charge",
        "payment_intent": _intent(row),
        "amount": row["due"],
        "amount_refunded": row["refunded"],
        "refunded": row["refunded"] == row["due"],
        "currency": row["currency"].lower(),
        "metadata": json.loads(row["metadata"]),
        "billing_details": {"email": row["email"]},
        "livemode": False,
    }
