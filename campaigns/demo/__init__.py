"""Sample data, the same at each loading: three campaigns, 60 tweets, 20,000 hits, 800 leads, 120 sales with refunds.

Made for a first look, for the documents' pictures and for measuring; all of it is marked as rehearsed, so it never
stands in a real report. Times are counted back from now, so that every curve ends today.
"""

import io
from datetime import datetime, timedelta

from PIL import Image, ImageDraw
from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from campaigns.demo import crowd, words
from campaigns.flows.upload_paper import upload_paper
from campaigns.kernel.money import Money
from campaigns.planning import campaigns, cards, offers, pages
from campaigns.planning.campaigns import Campaign, CampaignDraft
from campaigns.planning.offers import Offer, OfferDraft
from campaigns.planning.pages import Page, PageDraft
from campaigns.ports import Post
from campaigns.publishing.tweets import Tweet
from campaigns.publishing.weights import with_links
from campaigns.selling.coupons import Coupon
from campaigns.settings import Settings
from campaigns.tracking import drains, links
from campaigns.tracking.agents import Agents
from campaigns.tracking.links import Link
from campaigns.world import World

NAMES = ("First issue before Christmas", "A school magazine in six Fridays", "Le journal d’école en six vendredis")
STARTED = timedelta(days=42)
PAPER = (620, 877)


def could_load(world: World) -> bool:
    """Whether nothing has been made here yet."""
    with world.db.read() as session:
        return not campaigns.list_page(session, limit=1).items


def load(world: World) -> bool:
    """Load it unless it is there; whether it was loaded now."""
    now = world.clock.now().replace(microsecond=0)
    with world.db.write() as session:
        if any(campaign.name == NAMES[0] for campaign in campaigns.list_page(session, limit=200).items):
            return False
        plans = [_coupon(session, now), _paper(session, now), _livre_blanc(session, now)]
    for _campaign, offer, _page in plans[1:]:
        upload_paper(world, offer.id, pdf(offer.title), f"{offer.title}.pdf")
    agents, posts = Agents(), list[Post]()
    with world.db.write() as session:
        for number, (campaign, offer, page) in enumerate(plans):
            pages.publish(session, pages.find(session, page.id), now - STARTED)
            texts = (words.TWEETS, words.TWEETS_GUIDE, words.TWEETS_FR)[number]
            rows, raw = crowd.draw(campaign, offer, page, texts, number, now)
            posts += _posted(world.settings, rows)
            for table, made in rows.items():
                for start in range(0, len(made), 2000):
                    session.execute(insert(table), made[start : start + 2000])
            agents.learn(session, {row.agent for row in raw})
            drains.store(session, agents, raw, now)
            session.execute(update(Offer).where(Offer.id == offer.id).values(issued=len(rows.get(Coupon, ()))))
    if world.rehearsal and world.publisher.rehearses:
        world.rehearsal.pin(posts)
    return True


def _posted(settings: Settings, rows: crowd.Rows) -> list[Post]:
    """The sent tweets as they left: with their addresses in them, which are written into their rows too."""
    own = [link for link in rows[Link] if link["channel"] == "x_organic"]
    urls = {link["tweet_id"]: links.url(settings, link["code"]) for link in own}
    sent = [tweet for tweet in rows[Tweet] if tweet["state"] == "sent"]
    for tweet in sent:
        tweet["posted_text"] = with_links(tweet["text"], {1: urls[tweet["id"]]})
    return [Post(tweet["x_id"], tweet["posted_text"], tweet["sent_at"]) for tweet in sent]


Plan = tuple[Campaign, Offer, Page]


def _campaign(session: Session, now: datetime, number: int, goal: str) -> Campaign:
    draft = CampaignDraft(
        name=NAMES[number], zone="Europe/Paris", goal=goal, goal_leads=300, starts_on=(now - STARTED).date(),
        ends_on=(now + timedelta(days=21)).date(), budget=Money(30_000, "EUR"),
    )  # fmt: skip
    return campaigns.create(session, draft, now - STARTED)


def _coupon(session: Session, now: datetime) -> Plan:
    campaign = _campaign(session, now, 0, "Schools that start before the holidays")
    draft = OfferDraft(
        kind="coupon", title="30% off your first year", percent_off=30, price=Money(21_000, "EUR"), stock=400,
        expires_on=(now + timedelta(days=21)).date(),
    )  # fmt: skip
    offer = offers.create(session, campaign, draft, now - STARTED)
    page = PageDraft(
        locale="en", headline="30% off your first year", slug="first-year", body=words.COUPON_BODY, theme="plum",
        summary="Make your school’s magazine with the class, and hold the first issue before Christmas.",
        fields=words.FIELDS, consents=words.CONSENTS,
    )  # fmt: skip
    return campaign, offer, pages.create(session, offer, page, now - STARTED)


def _paper(session: Session, now: datetime) -> Plan:
    page = PageDraft(
        locale="en", headline="A school magazine in six Fridays", slug="six-fridays", body=words.PAPER_BODY,
        summary="One hour a week, one class, twelve printed pages. The plan that 140 schools have followed.",
        theme="night", fields=words.FIELDS, consents=words.CONSENTS,
    )  # fmt: skip
    return _white_paper(session, now, 1, "Teachers who would start a magazine", page)


def _livre_blanc(session: Session, now: datetime) -> Plan:
    page = PageDraft(
        locale="fr", headline="Un journal d’école en six vendredis", slug="six-vendredis", body=words.PAPER_BODY_FR,
        summary="Une heure par semaine, une classe, douze pages imprimées. Le plan suivi par 140 écoles.",
        theme="night", fields=words.FIELDS_FR, consents=words.CONSENTS_FR,
    )  # fmt: skip
    return _white_paper(session, now, 2, "Des enseignants prêts à lancer un journal", page)


def _white_paper(session: Session, now: datetime, number: int, goal: str, page: PageDraft) -> Plan:
    campaign = _campaign(session, now, number, goal)
    draft = OfferDraft(kind="white_paper", title=page.headline)
    offer = offers.create(session, campaign, draft, now - STARTED)
    return campaign, offer, pages.create(session, offer, page, now - STARTED)


def pdf(title: str, count: int = 12) -> bytes:
    """A real PDF of some pages, with a cover."""
    made = []
    for number in range(2, count + 1):
        page = Image.new("RGB", PAPER, "#fff6e0")
        pen = ImageDraw.Draw(page)
        pen.text((60, 70), f"{number}. Friday {number - 1}", fill="#1d2c4a", font=cards.typeface(30, 500))
        for line in range(14):
            pen.rectangle((60, 150 + 46 * line, 560 - (line * 37) % 160, 162 + 46 * line), fill="#c9bfa5")
        made.append(page)
    out = io.BytesIO()
    cover(title).save(out, "PDF", save_all=True, append_images=made, title=title)
    return out.getvalue()


def cover(title: str) -> Image.Image:
    """The first page of the sample paper."""
    page = Image.new("RGB", PAPER, "#1d2c4a")
    pen = ImageDraw.Draw(page)
    pen.rectangle((60, 90, 560, 600), fill="#ffc94d")
    pen.ellipse((200, 180, 420, 400), fill="#e4572e")
    pen.text((60, 660), "\n".join(_lines(title, 22)), fill="#fff6e0", font=cards.typeface(40, 500))
    return page


def _lines(text: str, width: int) -> list[str]:
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) > width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines
