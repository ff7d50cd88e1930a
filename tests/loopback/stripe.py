"""A fake Stripe: coupons, codes, payment pages and their messages.

A payment page is a real one: its button pays, sends the message to `hook` when that is set, and goes on to success.
"""

import html
import json
import re
import urllib.request
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

import stripe

from campaigns.ports import Clock
from tests.loopback.server import Answer, Loopback, Request

KEY = "sk_test_loopback0000000000000001"
SECRET = "whsec_loopback0000000000000001"
Thing = dict[str, Any]


def signed(body: bytes, at: datetime, secret: str = SECRET) -> str:
    """The header that Stripe's own library makes for a message."""
    header = stripe.WebhookSignature.generate_signature_header(body.decode(), secret, int(at.timestamp()))
    return str(header)


def decode_form(body: str) -> Thing:
    """Stripe's bracketed form as the object it means: a[b][0][c]=1 is {"a": {"b": [{"c": "1"}]}}."""
    tree: Thing = {}
    for name, value in parse_qsl(body, keep_blank_values=True, strict_parsing=bool(body)):
        keys = re.findall(r"[^\[\]]+", name)
        place = tree
        for key in keys[:-1]:
            place = place.setdefault(key, {})
        place[keys[-1]] = value
    return {name: _listed(value) for name, value in tree.items()}


def _listed(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if value and all(key.isdecimal() for key in value):
        return [_listed(value[key]) for key in sorted(value, key=int)]
    return {key: _listed(each) for key, each in value.items()}


class FakeStripe(Loopback):
    """Stripe's API as far as Perchoir uses it.

    | attribute | meaning |
    |---|---|
    | coupons, codes, sessions | what was made, by id |
    | hook | where messages go, an address; None: nowhere, `message` gives them to whoever asks |
    """

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.clock = clock
        self.coupons: dict[str, Thing] = {}
        self.codes: dict[str, Thing] = {}
        self.sessions: dict[str, Thing] = {}
        self.hook: str | None = None
        self._answered: dict[str, tuple[bytes, Answer]] = {}

    @property
    def environ(self) -> dict[str, str]:
        """What connects Perchoir to it."""
        return {
            "PERCHOIR_STRIPE_SECRET_KEY": KEY,
            "PERCHOIR_STRIPE_API_BASE": self.url,
            "PERCHOIR_STRIPE_WEBHOOK_SECRETS": SECRET,
        }

    def answer(self, request: Request) -> Answer:
        if request.path.startswith("/pay/"):
            return self._till(request)
        if request.headers.get("authorization") != f"Bearer {KEY}":
            return _fault(401, "Invalid API Key provided")
        key = request.headers.get("idempotency-key")
        with self.lock:
            if request.method != "POST" or key is None:
                return self._api(request)
            if key in self._answered:
                body, answered = self._answered[key]
                if body != request.body:
                    return _fault(
                        400,
                        "Keys for idempotent requests can only be used with the same parameters",
                        kind="idempotency_error",
                    )
                return answered
            answer = self._api(request)
            if answer.status == 200:  # what fails its checks isn't remembered
                self._answered[key] = request.body, answer
            return answer

    def pay(self, session_id: str) -> tuple[bytes, str]:
        """Pay: the message and its signature, sent to the hook as well."""
        with self.lock:
            session = self.sessions[session_id]
            session["status"] = "complete"
            session["payment_status"] = "paid" if session["amount_total"] else "no_payment_required"
            session["payment_intent"] = f"pi_{session_id[3:]}" if session["amount_total"] else None
            session["customer_details"] = {"email": session.get("customer_email") or "typed@there.example"}
            for discount in session["discounts"]:
                self.codes[discount["promotion_code"]]["times_redeemed"] = 1
        return self.message("checkout.session.completed", f"evt_{session_id}_paid", session)

    def refund(self, session_id: str, amount: int, total: int | None = None) -> tuple[bytes, str]:
        """Give back: `total` is what has gone back altogether, `amount` when nothing had."""
        session, back = self.sessions[session_id], total or amount
        charge = {
            "id": f"ch_{session_id[3:]}",
            "object": "charge",
            "payment_intent": session["payment_intent"],
            "amount": session["amount_total"],
            "amount_refunded": back,
            "currency": session["currency"],
            "metadata": session["metadata"],
        }
        return self.message("charge.refunded", f"evt_{session_id}_refund_{back}", charge)

    def message(self, kind: str, event_id: str, thing: Thing) -> tuple[bytes, str]:
        """A message of Stripe's, signed; delivered to the hook when there is one."""
        event = {
            "id": event_id,
            "object": "event",
            "api_version": "2026-08-26.dahlia",
            "created": int(self.clock.now().timestamp()),
            "livemode": False,
            "type": kind,
            "data": {"object": thing},
        }
        body = json.dumps(event).encode()
        signature = signed(body, self.clock.now())
        if self.hook:
            headers = {"Content-Type": "application/json", "Stripe-Signature": signature}
            with urllib.request.urlopen(urllib.request.Request(self.hook, body, headers), timeout=10) as answer:
                assert answer.status < 300, answer.status
        return body, signature

    def _api(self, request: Request) -> Answer:
        form = decode_form(request.body.decode())
        routes: dict[str, Callable[[Thing], Answer]] = {
            "POST /v1/coupons": self._create_coupon,
            "POST /v1/promotion_codes": self._create_code,
            "POST /v1/checkout/sessions": self._create_session,
        }
        if request.name in routes:
            return routes[request.name](form)
        if request.name == "GET /v1/account":
            return Answer(200, {"id": "acct_1", "object": "account", "business_profile": {"name": "Feuillet"}})
        if request.name == "GET /v1/promotion_codes":
            code = request.query.get("code", "").lower()
            found = [each for each in self.codes.values() if each["code"].lower() == code]
            return Answer(200, {"object": "list", "data": found, "has_more": False, "url": "/v1/promotion_codes"})
        if request.method == "GET" and request.path.startswith("/v1/coupons/"):
            found_coupon = self.coupons.get(request.path.rpartition("/")[2])
            return Answer(200, found_coupon) if found_coupon else _missing("coupon")
        return _missing("resource")

    def _create_coupon(self, form: Thing) -> Answer:
        if form["id"] in self.coupons:
            return _fault(400, "Coupon already exists.", code="resource_already_exists")
        self.coupons[form["id"]] = {
            "object": "coupon",
            "id": form["id"],
            "name": form.get("name"),
            "percent_off": float(form["percent_off"]) if "percent_off" in form else None,
            "amount_off": int(form["amount_off"]) if "amount_off" in form else None,
            "currency": form.get("currency"),
            "duration": form["duration"],
            "metadata": form.get("metadata", {}),
            "valid": True,
        }
        return Answer(200, self.coupons[form["id"]])

    def _create_code(self, form: Thing) -> Answer:
        coupon_id = form["promotion"]["coupon"]
        if coupon_id not in self.coupons:
            return _missing("coupon")
        if any(each["code"].lower() == form["code"].lower() for each in self.codes.values()):
            return _fault(400, "An active promotion code with this code already exists.")
        code_id = f"promo_{len(self.codes) + 1:04}"
        self.codes[code_id] = {
            "object": "promotion_code",
            "id": code_id,
            "active": True,
            "code": form["code"],
            "promotion": {"type": "coupon", "coupon": coupon_id},
            "times_redeemed": 0,
            "metadata": form.get("metadata", {}),
        }
        return Answer(200, self.codes[code_id])

    def _create_session(self, form: Thing) -> Answer:
        discounts, [line] = form.get("discounts", []), form["line_items"]
        price = int(line["price_data"]["unit_amount"])
        due = price
        for discount in discounts:
            code = self.codes.get(discount["promotion_code"])
            if code is None or code["times_redeemed"]:
                return _fault(400, "This promotion code cannot be redeemed.")
            coupon = self.coupons[code["promotion"]["coupon"]]
            due -= round(price * (coupon["percent_off"] or 0) / 100) + (coupon["amount_off"] or 0)
        session_id = f"cs_test_{len(self.sessions) + 1:04}"
        self.sessions[session_id] = {
            "object": "checkout.session",
            "id": session_id,
            "url": f"{self.url}/pay/{session_id}",
            "mode": form["mode"],
            "status": "open",
            "payment_status": "unpaid",
            "payment_intent": None,
            "client_reference_id": form.get("client_reference_id"),
            "metadata": form.get("metadata", {}),
            "currency": line["price_data"]["currency"],
            "amount_subtotal": price,
            "amount_total": max(0, due),
            "total_details": {"amount_discount": price - max(0, due), "amount_shipping": 0, "amount_tax": 0},
            "customer_email": form.get("customer_email"),
            "discounts": [{"coupon": None, "promotion_code": each["promotion_code"]} for each in discounts],
            "success_url": form["success_url"],
            "cancel_url": form.get("cancel_url"),
            "livemode": False,
        }
        return Answer(200, self.sessions[session_id])

    def _till(self, request: Request) -> Answer:
        session_id = request.path.rpartition("/")[2]
        session = self.sessions.get(session_id)
        if session is None:
            return Answer(404, "<h1>No such page</h1>")
        if request.method == "POST":
            self.pay(session_id)
            target = session["success_url"].replace("{CHECKOUT_SESSION_ID}", session_id)
            return Answer(303, b"", {"Location": target})
        due = f"{session['amount_total'] / 100:.2f} {html.escape(session['currency'].upper())}"
        page = f'<!doctype html><title>Pay</title><h1>{due}</h1><form method="post"><button>Pay {due}</button></form>'
        return Answer(200, page)


def _missing(what: str) -> Answer:
    return _fault(404, f"No such {what}", code="resource_missing")


def _fault(status: int, message: str, *, code: str | None = None, kind: str = "invalid_request_error") -> Answer:
    return Answer(status, {"error": {"type": kind, "message": message, "code": code}})
