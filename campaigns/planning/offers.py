"""Offers: what a prospect gets: a white paper, or a coupon."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, or_, select
from sqlalchemy import update as sql_update
from sqlalchemy.orm import Mapped, Session, mapped_column

from campaigns.kernel import editions, keysets, texts, zones
from campaigns.kernel.codes import is_id, new_id
from campaigns.kernel.columns import ID, Pk
from campaigns.kernel.db import Base, changed
from campaigns.kernel.errors import Faults, Problem, problem
from campaigns.kernel.money import MAX_AMOUNT, Money, known_currency
from campaigns.planning.campaigns import Campaign
from campaigns.ports import CouponTerms

OfferKind = Literal["white_paper", "coupon"]
KINDS: tuple[OfferKind, ...] = get_args(OfferKind)
MAX_TITLE, MAX_STOCK = 200, 10_000_000


class Offer(Base):
    """An offer of a campaign.

    For a coupon: percent_off or amount_off (in `currency`), the full price in the same currency when it is paid
    here, `stock` codes at most (none: no limit), the last day (in the campaign's zone). `issued` is how many codes
    were given out: raised by a conditional update, so two prospects can't take the last one.
    """

    __tablename__ = "offers"
    __table_args__ = (CheckConstraint("stock IS NULL OR issued <= stock", "stock_not_overdrawn"),)

    id: Mapped[Pk]
    campaign_id: Mapped[str] = mapped_column(ID, ForeignKey("campaigns.id"), index=True)
    kind: Mapped[OfferKind]
    title: Mapped[str]
    percent_off: Mapped[int | None]
    amount_off: Mapped[int | None] = mapped_column(BigInteger)
    currency: Mapped[str | None]
    price_amount: Mapped[int | None] = mapped_column(BigInteger)
    stock: Mapped[int | None]
    issued: Mapped[int] = mapped_column(default=0)
    expires_on: Mapped[date | None]
    stripe_coupon_id: Mapped[str | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    @property
    def price(self) -> Money | None:
        """The full price, when it is paid here."""
        return None if self.price_amount is None or self.currency is None else Money(self.price_amount, self.currency)


@dataclass(frozen=True)
class OfferDraft:
    """An offer as it is written down, not checked yet. `currency` is amount_off's; the price brings its own."""

    kind: str
    title: str
    percent_off: int | None = None
    amount_off: int | None = None
    currency: str | None = None
    price: Money | None = None
    stock: int | None = None
    expires_on: date | None = None


def draft_of(offer: Offer) -> OfferDraft:
    """The draft that would change nothing: what a partial change starts from."""
    return OfferDraft(
        kind=offer.kind,
        title=offer.title,
        percent_off=offer.percent_off,
        amount_off=offer.amount_off,
        # a price brings its currency along: changing the price may change it too
        currency=offer.currency if offer.amount_off is not None or offer.price is None else None,
        price=offer.price,
        stock=offer.stock,
        expires_on=offer.expires_on,
    )


def check(draft: OfferDraft, today: date) -> OfferDraft:
    """The draft as it is kept. Raises invalid with every field's fault.

    | argument | meaning |
    |---|---|
    | today | the day in the campaign's zone: a coupon can't have expired before it is made |
    """
    faults = Faults()
    title = texts.check(faults, "title", draft.title, most=MAX_TITLE, least=1)
    if draft.kind not in KINDS:
        faults.add("kind", "not_a_choice")
    if draft.kind == "white_paper":
        _check_no_coupon(faults, draft)
        faults.check()
        return OfferDraft("white_paper", title)
    currency = _check_currency(faults, draft)
    _check_reduction(faults, draft)
    if draft.stock is not None and not 1 <= draft.stock <= MAX_STOCK:
        faults.add("stock", "out_of_range", least=1, most=MAX_STOCK)
    if draft.expires_on and draft.expires_on < today:
        faults.add("expires_on", "expired_already")
    faults.check()
    price = Money(draft.price.amount, currency) if draft.price and currency else None
    return OfferDraft(
        "coupon", title, draft.percent_off, draft.amount_off, currency, price, draft.stock, draft.expires_on
    )


def _check_no_coupon(faults: Faults, draft: OfferDraft) -> None:
    for field in ("percent_off", "amount_off", "currency", "price", "stock", "expires_on"):
        if getattr(draft, field) is not None:
            faults.add(field, "not_a_coupon")


def _check_currency(faults: Faults, draft: OfferDraft) -> str | None:
    """The one currency of an offer: amount_off's, or the price's."""
    currency = price_currency = None
    if draft.currency:
        with faults.gather():
            currency = known_currency(draft.currency)
    elif draft.amount_off is not None and not draft.price:
        faults.add("currency", "currency_missing")
    if draft.price:
        with faults.gather():
            price_currency = known_currency(draft.price.currency, "price.currency")
    if currency and price_currency and currency != price_currency:
        faults.add("price.currency", "currency_differs")
    return currency or price_currency


def _check_reduction(faults: Faults, draft: OfferDraft) -> None:
    if (draft.percent_off is None) == (draft.amount_off is None):
        faults.add("percent_off", "percent_or_amount")
    if draft.percent_off is not None and not 1 <= draft.percent_off <= 100:
        faults.add("percent_off", "out_of_range", least=1, most=100)
    _check_amount(faults, "amount_off", draft.amount_off)
    price = draft.price.amount if draft.price else None
    _check_amount(faults, "price.amount", price)
    if price and draft.amount_off is not None and 0 < price <= draft.amount_off:
        faults.add("amount_off", "amount_above_price")


def _check_amount(faults: Faults, field: str, amount: int | None) -> None:
    if amount is not None and amount <= 0:
        faults.add(field, "amount_not_positive")
    elif amount is not None and amount > MAX_AMOUNT:
        faults.add(field, "amount_too_large")


def create(session: Session, campaign: Campaign, draft: OfferDraft, now: datetime) -> Offer:
    """A new offer of a campaign. Raises invalid."""
    draft = check(draft, _today(campaign, now))
    offer = Offer(
        id=new_id(), campaign_id=campaign.id, kind=draft.kind, issued=0, created_at=now, updated_at=now,
        **_columns(draft),
    )  # fmt: skip
    session.add(offer)
    session.flush()
    return offer


def find(session: Session, offer_id: str, *, to_change: bool = False) -> Offer:
    """The offer; `to_change`: nobody else changes it until this transaction ends. Raises missing (`offer_missing`)."""
    if is_id(offer_id):
        wanted = select(Offer).where(Offer.id == offer_id)
        if found := session.scalars(wanted.with_for_update() if to_change else wanted).one_or_none():
            return found
    raise problem("missing", "offer_missing")


def update(session: Session, campaign: Campaign, offer: Offer, draft: OfferDraft, now: datetime) -> Offer:
    """Change an offer: what codes that are given out promise stays. Raises invalid, conflict (`terms_fixed`)."""
    session.refresh(offer, with_for_update=True)  # codes may be given out at this moment
    if draft.kind != offer.kind:
        raise problem("invalid", "not_a_choice", "kind")
    # a day that is past already isn't refused again when something else is changed
    today = min(_today(campaign, now), offer.expires_on or date.max)
    draft = check(draft, today if draft.expires_on == offer.expires_on else _today(campaign, now))
    if draft.stock is not None and draft.stock < offer.issued:
        raise problem("invalid", "stock_below_issued", "stock", issued=offer.issued)
    if offer.issued:
        _check_terms_kept(offer, draft)
    for column, value in _columns(draft).items():
        setattr(offer, column, value)
    offer.updated_at = now
    editions.turn(session)
    session.flush()
    return offer


def _check_terms_kept(offer: Offer, draft: OfferDraft) -> None:
    faults = Faults()
    for field in ("percent_off", "amount_off", "currency", "expires_on"):
        if getattr(offer, field) != getattr(draft, field):
            faults.add(field, "terms_fixed")
    if faults.found:
        raise Problem("conflict", faults.found)


def _columns(draft: OfferDraft) -> dict[str, object]:
    return {
        "title": draft.title,
        "percent_off": draft.percent_off,
        "amount_off": draft.amount_off,
        "currency": draft.currency,
        "price_amount": draft.price.amount if draft.price else None,
        "stock": draft.stock,
        "expires_on": draft.expires_on,
    }


def list_of(session: Session, campaign_id: str) -> list[Offer]:
    """All offers of a campaign, oldest first."""
    rows = select(Offer).where(Offer.campaign_id == campaign_id).order_by(Offer.created_at, Offer.id)
    return list(session.scalars(rows))


def list_page(
    session: Session, campaign_id: str, *, before: str | None = None, limit: int = keysets.LIMIT
) -> keysets.Slice[Offer]:
    """Offers of a campaign, newest first."""
    rows = select(Offer).where(Offer.campaign_id == campaign_id)
    return keysets.read_page(session, rows, Offer.created_at, Offer.id, before, limit)


def take_one(session: Session, offer_id: str) -> bool:
    """Take a code from the stock; False when none is left. Two at once can't take the last one. 1 query."""
    left = or_(Offer.stock.is_(None), Offer.issued < Offer.stock)
    taken = sql_update(Offer).where(Offer.id == offer_id, left).values(issued=Offer.issued + 1)
    return changed(session, taken) == 1


def _today(campaign: Campaign, now: datetime) -> date:
    return zones.day(now, campaign.zone)


def last_moment(offer: Offer, zone: str) -> datetime | None:
    """The last second of the offer's last day in the campaign's zone; None when it never ends."""
    if offer.expires_on is None:
        return None
    midnight = datetime.combine(offer.expires_on + timedelta(days=1), time(), ZoneInfo(zone))
    return midnight.astimezone(UTC) - timedelta(seconds=1)


def has_ended(offer: Offer, zone: str, now: datetime) -> bool:
    """Whether its last day is over."""
    return offer.expires_on is not None and zones.day(now, zone) > offer.expires_on


def terms(offer: Offer, zone: str) -> CouponTerms:
    """The coupon as the payment side is told.

    The stock is ours alone: each person's code works once, and a coupon at Stripe couldn't follow a stock that is
    raised later.
    """
    amount = Money(offer.amount_off, offer.currency) if offer.amount_off is not None and offer.currency else None
    return CouponTerms(
        offer_id=offer.id,
        title=offer.title,
        percent_off=offer.percent_off,
        amount_off=amount,
        redeem_by=last_moment(offer, zone),
        max_redemptions=None,
    )
