"""A prospect presses Pay: coupon and code are at Stripe, a payment page is open, and he is sent there."""

from dataclasses import replace

import structlog
from sqlalchemy.orm import Session

from campaigns.capturing import leads, persons, touches
from campaigns.kernel.errors import problem
from campaigns.kernel.money import Money
from campaigns.planning import campaigns, offers
from campaigns.ports import CheckoutTerms, CodeTerms, Later, OpenCheckout, Refused, Unknown
from campaigns.selling import checkouts, coupons
from campaigns.selling.coupons import Checkout, Coupon, StripeTerms
from campaigns.world import World

log = structlog.get_logger()


def open_checkout(world: World, coupon_id: str, locale: str, success_url: str, cancel_url: str) -> str:
    """Where he pays. Pressed twice, it is the same page; while the money is on its way, success_url.

    Raises missing (`code_unknown`), gone (`code_used`, `code_expired`), invalid (`price_missing`), conflict
    (`stripe_refused`), later (`stripe_down`). Whatever is refused, the code is kept.
    """
    now = world.clock.now()
    with world.db.write() as session:
        coupon = coupons.find_usable(session, coupon_id, now)
        checkout = checkouts.take(session, coupon, now)
        if checkout.state == "pending":
            return success_url
        if checkout.url:
            return checkout.url
        known = coupons.stripe_terms(session, coupon_id)
        terms = _terms(session, checkout, coupon, locale, success_url, cancel_url)
    try:
        opened, offer_stripe_id, code_stripe_id = _open(world, known, terms)
    except (Later, Unknown, Refused) as fault:
        with world.db.write() as session:
            checkouts.note_unopened(session, checkout.id)
        log.warning("checkout_not_opened", checkout_id=checkout.id, fault=type(fault).__name__, detail=fault.detail)
        if isinstance(fault, Refused):
            raise problem("conflict", "stripe_refused") from None
        raise problem("later", "stripe_down") from None
    with world.db.write() as session:
        coupons.note_stripe(session, coupon_id, offer_stripe_id, code_stripe_id)
        checkouts.note_opened(session, checkout.id, opened.stripe_id, opened.url)
    return opened.url


def _open(world: World, known: StripeTerms, terms: CheckoutTerms) -> tuple[OpenCheckout, str, str]:
    """The payment page, with its coupon and code made first: what the outbox does too, under the same keys."""
    if known.offer_stripe_id and known.code_stripe_id:
        try:
            opened = world.payments.open_checkout(replace(terms, code_stripe_id=known.code_stripe_id))
            return opened, known.offer_stripe_id, known.code_stripe_id
        except Refused:
            pass  # made in another account, or while payments were rehearsed: made here now, then asked again
    coupon_id = world.payments.ensure_coupon(known.terms)
    code_id = world.payments.ensure_code(CodeTerms(known.coupon_id, known.code, coupon_id, known.expires_at))
    return world.payments.open_checkout(replace(terms, code_stripe_id=code_id)), coupon_id, code_id


def _terms(
    session: Session, checkout: Checkout, coupon: Coupon, locale: str, success_url: str, cancel_url: str
) -> CheckoutTerms:
    """What is to be paid, by whom, with what comes back in Stripe's messages. Raises invalid (`price_missing`)."""
    offer, lead = offers.find(session, coupon.offer_id), leads.find(session, coupon.lead_id)
    due = coupons.due(offer)
    if offer.price is None or due is None:
        raise problem("invalid", "price_missing")
    person = persons.get(session, lead.person_id)
    touch = touches.last_from_outside(session, lead.person_id, checkout.opened_at)
    told = {
        "lead_id": lead.id,
        "coupon_id": coupon.id,
        "offer_id": offer.id,
        "campaign": campaigns.find(session, offer.campaign_id).slug,
        "tweet_id": touch.tweet_id if touch and touch.tweet_id else "",
    }
    return CheckoutTerms(
        key=checkout.id,
        reference=lead.id,
        title=offer.title,
        price=offer.price,
        code=coupon.code,
        code_stripe_id="",
        email=person.email if person else "",
        locale=locale,
        success_url=success_url,
        cancel_url=cancel_url,
        metadata={name: value for name, value in told.items() if value},
        discount=Money(offer.price.amount - due.amount, due.currency),
    )
