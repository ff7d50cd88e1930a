"""Sheets: all that is known of a lead, on one page: what it agreed to, its way here, what it bought, who worked it."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from campaigns.capturing import leads, submissions
from campaigns.capturing.deliveries import Delivery
from campaigns.capturing.leads import LeadChange
from campaigns.capturing.submissions import Consent
from campaigns.kernel.money import Money
from campaigns.measuring import desk, journeys
from campaigns.measuring.desk import Row
from campaigns.planning.offers import Offer
from campaigns.planning.pages import ConsentText, Page
from campaigns.selling import coupons, sales
from campaigns.selling.coupons import Coupon
from campaigns.selling.sales import EARNED, Refund, Sale, SaleChange


@dataclass(frozen=True)
class Agreed:
    """A lead's last word on a purpose, and the words it answered to."""

    consent: Consent
    text: str


@dataclass(frozen=True)
class Told:
    """A lead with what it agreed to and what it bought: as machines are told."""

    row: Row
    agreed: list[Agreed]
    sales: list[Sale]


@dataclass(frozen=True)
class Mark:
    """Something that happened on a lead's way.

    | kind | text | note |
    |---|---|---|
    | tweet | its text | – |
    | click, visit | the link's code, or whence | the evidence |
    | mail | – | – |
    | form | the page's headline | – |
    | paper, downloaded, downloaded_again | the offer's title | how many downloads |
    | code, redeemed | the code | – |
    | sale | – | its state |
    | refund, dispute, dispute_won | – | – |
    """

    at: datetime
    kind: str
    text: str = ""
    note: str = ""
    money: Money | None = None
    tweet_id: str | None = None
    campaign: str = ""


@dataclass(frozen=True)
class Sheet:
    """A lead whole. `trail` is newest first; `entered` the sale that a member entered, with its corrections."""

    row: Row
    agreed: list[Agreed]
    page: Page
    coupons: list[Coupon]
    sales: list[Sale]
    entered: Sale | None
    corrections: list[SaleChange]
    trail: list[Mark]
    history: list[LeadChange]


def told(session: Session, rows: Sequence[Row]) -> list[Told]:
    """Leads with consents and sales. Queries: 3, however many."""
    ids = [row.lead.id for row in rows]
    agreed = _agreed(session, ids)
    sold: dict[str | None, list[Sale]] = {}
    wanted = select(Sale).where(Sale.lead_id.in_(ids), Sale.state.in_(EARNED))
    for sale in session.scalars(wanted.order_by(Sale.paid_at, Sale.id)):
        sold.setdefault(sale.lead_id, []).append(sale)
    return [Told(row, agreed.get(row.lead.id, []), sold.get(row.lead.id, [])) for row in rows]


def _agreed(session: Session, lead_ids: Collection[str]) -> dict[str, list[Agreed]]:
    found = submissions.consents_of(session, lead_ids)
    hashes = {consent.text_sha256 for each in found.values() for consent in each.values()}
    wanted = select(ConsentText.sha256, ConsentText.text).where(ConsentText.sha256.in_(hashes))
    texts = {row.sha256: row.text for row in session.execute(wanted)}
    return {
        lead_id: [Agreed(each[purpose], texts[each[purpose].text_sha256]) for purpose in sorted(each)]
        for lead_id, each in found.items()
    }


def find(session: Session, lead_id: str, *, lookback_days: int) -> Sheet:
    """All of a lead. Raises missing (`lead_missing`). Queries: 16 at most."""
    row = desk.find(session, lead_id, lookback_days=lookback_days)
    lead = row.lead
    sold = sales.of_lead(session, lead.id)
    entered = next((sale for sale in sold if sale.origin == "entered"), None)
    codes = coupons.of_lead(session, lead.id)
    marks = [
        *_visits(session, lead.person_id, lead.campaign_id), *_forms(session, lead.id), *_papers(session, lead.id),
        *_codes(codes), *_money(session, sold),
    ]  # fmt: skip
    return Sheet(
        row=row, agreed=_agreed(session, [lead.id]).get(lead.id, []), page=session.get_one(Page, lead.page_id),
        coupons=codes, sales=sold, entered=entered,
        corrections=sales.history(session, entered.id) if entered else [],
        trail=sorted(marks, key=lambda mark: (mark.at, ORDER.index(mark.kind)), reverse=True),
        history=leads.history(session, lead.id),
    )  # fmt: skip


ORDER = (
    "tweet", "click", "visit", "mail", "form", "paper", "downloaded", "downloaded_again", "code", "redeemed", "sale",
    "refund", "dispute", "dispute_won",
)  # fmt: skip
"""What comes first of things at the same moment."""


def _visits(session: Session, person_id: str, campaign_id: str) -> Iterator[Mark]:
    seen: set[str] = set()
    for step in journeys.path(session, person_id):
        tweet, touch = step.tweet, step.touch
        elsewhere = step.campaign.name if step.campaign and step.campaign.id != campaign_id else ""
        if tweet and tweet.sent_at and tweet.id not in seen:
            seen.add(tweet.id)
            yield Mark(tweet.sent_at, "tweet", tweet.posted_text or tweet.text, tweet_id=tweet.id, campaign=elsewhere)
        if touch.link_id:
            yield Mark(touch.at, "click", step.code or "", touch.evidence, tweet_id=touch.tweet_id, campaign=elsewhere)
        elif touch.is_mailed:
            yield Mark(touch.at, "mail", campaign=elsewhere)
        elif touch.evidence != "direct":
            whence = touch.referrer or " ".join(f"{name}={value}" for name, value in sorted(touch.utm.items()))
            yield Mark(touch.at, "visit", whence, touch.evidence, campaign=elsewhere)


def _forms(session: Session, lead_id: str) -> Iterator[Mark]:
    sent = submissions.list_of(session, lead_id)
    wanted = select(Page.id, Page.headline).where(Page.id.in_({each.page_id for each in sent}))
    headlines = {row.id: row.headline for row in session.execute(wanted)}
    for each in sent:
        yield Mark(each.at, "form", headlines[each.page_id])


def _papers(session: Session, lead_id: str) -> Iterator[Mark]:
    wanted = select(Delivery, Offer.title).join(Offer, Offer.id == Delivery.offer_id).where(Delivery.lead_id == lead_id)
    for paper, title in session.execute(wanted):
        yield Mark(paper.created_at, "paper", title)
        if paper.first_at:
            yield Mark(paper.first_at, "downloaded", title)
        if paper.last_at and paper.downloads > 1:
            yield Mark(paper.last_at, "downloaded_again", title, str(paper.downloads))


def _codes(found: Sequence[Coupon]) -> Iterator[Mark]:
    for coupon in found:
        yield Mark(coupon.created_at, "code", coupon.code)
        if coupon.redeemed_at:
            yield Mark(coupon.redeemed_at, "redeemed", coupon.code)


def _money(session: Session, sold: Sequence[Sale]) -> Iterator[Mark]:
    for sale in sold:
        yield Mark(sale.paid_at, "sale", note=sale.state, money=Money(sale.amount, sale.currency))
    back = select(Refund).where(Refund.intent.in_([sale.intent for sale in sold if sale.intent]))
    for refund in session.scalars(back):
        yield Mark(refund.at, refund.kind, money=Money(refund.amount, refund.currency))
