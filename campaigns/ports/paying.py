"""Stripe: coupons, codes, payment pages, and the events that tell what was paid."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

from campaigns.kernel.money import Money
from campaigns.ports.posting import Account


@dataclass(frozen=True)
class CouponTerms:
    """What a coupon gives. Exactly one of percent_off (1-100) and amount_off is set."""

    offer_id: str
    title: str
    percent_off: int | None
    amount_off: Money | None
    redeem_by: datetime | None
    max_redemptions: int | None


@dataclass(frozen=True)
class CodeTerms:
    """One person's code of a coupon: usable once."""

    code_id: str
    code: str
    coupon_stripe_id: str
    expires_at: datetime | None


@dataclass(frozen=True)
class CheckoutTerms:
    """A payment to be opened. `key` makes opening it twice the same checkout; `reference` comes back with the money.

    Opened again, everything must be as the first time, `expires_at` too (30 minutes to 24 hours ahead; none: 24 hours):
    take it from a row, never from the clock. An empty code_stripe_id is a payment at the full price.
    """

    key: str
    reference: str
    title: str
    price: Money
    code: str
    code_stripe_id: str
    email: str
    locale: str
    success_url: str
    cancel_url: str
    metadata: dict[str, str]
    discount: Money = field(default=Money(0, "EUR"))
    expires_at: datetime | None = None


@dataclass(frozen=True)
class OpenCheckout:
    """Where the prospect pays."""

    stripe_id: str
    url: str


@dataclass(frozen=True)
class Event:
    """A verified message of the payment side.

    `what` is what it means for us; `ignored` is everything that isn't our business (kept, answered, not acted on).

    | field | meaning |
    |---|---|
    | id, type | the sender's own |
    | object_key | unique name of the money: the session's or invoice's id; the charge's for refunds, the dispute's |
    | intent | the payment intent, by which a refund finds its sale; None for subscriptions without one |
    | paid | what was paid, tax included |
    | tax | the part that is tax |
    | refunded | cumulative, as Stripe tells it |
    | disputed | what a dispute takes (opened, or closed and lost) or gives back (closed and won) |
    | references | whose sale it may be: client_reference_id, metadata.<key>, promotion_code (Stripe's id), email … |
    | rehearsed | signed by the rehearsal, not by Stripe |
    """

    id: str
    type: str
    what: Literal["paid", "pending", "failed", "expired", "refunded", "dispute_opened", "dispute_closed", "ignored"]
    happened_at: datetime
    object_key: str | None = None
    intent: str | None = None
    paid: Money | None = None
    tax: Money | None = None
    refunded: Money | None = None
    disputed: Money | None = None
    dispute_won: bool | None = None
    references: dict[str, str] = field(default_factory=dict)
    payload: dict[str, Any] = field(default_factory=dict)
    rehearsed: bool = False


class Payments(Protocol):
    """Stripe. Each call is idempotent by the ids it is given; raises Refused, Later, Unknown."""

    rehearses: bool

    def ensure_coupon(self, terms: CouponTerms) -> str:
        """Make the coupon unless it is there; its id."""

    def ensure_code(self, terms: CodeTerms) -> str:
        """Make the promotion code unless it is there; its id."""

    def open_checkout(self, terms: CheckoutTerms) -> OpenCheckout:
        """Open a payment page for one thing with one code."""

    def read_event(self, body: bytes, signature: str, now: datetime) -> Event:
        """Verify and read a webhook. Raises Refused (`signature_invalid`, `event_unreadable`, `livemode_differs`)."""

    def whoami(self) -> Account: ...
