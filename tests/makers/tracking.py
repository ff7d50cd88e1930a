"""Clicks, and the touches, leads and sales that came of them."""

from datetime import datetime
from typing import Any

from campaigns.capturing import leads
from campaigns.capturing.leads import Lead
from campaigns.capturing.persons import Person
from campaigns.capturing.touches import Touch
from campaigns.flows.drain_hits import drain_hits
from campaigns.flows.follow_link import follow_link
from campaigns.kernel.codes import new_id
from campaigns.selling import earnings
from campaigns.selling.sales import Refund, Sale
from campaigns.tracking.requests import Request
from campaigns.world import World
from tests.makers.publishing import Place

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
X_IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Twitter for iPhone"


def ask(code: str, **more: Any) -> Request:
    """A person's GET of a short link, from X."""
    plain = {
        "method": "GET", "code": code, "agent": FIREFOX, "referrer": "https://t.co/AbC", "address": "192.0.2.1",
        "headers": {},
    }  # fmt: skip
    return Request(**(plain | more))


def follow(world: World, code: str, **more: Any) -> str | None:
    """Where the link leads whoever asks; the hit is drained at once."""
    target = follow_link(world, ask(code, **more))
    drain_hits(world)
    return target


def make_person(world: World, email: str | None = None) -> str:
    """A person's id."""
    person_id = new_id()
    address = email or f"{person_id}@example.com"
    with world.db.write() as session:
        session.add(Person(id=person_id, email=address, typed=address, created_at=world.clock.now()))
    return person_id


def make_touch(
    world: World, person_id: str, tweet_id: str | None, *, evidence: str = "link+x", at: datetime | None = None,
    **more: Any,
) -> str:  # fmt: skip
    """A touch's id."""
    touch_id = new_id()
    plain = {"campaign_id": None, "link_id": None, "hit_id": None, "referrer": None, "utm": {}, "key": touch_id}
    with world.db.write() as session:
        session.add(
            Touch(
                id=touch_id, person_id=person_id, tweet_id=tweet_id, evidence=evidence, at=at or world.clock.now(),
                **(plain | more),
            )
        )  # fmt: skip
    return touch_id


def make_lead(world: World, place: Place, person_id: str, **more: Any) -> str:
    """A lead's id, without its form: what reports see of it."""
    now, lead_id = world.clock.now(), new_id()
    plain = {
        "locale": "fr", "state": "new", "answers": [], "search": "", "rehearsed": False, "created_at": now,
        "updated_at": now,
    }  # fmt: skip
    with world.db.write() as session:
        lead = Lead(
            id=lead_id, person_id=person_id, campaign_id=place.campaign_id, offer_id=place.offer_id,
            page_id=place.page_id, **(plain | more),
        )  # fmt: skip
        session.add(lead)
        leads.convert(session, lead, f"lead:{lead_id}", "lead", lead.created_at)
    return lead_id


def make_sale(world: World, place: Place, person_id: str | None, amount: int, **more: Any) -> str:
    """A sale's id: paid in euros, without tax, unless told otherwise."""
    now, sale_id = world.clock.now(), new_id()
    plain = {
        "key": f"stripe:{sale_id}", "origin": "stripe", "intent": f"pi_{sale_id}", "state": "paid", "currency": "EUR",
        "tax": 0, "refunded": 0, "disputed": 0, "rehearsed": False, "paid_at": now, "created_at": now,
        "updated_at": now,
    }  # fmt: skip
    with world.db.write() as session:
        sale = Sale(id=sale_id, person_id=person_id, campaign_id=place.campaign_id, amount=amount, **(plain | more))
        session.add(sale)
        for kind, amount_back in (("refund", sale.refunded), ("dispute", sale.disputed)):
            if amount_back:
                session.add(
                    Refund(
                        id=new_id(), key=f"{kind}:{sale_id}", intent=sale.intent, kind=kind, total=amount_back,
                        amount=amount_back, currency=sale.currency, at=sale.paid_at,
                    )
                )  # fmt: skip
        earnings.settle(session, sale)
    return sale_id
