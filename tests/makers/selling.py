"""Leads with codes, and the messages that Stripe would send about their money."""

import json
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from campaigns.kernel.money import Money
from campaigns.planning import offers
from campaigns.selling import coupons
from campaigns.world import World
from tests.loopback.stripe import SECRET, signed
from tests.makers.planning import make_coupon, make_page
from tests.makers.publishing import Place
from tests.makers.tracking import make_lead, make_person

Message = tuple[bytes, str]
HOOK = {"PERCHOIR_STRIPE_WEBHOOK_SECRETS": SECRET}
"""What lets Stripe's own messages in while payments rehearse."""
PAID = Money(9_600, "EUR")


@dataclass(frozen=True)
class Buyer:
    """A lead with a code."""

    place: Place
    lead_id: str
    person_id: str
    coupon_id: str
    code: str
    email: str


def make_buyer(world: World, place: Place | None = None, email: str = "ana@school.example", **more: Any) -> Buyer:
    """A lead of a coupon offer (20 % off 120 €, unless told otherwise), with its code."""
    if place is None:
        offer = make_coupon(world, **more)
        place = Place(offer.campaign_id, offer.id, make_page(world, offer).id)
    person_id = make_person(world, email)
    lead_id = make_lead(world, place, person_id)
    with world.db.write() as session:
        coupon, _ = coupons.issue(session, offers.find(session, place.offer_id), lead_id, world.clock.now())
    return Buyer(place, lead_id, person_id, coupon.id, coupon.code, email)


@dataclass(frozen=True)
class Till:
    """Stripe's messages about one payment.

    | field | meaning |
    |---|---|
    | name | what ids are made of |
    | references | the fields of the session that say whose it is |
    """

    at: datetime
    name: str = "1"
    paid: Money = PAID
    tax: int = 0
    references: tuple[tuple[str, Any], ...] = ()

    def of(self, **references: Any) -> "Till":
        return replace(self, references=tuple(references.items()))

    def completed(self, status: str = "paid", event: str = "done", **more: Any) -> Message:
        return self._session("completed", event, payment_status=status, **more)

    def succeeded(self, **more: Any) -> Message:
        return self._session("async_payment_succeeded", "late", payment_status="paid", **more)

    def failed(self) -> Message:
        return self._session("async_payment_failed", "failed", payment_status="unpaid")

    def expired(self) -> Message:
        return self._session("expired", "expired", payment_status="unpaid", payment_intent=None)

    def refunded(self, total: int) -> Message:
        charge = {
            "id": f"ch_{self.name}", "payment_intent": f"pi_{self.name}", "amount": self.paid.amount,
            "amount_refunded": total, "currency": self.paid.currency.lower(),
        }  # fmt: skip
        return self.message("charge.refunded", f"refund_{self.paid.currency}_{total}", charge)

    def disputed(self, status: str, amount: int, name: str = "d") -> Message:
        thing = {
            "id": f"dp_{self.name}_{name}", "payment_intent": f"pi_{self.name}", "amount": amount, "status": status,
            "currency": self.paid.currency.lower(),
        }  # fmt: skip
        closed = status in ("won", "lost")
        return self.message(f"charge.dispute.{'closed' if closed else 'created'}", f"{name}_{status}", thing)

    def _session(self, kind: str, event: str, **more: Any) -> Message:
        session = {
            "id": f"cs_{self.name}", "mode": "payment", "payment_intent": f"pi_{self.name}", "metadata": {},
            "amount_total": self.paid.amount, "total_details": {"amount_tax": self.tax},
            "currency": self.paid.currency.lower(),
        }  # fmt: skip
        return self.message(f"checkout.session.{kind}", event, session | dict(self.references) | more)

    def message(self, kind: str, event: str, thing: dict[str, Any]) -> Message:
        body = json.dumps(
            {
                "id": f"evt_{self.name}_{event}", "object": "event", "type": kind, "livemode": False,
                "created": int(self.at.timestamp()), "data": {"object": thing},
            }
        ).encode()  # fmt: skip
        return body, signed(body, self.at)


def till(world: World, name: str = "1", **more: Any) -> Till:
    """A payment at this moment."""
    return Till(world.clock.now(), name, **more)
