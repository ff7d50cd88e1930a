"""Checkouts: the payment pages opened for a code. One at a time for each code, however often the button is pressed."""

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from campaigns.kernel.codes import new_id
from campaigns.kernel.db import changed
from campaigns.selling.coupons import Checkout, Coupon

LASTS = timedelta(hours=23)
"""Stripe keeps a payment page, and the key that opened it, for 24 hours."""

BEFORE: dict[str, tuple[str, ...]] = {
    "pending": ("opening", "open"),
    "expired": ("opening", "open", "pending"),
    "failed": ("opening", "open", "pending", "expired"),
    "paid": ("opening", "open", "pending", "expired", "failed"),
}
"""Which states a message ends, so that the order of messages doesn't matter."""


def take(session: Session, coupon: Coupon, now: datetime) -> Checkout:
    """The checkout of a code that may still be paid, or a new one to be opened. The code's row is held meanwhile."""
    session.execute(select(Coupon.id).where(Coupon.id == coupon.id).with_for_update())
    found = latest(session, coupon.id)
    if found and (found.state == "pending" or (found.state in ("opening", "open") and now - found.opened_at < LASTS)):
        return found
    checkout = Checkout(id=new_id(), coupon_id=coupon.id, state="opening", opened_at=now)
    session.add(checkout)
    session.flush()
    return checkout


def latest(session: Session, coupon_id: str) -> Checkout | None:
    """The last checkout of a code."""
    wanted = select(Checkout).where(Checkout.coupon_id == coupon_id)
    return session.scalars(wanted.order_by(Checkout.opened_at.desc(), Checkout.id.desc()).limit(1)).one_or_none()


def moments_before(session: Session, coupon_id: str | None, stripe_id: str) -> list[datetime]:
    """When a code was given out, and when the payment page of some money was opened, as far as they are ours."""
    issued = select(Coupon.created_at).where(Coupon.id == coupon_id)
    opened = select(Checkout.opened_at).where(Checkout.stripe_id == stripe_id)
    return [moment for query in (issued, opened) for moment in session.scalars(query)]


def note_opened(session: Session, checkout_id: str, stripe_id: str, url: str) -> None:
    """It can be paid there."""
    opened = update(Checkout).where(Checkout.id == checkout_id, Checkout.state.in_(("opening", "failed")))
    session.execute(opened.values(state="open", stripe_id=stripe_id, url=url))


def note_unopened(session: Session, checkout_id: str) -> None:
    """It couldn't be opened: the next one gets a key of its own, since Stripe answers an old key as it did before."""
    session.execute(
        update(Checkout).where(Checkout.id == checkout_id, Checkout.state == "opening").values(state="failed")
    )


def note_state(session: Session, stripe_id: str, state: str) -> bool:
    """What became of a payment page (a key of BEFORE); whether it is one of ours."""
    mine = update(Checkout).where(Checkout.stripe_id == stripe_id)
    changed(session, mine.where(Checkout.state.in_(BEFORE[state])).values(state=state))
    return session.scalar(select(Checkout.id).where(Checkout.stripe_id == stripe_id)) is not None
