"""A prospect sends the form: person, lead, touch, consents, code or paper, and its mails, in one write."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from campaigns.capturing import deliveries, leads, letters, persons, submissions, touches
from campaigns.capturing.conversions import Exclusion
from campaigns.capturing.leads import Lead
from campaigns.capturing.touches import Touch
from campaigns.kernel.codes import Signer, new_id
from campaigns.kernel.errors import problem
from campaigns.kernel.letters import Letter, put
from campaigns.people import users
from campaigns.planning import fields, offers, pages
from campaigns.planning.campaigns import Campaign
from campaigns.planning.offers import Offer
from campaigns.planning.pages import Page
from campaigns.publishing import tweets
from campaigns.selling import coupons
from campaigns.selling.claims import Claim
from campaigns.settings import Settings
from campaigns.tracking import browsers, sights, utm, visits
from campaigns.tracking.links import Link
from campaigns.tracking.requests import kept_text
from campaigns.tracking.sights import NOTHING_SEEN, Sight
from campaigns.tracking.sources import Source
from campaigns.tracking.visits import Via
from campaigns.world import World

MAIL_EVERY_S = 3600


@dataclass(frozen=True)
class Form:
    """What came in: answers by field, the purposes ticked, and the page as it was seen."""

    answers: Mapping[str, str]
    ticked: Collection[str]
    sight: Sight = NOTHING_SEEN


def claim_offer(world: World, page_id: str, form: Form) -> Claim:
    """Take the form. Sent twice, or eight times at one moment, it is one lead, one code, one mail.

    Raises invalid with every field's fault, gone (`page_closed`, `offer_ended`, `stock_gone`).
    """
    now = world.clock.now()
    visit = _visit(world, form.sight, now)
    with world.db.write() as session:
        claim = _take(session, world.settings, world.signer, page_id, form, visit, now)
    _confirm(world, page_id, form.sight, visit, now)
    return claim


@dataclass(frozen=True)
class _Visit:
    """The visit that a form ends: its click, and where it came from without one."""

    via: Via | None
    source: Source
    utm: Mapping[str, str]


def _visit(world: World, sight: Sight, now: datetime) -> _Visit:
    via = visits.read(world.signer, sight.token, now, world.settings.lookback_days)
    return _Visit(via, sights.source(sight, world.settings.own_hosts), utm.read(sight.query))


def _confirm(world: World, page_id: str, sight: Sight, visit: _Visit, now: datetime) -> None:
    """Who sent the form saw the page, whether its script could say so or not."""
    visitor = None if sight.private else world.directory.visitor(sight.address, kept_text(sight.agent), now)
    if visit.via is None and visitor is None and sight.referrer is not None:
        return  # its script said so, and nothing would tell that it is the same visit
    if row := sights.row(sight, page_id, visit.via, visit.source, visitor, now):
        world.spool.put(row)


def _take(
    session: Session, settings: Settings, signer: Signer, page_id: str, form: Form, visit: _Visit, now: datetime
) -> Claim:
    link = session.get(Link, visit.via.link_id) if visit.via else None
    page, offer, campaign = pages.find_whole(session, page_id)
    _check_open(page, offer, campaign, now)
    form_fields = fields.of(page.fields)
    told = fields.check(form_fields, form.answers, page.locale)
    answers = [
        {"name": field.name, "label": field.label, "kind": field.kind, "value": told[field.name]}
        for field in form_fields if field.name in told
    ]  # fmt: skip
    email = fields.email_field(form_fields)
    person = persons.of_email(session, str(told[email.name]) if email else "", now)
    lead, is_new = leads.claim(
        session, person.id, offer, page, answers, person.email, rehearsed=_is_rehearsed(session, link),
        excluded=_exclusion(session, form.sight, person.email), now=now,
    )  # fmt: skip
    ticked = [consent["purpose"] for consent in page.consents if consent["purpose"] in form.ticked]
    key = submissions.latest_key(lead.id, page, answers, ticked)
    claim, letter = _give(session, settings, signer, page, offer, campaign, lead, now)
    if not is_new and submissions.repeated(session, lead.id, key, now):
        return claim
    submission_id = new_id()
    touch = _touch(session, settings, person.id, form.sight, visit, link, submission_id, now)
    submission = submissions.add(session, submission_id, key, lead.id, page, touch.id, answers, now)
    submissions.log_consents(session, submission, person.id, page, ticked)
    if not is_new:
        leads.convert(session, lead, f"repeat:{submission.id}", "repeat", now)
    # once an hour: whoever types another's address into the form again and again must not fill their mailbox
    mail = f"offer:{lead.id}:{offer.id}:{int(now.timestamp()) // MAIL_EVERY_S}"
    put(session, mail, persons.mailbox(person), letter, locale=page.locale, host=settings.public_host, now=now)
    if is_new:
        _tell_sales(session, settings, campaign, lead, now)
    return claim


def _touch(
    session: Session, settings: Settings, person_id: str, sight: Sight, visit: _Visit, link: Link | None,
    submission_id: str, now: datetime,
) -> Touch:  # fmt: skip
    """The form's own; with it those of the visits before, when its browser is known."""
    going_on = None if link else _recognise(session, settings, sight, person_id, now)
    touch = touches.of_visit(
        session, person_id, visit.via, link, visit.source, visit.utm, submission_id, now, going_on
    )  # fmt: skip
    if link:
        _recognise(session, settings, sight, person_id, now)  # after the click's own, which knows more of it
    return touch


def _recognise(session: Session, settings: Settings, sight: Sight, person_id: str, now: datetime) -> Touch | None:
    """Whoever agreed to be recognised is known from here on, with the visits before; the one that goes on."""
    if settings.identity_level < 2 or sight.private:
        return None
    browser = browsers.get(session, sight.browser, now)
    if browser is None:
        return None
    is_anothers = browser.person_id not in (None, person_id)
    browser.person_id = person_id
    # of two persons with one browser nobody knows whose the visits before were
    since = now - (browsers.IDLE if is_anothers else timedelta(days=settings.lookback_days))
    stays = browsers.stays(session, browser.id, since)
    last = touches.of_browser(session, person_id, stays)
    return last if stays and now - stays[-1].until < browsers.IDLE else None


def _check_open(page: Page, offer: Offer, campaign: Campaign, now: datetime) -> None:
    if not page.is_online:
        raise problem("gone", "page_closed")
    if offers.has_ended(offer, campaign.zone, now):
        raise problem("gone", "offer_ended")


def _is_rehearsed(session: Session, link: Link | None) -> bool:
    tweet = tweets.get(session, link.tweet_id) if link and link.tweet_id else None
    return bool(tweet and tweet.rehearsed)


def _exclusion(session: Session, sight: Sight, email: str) -> Exclusion | None:
    """Our own people try the form out; that is nobody's conversion."""
    return "internal" if sight.member or users.of_email(session, email) else None


def _give(
    session: Session, settings: Settings, signer: Signer, page: Page, offer: Offer, campaign: Campaign, lead: Lead,
    now: datetime,
) -> tuple[Claim, Letter]:  # fmt: skip
    """What the offer promises, and the letter that brings it."""
    if offer.kind == "coupon":
        coupon, _ = coupons.issue(session, offer, lead.id, now)
        last_day = offers.last_moment(offer, campaign.zone)
        letter = letters.coupon(settings, page, offer, coupon.code, last_day, campaign.zone)
        return Claim(lead.id, coupon.id, None), letter
    delivery, _ = deliveries.give(session, lead.id, offer.id, now)
    url = f"{settings.public_url}/d/{deliveries.token(signer, delivery, now, mailed=True)}"
    return Claim(lead.id, None, delivery.id), letters.paper(settings, page, offer, url)


def _tell_sales(session: Session, settings: Settings, campaign: Campaign, lead: Lead, now: datetime) -> None:
    for user in users.list_told(session, "each"):
        letter = letters.new_lead(settings, user.locale, campaign.name, lead)
        key, host = f"lead:{lead.id}:{user.id}", settings.public_host
        put(session, key, user.email, letter, locale=user.locale, host=host, now=now)
