"""An installation to measure on: campaigns with tweets that were sent, their links, pages online, leads and sales."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select, update

from campaigns import compose, schema
from campaigns.adapters.system_clock import SystemClock
from campaigns.capturing.conversions import Conversion
from campaigns.capturing.leads import Lead
from campaigns.capturing.persons import Person
from campaigns.capturing.touches import Touch
from campaigns.flows.write_tweet import TweetDraft, write_tweet
from campaigns.kernel.codes import new_id
from campaigns.planning import campaigns, offers, pages
from campaigns.planning.campaigns import CampaignDraft
from campaigns.planning.offers import OfferDraft
from campaigns.planning.pages import PageDraft
from campaigns.publishing.tweets import Tweet
from campaigns.selling.sales import Sale
from campaigns.settings import Settings
from campaigns.tracking.links import Link
from campaigns.world import World

HISTORY = timedelta(days=390)
CAMPAIGN_DAYS = 60


@dataclass(frozen=True)
class Stocked:
    """A link that can be followed. `since`: when its tweet was sent; the evergreen ones are followed all the time."""

    link_id: str
    code: str
    page_id: str
    campaign_id: str
    tweet_id: str
    since: datetime
    is_evergreen: bool


def world_at(folder: Path, database_url: str = "", **more: str) -> World:
    """A World in a folder, with the newest schema."""
    environ = {f"PERCHOIR_{name.upper()}": value for name, value in more.items()}
    environ |= {"PERCHOIR_DATA_DIR": str(folder), "PERCHOIR_DATABASE_URL": database_url}
    world = compose.world(Settings.read(environ), SystemClock())
    schema.migrate(world.db)
    return world


def fill(world: World, campaign_count: int = 10, tweets_each: int = 20) -> list[Stocked]:
    """Campaigns that began one after the other, each with its tweets; every tenth link is evergreen."""
    now, dice = world.clock.now(), random.Random(1)
    gap = HISTORY / campaign_count
    stocked: list[Stocked] = []
    for number in range(campaign_count):
        began = now - HISTORY + number * gap
        with world.db.write() as session:
            campaign = campaigns.create(session, CampaignDraft(name=f"Campaign {number}", zone="Europe/Paris"), began)
            offer = offers.create(session, campaign, OfferDraft("coupon", f"Offer {number}", percent_off=10), began)
            page = pages.create(session, offer, PageDraft(locale="en", headline=f"Page {number}"), began)
            pages.publish(session, page, began)
        for count in range(tweets_each):
            draft = TweetDraft(campaign.id, offer.id, f"Tweet {number} {count}: {{link}}")
            tweet_id = write_tweet(world, draft, who="bench").tweet.id
            sent_at = began + timedelta(hours=dice.uniform(0, min(CAMPAIGN_DAYS, (now - began).days or 1) * 24))
            evergreen = count % 10 == 9
            stocked.append(_sent(world, tweet_id, page.id, now - HISTORY if evergreen else sent_at, evergreen))
    return stocked


def _sent(world: World, tweet_id: str, page_id: str, since: datetime, is_evergreen: bool) -> Stocked:
    number = int(tweet_id.replace("-", ""), 16) % 10**15
    with world.db.write() as session:
        session.execute(
            update(Tweet).where(Tweet.id == tweet_id)
            .values(state="sent", sent_at=since, x_id=str(number), created_at=since, updated_at=since)
        )  # fmt: skip
        link = session.scalars(select(Link).where(Link.tweet_id == tweet_id)).one()
    return Stocked(link.id, link.code, page_id, link.campaign_id, tweet_id, since, is_evergreen)


def convert(world: World, stocked: list[Stocked], lead_count: int, sale_count: int) -> None:
    """Leads that came through the links, each with its touch, and sales to some of them."""
    dice, now = random.Random(2), world.clock.now()
    with world.db.write() as session:
        offer_of = dict(session.execute(select(Link.id, Link.offer_id)).all())
    for rows in _chunks([_lead(dice, stocked, offer_of, now, n, n < sale_count) for n in range(lead_count)]):
        with world.db.write() as session:
            for table, place in ((Person, 0), (Touch, 1), (Lead, 2), (Sale, 3)):
                if some := [row[place] for row in rows if row[place]]:
                    session.execute(insert(table), some)
            session.execute(insert(Conversion), [each for row in rows for each in _conversions(*row[2:])])


Rows = tuple[dict[str, Any], dict[str, Any], dict[str, Any], dict[str, Any] | None]


def _lead(
    dice: random.Random, stocked: list[Stocked], offer_of: dict[str, str], now: datetime, number: int, is_sold: bool
) -> Rows:
    place = stocked[zipf(dice, len(stocked))]
    at = moment_of(dice, place, now - timedelta(hours=1))
    person_id, lead_id, sale_id = new_id(), new_id(), new_id()
    address = f"bench{number}@ecole.example"
    person = {"id": person_id, "email": address, "typed": address, "created_at": at}
    touch = {
        "id": new_id(), "person_id": person_id, "tweet_id": place.tweet_id, "campaign_id": place.campaign_id,
        "link_id": place.link_id, "hit_id": None, "evidence": "link+x", "referrer": "t.co", "utm": {}, "at": at,
        "key": lead_id,
    }  # fmt: skip
    lead = {
        "id": lead_id, "person_id": person_id, "campaign_id": place.campaign_id, "offer_id": offer_of[place.link_id],
        "page_id": place.page_id, "locale": "en", "state": "new", "answers": [], "search": address, "rehearsed": False,
        "created_at": at, "updated_at": at,
    }  # fmt: skip
    sale = {
        "id": sale_id, "key": f"stripe:{sale_id}", "origin": "stripe", "intent": f"pi_{sale_id}", "state": "paid",
        "currency": "EUR", "amount": 12_000, "tax": 2_000, "refunded": 0, "disputed": 0, "rehearsed": False,
        "person_id": person_id, "campaign_id": place.campaign_id, "paid_at": at, "created_at": at, "updated_at": at,
    }  # fmt: skip
    return person, touch, lead, sale if is_sold else None


def _conversions(lead: dict[str, Any], sale: dict[str, Any] | None) -> Iterator[dict[str, object]]:
    plain = {
        "campaign_id": lead["campaign_id"], "person_id": lead["person_id"], "lead_id": lead["id"],
        "at": lead["created_at"], "moment": lead["created_at"], "excluded": None, "rehearsed": False, "sale_id": None,
        "currency": None, "amount": 0,
    }  # fmt: skip
    yield {"id": new_id(), "key": f"lead:{lead['id']}", "kind": "lead", **plain}
    if sale:
        money = {"sale_id": sale["id"], "currency": sale["currency"], "amount": sale["amount"] - sale["tax"]}
        yield {"id": new_id(), "key": f"customer:{lead['id']}", "kind": "customer", **plain}
        yield {"id": new_id(), "key": f"sale:{sale['id']}", "kind": "sale", **(plain | money)}


def _chunks(rows: list[Rows], size: int = 2_000) -> Iterator[list[Rows]]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def zipf(dice: random.Random, count: int) -> int:
    """A place among so many, the first ones far oftener: log-uniform, which is Zipf's law with exponent 1."""
    return min(int((count + 1) ** dice.random()) - 1, count - 1)


def moment_of(dice: random.Random, place: Stocked, now: datetime) -> datetime:
    """When a link is followed: most in the hours after its tweet, some for weeks; an evergreen one at any time."""
    span = (now - place.since).total_seconds()
    if place.is_evergreen:
        return place.since + timedelta(seconds=dice.random() * span)
    return place.since + timedelta(seconds=min(60.0 * 90_000 ** dice.random(), span))  # a minute to 62 days
