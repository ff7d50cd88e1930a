"""Stripe through its own library. Every call can be repeated: our ids and keys make the second one the first.

So a lost answer is Later and not Unknown: asking again gives what was made.
"""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, Never, cast

import requests
import stripe

from campaigns.adapters import loggers
from campaigns.adapters.stripe_events import Secrets, read_event
from campaigns.kernel.db import forbid_open
from campaigns.ports import (
    Account,
    CheckoutTerms,
    CodeTerms,
    CouponTerms,
    Event,
    Later,
    OpenCheckout,
    Refused,
)
from campaigns.settings import Settings

if TYPE_CHECKING:
    from stripe.params import CouponCreateParams, PromotionCodeCreateParams
    from stripe.params.checkout import SessionCreateParams

VERSION = "2026-08-26.dahlia"
"""The version whose published contract our requests are tested against."""

TIMEOUT_S = 10
RETRIES = 2
LONGEST_NAME = 40
LIVE_KEYS = ("sk_live_", "rk_live_")


class StripePayments:
    """Stripe, by the account's secret or restricted key.

    | argument | meaning |
    |---|---|
    | secrets | the webhook's signing secrets |
    """

    rehearses = False

    def __init__(self, settings: Settings, secrets: Secrets) -> None:
        loggers.pin()
        self._key = settings.stripe_secret_key.get_secret_value()
        self._base, self._secrets = settings.stripe_api_base, secrets
        self._live = self._key.startswith(LIVE_KEYS)

    def whoami(self) -> Account:
        mode = "live" if self._live else "test"
        with self._call() as client:
            try:
                account = client.v1.accounts.retrieve_current()
            except (stripe.InvalidRequestError, stripe.PermissionError):
                # a restricted key may not read the account; what it is for, it can
                client.v1.coupons.list({"limit": 1})
                return Account("", mode, "")
            profile = getattr(account, "business_profile", None)
            return Account(str(account.id), mode, str(getattr(profile, "name", None) or ""))

    def ensure_coupon(self, terms: CouponTerms) -> str:
        coupon_id = f"perchoir_{terms.offer_id}"
        params = _coupon(coupon_id, terms)
        with self._call() as client:
            try:
                found = client.v1.coupons.retrieve(coupon_id)
            except stripe.InvalidRequestError as fault:
                if fault.http_status != 404:
                    raise
                found = _create_coupon(client, coupon_id, params)
            _check_same(found, terms)
        return coupon_id

    def ensure_code(self, terms: CodeTerms) -> str:
        params: PromotionCodeCreateParams = {
            "promotion": {"type": "coupon", "coupon": terms.coupon_stripe_id},
            "code": terms.code,
            "max_redemptions": 1,
            "metadata": {"code_id": terms.code_id},
        }
        if terms.expires_at:
            params["expires_at"] = int(terms.expires_at.timestamp())
        with self._call() as client:
            try:
                made = client.v1.promotion_codes.create(
                    params, {"idempotency_key": _key("code", terms.code_id, params)}
                )
                return str(made.id)
            except stripe.InvalidRequestError as fault:
                listed = client.v1.promotion_codes.list({"code": terms.code, "limit": 10})
                for found in listed.data:
                    if _coupon_of(found) == terms.coupon_stripe_id:
                        return str(found.id)
                raise fault from None

    def open_checkout(self, terms: CheckoutTerms) -> OpenCheckout:
        # a key of its own and not of the parameters: the same checkout with other ones is a fault, not a second page
        options: stripe.RequestOptions = {"idempotency_key": f"perchoir-checkout-{terms.key}"}
        with self._call() as client:
            session = client.v1.checkout.sessions.create(_checkout(terms), options)
            return OpenCheckout(str(session.id), _address(session.url))

    def read_event(self, body: bytes, signature: str, now: datetime) -> Event:
        forbid_open()
        return read_event(body, signature, self._secrets, now, live=self._live)

    @contextmanager
    def _call(self) -> Iterator[stripe.StripeClient]:
        """A client for one call. Whatever goes wrong inside leaves as Refused or Later."""
        forbid_open()
        with requests.Session() as session:
            client = stripe.StripeClient(
                self._key,
                base_addresses={"api": self._base},
                stripe_version=VERSION,
                max_network_retries=RETRIES,
                http_client=stripe.RequestsClient(timeout=TIMEOUT_S, session=session),
            )
            try:
                yield client
            except stripe.StripeError as fault:
                _sort(fault)
            except (AttributeError, KeyError, TypeError, ValueError) as fault:
                raise Later("stripe_down", f"an answer of another shape ({type(fault).__name__})") from None


def _sort(fault: stripe.StripeError) -> Never:
    """Raise Later for what passes by itself, Refused for what doesn't."""
    status = fault.http_status or 0
    said = str(fault.user_message or "")[:300]
    if isinstance(fault, stripe.APIConnectionError | stripe.RateLimitError):
        raise Later("stripe_down", said or type(fault).__name__) from None
    if 400 <= status < 500 and status not in (408, 409, 429):
        raise Refused("stripe_refused", f"{status} {said}".strip()) from None
    raise Later("stripe_down", f"{status or type(fault).__name__}") from None


def _key(kind: str, our_id: str, params: Any) -> str:
    """The same for the same wish, however often it is made; another for other terms."""
    told = json.dumps(params, sort_keys=True).encode()
    return f"perchoir-{kind}-{our_id}-{hashlib.sha256(told).hexdigest()[:16]}"


def _coupon(coupon_id: str, terms: CouponTerms) -> "CouponCreateParams":
    params: CouponCreateParams = {
        "id": coupon_id,
        "name": terms.title[:LONGEST_NAME],
        "duration": "once",
        "metadata": {"offer_id": terms.offer_id},
    }
    if terms.percent_off is not None:
        params["percent_off"] = terms.percent_off
    if terms.amount_off is not None:
        params["amount_off"] = terms.amount_off.amount
        params["currency"] = terms.amount_off.currency.lower()
    if terms.redeem_by is not None:
        params["redeem_by"] = int(terms.redeem_by.timestamp())
    if terms.max_redemptions is not None:
        params["max_redemptions"] = terms.max_redemptions
    return params


def _create_coupon(client: stripe.StripeClient, coupon_id: str, params: "CouponCreateParams") -> stripe.Coupon:
    try:
        return client.v1.coupons.create(params, {"idempotency_key": _key("coupon", coupon_id, params)})
    except stripe.InvalidRequestError as fault:
        if fault.code != "resource_already_exists":
            raise
        return client.v1.coupons.retrieve(coupon_id)  # somebody was quicker


def _check_same(found: stripe.Coupon, terms: CouponTerms) -> None:
    """Our coupon with another reduction would charge what the page doesn't say."""
    if getattr(getattr(found, "metadata", None), "offer_id", None) != terms.offer_id:
        return  # made by hand under our id: its owner knows what it gives
    amount = terms.amount_off
    wanted = (terms.percent_off, amount.amount if amount else None, amount.currency if amount else None)
    currency = found.currency.upper() if found.currency and found.amount_off is not None else None
    if (found.percent_off, found.amount_off, currency) != wanted:
        raise Refused("stripe_refused", f"the coupon {found.id} exists with another reduction")


def _coupon_of(code: stripe.PromotionCode) -> str | None:
    coupon = code.promotion.coupon
    return coupon if isinstance(coupon, str) or coupon is None else str(coupon.id)


def _checkout(terms: CheckoutTerms) -> "SessionCreateParams":
    params: SessionCreateParams = {
        "mode": "payment",
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": terms.price.currency.lower(),
                    "unit_amount": terms.price.amount,
                    "product_data": {"name": terms.title},
                },
            }
        ],
        "client_reference_id": terms.reference,
        # Stripe doesn't copy a session's metadata to the payment, by which a refund finds its sale
        "metadata": terms.metadata,
        "payment_intent_data": {"metadata": terms.metadata},
        "success_url": terms.success_url,
        "cancel_url": terms.cancel_url,
        "locale": cast(Any, terms.locale),
    }
    if terms.code_stripe_id:
        params["discounts"] = [{"promotion_code": terms.code_stripe_id}]
    if terms.email.isascii():  # Stripe takes no other address; he types it there then
        params["customer_email"] = terms.email
    if terms.expires_at is not None:
        params["expires_at"] = int(terms.expires_at.timestamp())
    return params


def _address(url: str | None) -> str:
    if not url or not url.startswith(("https://", "http://")):
        raise ValueError("no address to pay at")
    return url
