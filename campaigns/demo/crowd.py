"""The crowd of the sample data: who clicked which tweet when, who left an address, who paid and who was paid back.

Drawn from one seed, so every loading has the same figures.
"""

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from campaigns.capturing.conversions import Conversion, Kind
from campaigns.capturing.deliveries import Delivery
from campaigns.capturing.leads import QUALIFIED, Lead
from campaigns.capturing.persons import Person
from campaigns.capturing.submissions import Consent, Submission
from campaigns.capturing.touches import Touch
from campaigns.demo import words
from campaigns.demo.traffic import IN_MAIL, ON_PAPER, ON_X, Place, Traffic
from campaigns.kernel.codes import new_id
from campaigns.kernel.db import Base
from campaigns.planning.campaigns import Campaign
from campaigns.planning.offers import Offer
from campaigns.planning.pages import Page
from campaigns.publishing.addresses import X_EPOCH_MS
from campaigns.publishing.tweets import Tweet, TweetChange
from campaigns.selling.coupons import Coupon
from campaigns.selling.sales import Intent, Refund, Sale
from campaigns.tracking.links import Link, search_text
from campaigns.tracking.spool import Raw

HITS, LEADS, SALES, REFUNDS = (8000, 7000, 5000), (320, 280, 200), (80, 25, 15), (6, 0, 0)
SENT_DAYS = 40
Rows = dict[type[Base], list[dict[str, Any]]]


@dataclass
class Crowd:
    """What is drawn of one campaign: rows by table, and what came to its links."""

    campaign: Campaign
    offer: Offer
    page: Page
    number: int
    now: datetime
    dice: random.Random
    rows: Rows = field(default_factory=dict)

    def add(self, table: type[Base], **values: Any) -> dict[str, Any]:
        self.rows.setdefault(table, []).append(values)
        return values


def draw(
    campaign: Campaign, offer: Offer, page: Page, texts: tuple[str, ...], number: int, now: datetime
) -> tuple[Rows, list[Raw]]:
    """All rows of a campaign, by table, parents first; and what is to be drained."""
    crowd = Crowd(campaign, offer, page, number, now, random.Random(20261102 + number))  # noqa: S311 no secret is drawn
    sent = _tweets(crowd, texts)
    traffic = _hits(crowd, sent)
    leads = _leads(crowd, traffic.clicks)
    _sales(crowd, leads)
    for lead in leads:
        if lead["state"] in QUALIFIED:
            _convert(crowd, f"qualified:{lead['id']}", "qualified", lead, lead["created_at"])
    order = (
        Person, Tweet, TweetChange, Link, Touch, Lead, Submission, Consent, Coupon, Delivery, Sale, Intent, Refund,
        Conversion,
    )  # fmt: skip
    return {table: crowd.rows[table] for table in order if table in crowd.rows}, traffic.rows


def _tweets(crowd: Crowd, texts: tuple[str, ...]) -> list[tuple[dict[str, Any], datetime]]:
    """Seventeen sent ones with their links, then one failed, one scheduled, one draft."""
    sent = []
    for place, text in enumerate(texts):
        day = crowd.now - timedelta(days=SENT_DAYS - int(2.45 * place))
        at = day.replace(hour=crowd.dice.choice((7, 11, 16)), minute=crowd.dice.choice((5, 30, 40)), second=0)
        state = {17: "failed", 18: "scheduled", 19: "draft"}.get(place, "sent")
        key = f"d{crowd.number}{place:02d}"
        if state != "sent":
            at = crowd.now - timedelta(hours=20 - place)
        in_two_days = (crowd.now + timedelta(days=2)).replace(hour=11, minute=30, second=0)
        planned = in_two_days if state == "scheduled" else None
        tweet = crowd.add(
            Tweet, id=new_id(), key=key, campaign_id=crowd.campaign.id, offer_id=crowd.offer.id, text=text,
            posted_text=None, state=state, local_time=planned and planned.strftime("%Y-%m-%dT%H:%M"),
            zone="UTC" if planned else None, scheduled_at=planned, due_at=planned, attempts=int(state != "draft"),
            problem="x_duplicate" if state == "failed" else None, x_id=None, x_url=None, version=1, rehearsed=True,
            sent_at=at if state == "sent" else None, created_at=at - timedelta(hours=3), updated_at=at,
        )  # fmt: skip
        crowd.add(TweetChange, id=new_id(), tweet_id=tweet["id"], at=at - timedelta(hours=3), before=None,
                  after="draft", who="Léa Martin", why="written")  # fmt: skip
        if state != "draft":
            why = {"failed": "x_duplicate", "scheduled": "planned"}.get(state, "posted")
            crowd.add(TweetChange, id=new_id(), tweet_id=tweet["id"], at=at, before="draft", after=state,
                      who="Léa Martin", why=why)  # fmt: skip
        link = crowd.add(
            Link, id=new_id(), code=f"Feu{key}", campaign_id=crowd.campaign.id, offer_id=crowd.offer.id,
            tweet_id=tweet["id"], qr_of=None, name=None, channel="x_organic", source="twitter", medium="social",
            content=f"t-{key}", search=search_text(f"Feu{key}"),
            forwarding="off", forwarded=[], created_at=tweet["created_at"], updated_at=tweet["created_at"],
        )  # fmt: skip
        if state == "sent":
            tweet["x_id"] = str((int(at.timestamp() * 1000) - X_EPOCH_MS << 22) + crowd.number * 1000 + place)
            sent.append((link, at))
    return sent


def _other_links(crowd: Crowd, tweeted: dict[str, Any]) -> list[Place]:
    """A newsletter's link and a poster's QR, beside those of the tweets."""
    began = crowd.now - timedelta(days=SENT_DAYS - 2)
    values = {
        "campaign_id": crowd.campaign.id, "offer_id": crowd.offer.id, "forwarding": "off", "forwarded": [],
        "created_at": began, "updated_at": began,
    }  # fmt: skip
    code, name = words.NEWSLETTERS[crowd.number]
    mailed = crowd.add(
        Link, id=new_id(), code=code, tweet_id=None, qr_of=None, name=name, channel="newsletter", source="newsletter",
        medium="email", content=code.lower(), search=search_text(code, name), **values,
    )  # fmt: skip
    printed = crowd.add(
        Link, id=new_id(), code=f"{tweeted['code']}qr", tweet_id=tweeted["tweet_id"], qr_of=tweeted["id"], name=None,
        channel="qr", source="twitter", medium="qr", content=tweeted["content"],
        search=search_text(f"{tweeted['code']}qr"), **values,
    )  # fmt: skip
    return [Place(mailed, began, IN_MAIL, 1.5), Place(printed, began, ON_PAPER, 0.7)]


def _hits(crowd: Crowd, sent: list[tuple[dict[str, Any], datetime]]) -> Traffic:
    """What comes to the tweets' links and to the others."""
    traffic = Traffic(crowd.page.id, crowd.now, crowd.dice)
    tweeted = [Place(link, at, ON_X, crowd.dice.paretovariate(2) + 0.5) for link, at in sent]
    for place, code in enumerate(words.MISTYPED):
        traffic.miss(f"{code}{crowd.number}", 3 - place)
    traffic.come([*tweeted, *_other_links(crowd, sent[3][0])], HITS[crowd.number] - len(traffic.rows))
    return traffic


def _leads(crowd: Crowd, clicks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Some of those who saw the page leave an address; one in fifteen came without any link."""
    chosen = crowd.dice.sample([click for click in clicks if click["seen"]], LEADS[crowd.number])
    leads = [_lead(crowd, place, hit if crowd.dice.random() > 1 / 15 else None, hit["at"])
             for place, hit in enumerate(chosen)]  # fmt: skip
    for lead in leads:
        _come_before(crowd, lead, clicks)
    return leads


def _come_before(crowd: Crowd, lead: dict[str, Any], clicks: list[dict[str, Any]]) -> None:
    """A third had clicked other tweets before: the models differ on them."""
    seen = [click for click in clicks if click["seen"]]
    earlier = [click for click in crowd.dice.sample(seen, 4) if click["at"] < lead["created_at"] - timedelta(hours=1)]
    for click in earlier[: crowd.dice.choice((0, 0, 0, 0, 1, 2))]:
        crowd.add(
            Touch, id=new_id(), person_id=lead["person_id"], at=click["at"], evidence=click["evidence"],
            campaign_id=crowd.campaign.id, tweet_id=click["tweet_id"], link_id=click["link_id"], hit_id=click["id"],
            referrer=click["referrer"], utm={}, key=f"hit:{click['id']}:{lead['person_id']}",
        )  # fmt: skip


def _lead(crowd: Crowd, place: int, hit: dict[str, Any] | None, came_at: datetime) -> dict[str, Any]:
    at = min(came_at + timedelta(seconds=crowd.dice.randint(20, 400)), crowd.now)
    first, last = crowd.dice.choice(words.FIRST_NAMES), crowd.dice.choice(words.LAST_NAMES)
    email = f"{first}.{last}{crowd.number}{place:03d}@ecole.example"
    roles, fields = (words.ROLES_FR, words.FIELDS_FR) if crowd.number == 2 else (words.ROLES, words.FIELDS)
    values = (email, crowd.dice.choice(words.SCHOOLS), crowd.dice.choice(roles))
    answers = [
        {"name": question.name, "label": question.label, "kind": question.kind, "value": value}
        for question, value in zip(fields, values, strict=True)
    ]
    person = crowd.add(Person, id=new_id(), email=email, typed=email, created_at=at)
    submission_id, told = new_id(), hit or {}
    touch = crowd.add(
        Touch, id=new_id(), person_id=person["id"], at=came_at if hit else at, evidence=told.get("evidence", "direct"),
        campaign_id=crowd.campaign.id if hit else None, tweet_id=told.get("tweet_id"), link_id=told.get("link_id"),
        hit_id=told.get("id"), referrer=told.get("referrer"), utm={}, key=f"submission:{submission_id}",
    )  # fmt: skip
    lead = crowd.add(
        Lead, id=new_id(), person_id=person["id"], campaign_id=crowd.campaign.id, offer_id=crowd.offer.id,
        page_id=crowd.page.id, locale=crowd.page.locale, answers=answers, search=" ".join(values).casefold(),
        state=crowd.dice.choices(("new", "contacted", "qualified", "lost"), (50, 28, 12, 10))[0], rehearsed=True,
        created_at=at, updated_at=at,
    )  # fmt: skip
    _convert(crowd, f"lead:{lead['id']}", "lead", lead, at)
    crowd.add(
        Submission, id=submission_id, key=f"demo:{submission_id}", lead_id=lead["id"], page_id=crowd.page.id,
        page_revision=1, touch_id=touch["id"], at=at, answers=answers,
    )  # fmt: skip
    text = crowd.page.consents[0]
    crowd.add(
        Consent, id=new_id(), person_id=person["id"], lead_id=lead["id"], submission_id=submission_id, how="form",
        purpose=text["purpose"], state=crowd.dice.choice(("granted", "granted", "refused")),
        text_sha256=text["sha256"], at=at,
    )  # fmt: skip
    if crowd.offer.kind == "coupon":
        crowd.add(Coupon, id=new_id(), code=f"FEUI-{crowd.dice.getrandbits(24):06X}-{place:03d}X", lead_id=lead["id"],
                  offer_id=crowd.offer.id, stripe_id=None, created_at=at, redeemed_at=None)  # fmt: skip
    else:
        crowd.add(Delivery, id=new_id(), lead_id=lead["id"], offer_id=crowd.offer.id, created_at=at,
                  downloads=crowd.dice.randint(0, 2), first_at=at, last_at=at)  # fmt: skip
    return lead


def _sales(crowd: Crowd, leads: list[dict[str, Any]]) -> None:
    """Coupons are paid at the till, white papers lead to sales that were entered; some money goes back."""
    buyers = crowd.dice.sample(range(len(leads)), SALES[crowd.number])
    for place, buyer in enumerate(buyers):
        lead, coupon = leads[buyer], crowd.rows[Coupon][buyer] if crowd.offer.kind == "coupon" else None
        paid_at = min(lead["created_at"] + timedelta(hours=crowd.dice.expovariate(1 / 30)), crowd.now)
        amount = 14_700 if coupon else crowd.dice.choice((21_000, 21_000, 42_000, 63_000))
        back = (amount if place % 2 else amount // 3) if place < REFUNDS[crowd.number] else 0
        intent = f"pi_demo_{crowd.number}{place:03d}" if coupon else None
        lead["state"], sale_id = "won", new_id()
        money = {"sale_id": sale_id, "currency": "EUR", "moment": paid_at}
        _convert(crowd, f"sale:{sale_id}", "sale", lead, paid_at, amount=amount - amount // 6, **money)
        _convert(crowd, f"customer:{lead['id']}", "customer", lead, paid_at)
        crowd.add(
            Sale, id=sale_id, key=f"demo:{lead['id']}", origin="stripe" if coupon else "entered", intent=intent,
            stripe_id=f"cs_demo_{crowd.number}{place:03d}" if coupon else None, lead_id=lead["id"], tax=amount // 6,
            person_id=lead["person_id"], campaign_id=crowd.campaign.id, offer_id=crowd.offer.id, currency="EUR",
            coupon_id=coupon["id"] if coupon else None, amount=amount, refunded=back, disputed=0, evidence=None,
            state="paid" if not back else "refunded" if back == amount else "partly_refunded", rehearsed=True,
            found_by="reference" if coupon else "entered", paid_at=paid_at, created_at=paid_at, updated_at=paid_at,
        )  # fmt: skip
        if coupon:
            coupon["redeemed_at"] = paid_at
            crowd.add(Intent, id=intent, refunded=back, disputed=0)
        if back:
            refund_id, back_at = new_id(), min(paid_at + timedelta(days=2), crowd.now)
            crowd.add(
                Refund, id=refund_id, key=f"{intent or lead['id']}:{back}", intent=intent, kind="refund", total=back,
                amount=back, currency="EUR", at=back_at,
            )  # fmt: skip
            _convert(crowd, f"back:{refund_id}", "refund", lead, back_at, amount=-back, **money)


def _convert(crowd: Crowd, key: str, kind: Kind, lead: dict[str, Any], at: datetime, **more: Any) -> None:
    plain = {"moment": at, "sale_id": None, "currency": None, "amount": 0, "excluded": None, "rehearsed": True}
    crowd.add(
        Conversion, id=new_id(), key=key, kind=kind, at=at, campaign_id=lead["campaign_id"], lead_id=lead["id"],
        person_id=lead["person_id"], **(plain | more),
    )  # fmt: skip
