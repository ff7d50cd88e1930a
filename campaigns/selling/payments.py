"""What the payment side tells, as facts of sales. Each may come twice, late, or before the one it follows."""

from datetime import datetime

from sqlalchemy import Select, or_, select, update
from sqlalchemy.orm import Session

from campaigns.capturing import leads, touches
from campaigns.capturing.leads import Lead
from campaigns.kernel.codes import new_id
from campaigns.kernel.db import insert_once
from campaigns.kernel.money import Money
from campaigns.ports import Event
from campaigns.selling import checkouts, coupons, earnings, owners, sales
from campaigns.selling.sales import EARNED, Refund, Sale

RANK = {"pending": 0, "failed": 1, "paid": 2}
"""Of two messages about the same money the higher one holds, whichever came first."""

OWN_TWEETS = ("link+x", "link", "code")
WHO = "Stripe"


def take(session: Session, event: Event, now: datetime) -> str:
    """Money that came, is on its way (`pending`) or didn't come (`failed`): one sale for one object, ever."""
    assert event.paid is not None
    assert event.object_key is not None
    intent = sales.lock_intent(session, event.intent) if event.intent else None
    sale, is_new = _sale(session, event, event.paid, now)
    had_earned = not is_new and sale.state in EARNED
    if is_new or _holds(event, sale):
        sale.state, sale.paid_at = event.what, event.happened_at  # type: ignore[assignment]  # one of RANK
        sale.amount, sale.currency = event.paid.amount, event.paid.currency
        sale.tax = event.tax.amount if event.tax else 0
    sale.intent = sale.intent or event.intent
    if intent:
        _sum_up(session, intent, sale.currency)
    sales.weigh(sale, intent, now)
    if sale.lead_id is None:
        _give_to_owner(session, sale, event)
    else:
        _mend_moment(session, sale)
    earnings.settle(session, sale)
    checkouts.note_state(session, event.object_key, "paid" if sale.state in EARNED else event.what)
    if sale.state in EARNED and not had_earned:
        _celebrate(session, sale, now)
    return event.what if event.what == sale.state or event.what == "paid" else f"{event.what}, but {sale.state}"


def _sale(session: Session, event: Event, paid: Money, now: datetime) -> tuple[Sale, bool]:
    """The sale of the money, held, and whether it is new."""
    key = f"{'till' if event.rehearsed else 'stripe'}:{event.object_key}"
    first = insert_once(
        session, Sale, id=new_id(), key=key, origin="stripe", intent=event.intent, stripe_id=event.object_key,
        state="pending", currency=paid.currency, amount=paid.amount, tax=0, refunded=0, disputed=0,
        rehearsed=event.rehearsed, paid_at=event.happened_at, created_at=now, updated_at=now,
    )  # fmt: skip
    same = or_(Sale.key == key, Sale.intent == event.intent) if event.intent else Sale.key == key
    return session.scalars(select(Sale).where(same).order_by(Sale.id).limit(1).with_for_update()).one(), first


def _holds(event: Event, sale: Sale) -> bool:
    held = RANK["paid" if sale.state in EARNED else sale.state]
    return RANK[event.what] > held or (RANK[event.what] == held and event.happened_at < sale.paid_at)


def _give_to_owner(session: Session, sale: Sale, event: Event) -> None:
    owner = owners.find(session, event.references)
    sale.campaign_id, sale.offer_id = owner.campaign_id, owner.offer_id
    sale.coupon_id = owner.coupon.id if owner.coupon else None
    sale.found_by = owner.found_by
    _mend_moment(session, sale)
    if owner.lead is None:
        return
    sale.lead_id, sale.person_id = owner.lead.id, owner.lead.person_id
    last = touches.last_from_outside(session, owner.lead.person_id, sale.paid_at)
    sale.evidence = "code" if owner.found_by == "code" else last.evidence if last else "direct"
    if owner.found_by == "code":
        _touch_by_code(session, sale, owner.lead)


def _mend_moment(session: Session, sale: Sale) -> None:
    """Money never came before its code was given out or its payment page was opened, whatever the message says.

    Stripe tells whole seconds of a clock of its own: a payment within the second of a click would come before the
    click, and be owed to nobody.
    """
    sale.paid_at = max([sale.paid_at, *checkouts.moments_before(session, sale.coupon_id, str(sale.stripe_id))])


def _touch_by_code(session: Session, sale: Sale, lead: Lead) -> None:
    """Nothing but a typed code led here: that is a touch of the tweet which had brought the code's lead."""
    last = touches.last_from_outside(session, lead.person_id, sale.paid_at)
    owned = last if last and last.evidence in OWN_TWEETS else None
    touches.add(
        session, f"code:{sale.key}", lead.person_id, sale.paid_at, "code", campaign_id=lead.campaign_id,
        tweet_id=owned.tweet_id if owned else None, link_id=owned.link_id if owned else None,
    )  # fmt: skip


def _celebrate(session: Session, sale: Sale, now: datetime) -> None:
    """The first time that its money is there: the code is used up, the lead is won."""
    if sale.coupon_id:
        coupons.redeem(session, sale.coupon_id, sale.paid_at)
    if sale.lead_id:
        lead = leads.find(session, sale.lead_id, to_change=True)
        leads.change_state(session, lead, "won", now, who=WHO)


def lapse(session: Session, event: Event, _now: datetime) -> str:
    """A payment page closed without money: its code can be used again."""
    assert event.object_key is not None
    return "expired" if checkouts.note_state(session, event.object_key, "expired") else "expired, not ours"


def give_back(session: Session, event: Event, now: datetime) -> str:
    """Money went back. Totals are cumulative: the largest holds, in whatever order they are heard of."""
    assert event.refunded is not None
    if event.intent is None:
        return "refunded, without an intent"
    intent = sales.lock_intent(session, event.intent)
    back = event.refunded
    _note(session, event, f"{event.intent}:{back.currency}:{back.amount}", "refund", back)
    before = 0
    for refund in session.scalars(_refunds(event.intent, "refund", back.currency).order_by(Refund.total)):
        refund.amount, before = refund.total - before, refund.total
    return _reweigh(session, intent, now, "refunded", back.currency)


def dispute(session: Session, event: Event, now: datetime) -> str:
    """A bank takes money back, and keeps it unless the dispute is won."""
    assert event.disputed is not None
    if event.intent is None:
        return f"{event.what}, without an intent"
    intent = sales.lock_intent(session, event.intent)
    if event.dispute_won:
        _note(session, event, f"{event.object_key}:won", "dispute_won", event.disputed)
    else:
        _note(session, event, str(event.object_key), "dispute", event.disputed)
    return _reweigh(session, intent, now, event.what, event.disputed.currency)


def _refunds(intent: str, kind: str, currency: str) -> Select[Refund]:
    return select(Refund).where(Refund.intent == intent, Refund.kind == kind, Refund.currency == currency)


def _sum_up(session: Session, intent: sales.Intent, currency: str) -> None:
    """What went back of a sale, in its currency. What is told in another one is kept, and taken from nothing."""
    backs, taken, won = (
        session.scalars(_refunds(intent.id, kind, currency)).all() for kind in ("refund", "dispute", "dispute_won")
    )
    given_back = {each.key for each in won}
    intent.refunded = max((each.total for each in backs), default=0)
    intent.disputed = sum(each.total for each in taken if f"{each.key}:won" not in given_back)


def _note(session: Session, event: Event, key: str, kind: str, money: Money) -> None:
    """Keep it once; heard of twice, the earlier moment and the larger sum hold."""
    first = insert_once(
        session, Refund, id=new_id(), key=key, intent=event.intent, kind=kind, total=money.amount,
        amount=money.amount, currency=money.currency, at=event.happened_at,
    )  # fmt: skip
    if first:
        return
    same = update(Refund).where(Refund.key == key).execution_options(synchronize_session=False)
    session.execute(same.where(Refund.at > event.happened_at).values(at=event.happened_at))
    session.execute(same.where(Refund.total < money.amount).values(total=money.amount, amount=money.amount))


def _reweigh(session: Session, intent: sales.Intent, now: datetime, outcome: str, currency: str) -> str:
    sale = sales.get_by_intent(session, intent.id)
    if sale is None:
        return f"{outcome}, before its sale"
    if currency != sale.currency:
        return f"{outcome}, in {currency} for a sale in {sale.currency}"
    _sum_up(session, intent, sale.currency)
    sales.weigh(sale, intent, now)
    earnings.settle(session, sale)
    return outcome
