"""A house full of what attackers sent: every table has rows, every text in them is a payload; and its doors."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qs, quote, urlsplit

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from campaigns.capturing import leads
from campaigns.capturing.conversions import Conversion
from campaigns.flows import attach_media, connect_account, make_link, send_weekly
from campaigns.flows.drain_hits import drain_hits
from campaigns.flows.repost import plan_repost
from campaigns.flows.send_outbox import send_outbox
from campaigns.kernel.codes import new_id
from campaigns.measuring import shares
from campaigns.people import tokens
from campaigns.planning import pages
from campaigns.planning.fields import Field
from campaigns.planning.pages import Consent, Page
from campaigns.publishing import slots
from campaigns.tracking.drafts import LinkDraft
from campaigns.world import World
from tests.makers.people import make_invitation, make_member
from tests.makers.planning import make_campaign, make_coupon, make_page, make_white_paper, picture_bytes
from tests.makers.publishing import Place, due_tweets, make_tweet
from tests.makers.selling import make_buyer
from tests.makers.tracking import make_sale

ADDRESS = "203.0.113.77"
"""The visitor's address: it must never be found again."""
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
FIELDS = (
    Field("email", "E-mail address", "email", True),
    Field("school", "Your school", "text"),
    Field("words", "Your words", "textarea"),
)


@dataclass
class House:
    """What was made: ids by the name that routes give them."""

    world: World
    app: Flask
    page: Page
    ids: dict[str, str] = field(default_factory=dict)

    def stranger(self) -> FlaskClient:
        client = self.app.test_client()
        client.environ_base["REMOTE_ADDR"] = ADDRESS
        return client

    def send(self, answers: dict[str, str], query: str = "", **headers: str) -> TestResponse:
        """The form of the page, filled by a stranger."""
        return self.stranger().post(f"/p/{self.page.slug}{query}", data=answers, headers=headers)

    def doors(self, *audiences: str, method: str = "GET") -> Iterator[tuple[str, str]]:
        """Endpoint and address of every route of these audiences, with ids of things that are there."""
        for rule in self.app.url_map.iter_rules():
            if rule.endpoint.partition(".")[0] in audiences and method in (rule.methods or ()):
                missing = set(rule.arguments) - set(self.ids)
                assert not missing, f"{rule.endpoint} asks for {missing}: tell this house what that is"
                path = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: quote(self.ids[found[1]], safe=""), rule.rule)
                yield rule.endpoint, path


def furnish(world: World, app: Flask, *texts: str, body: str = "**Six**") -> House:
    """Rows in every stage, with one of these texts wherever a person or a stranger may write."""
    cycle = itertools.cycle(texts or ("Six Fridays",))

    def line(most: int = 80) -> str:
        return next(cycle)[:most]

    campaign = make_campaign(world, name=line(), goal=line())
    paper = make_white_paper(world, campaign, title=line())
    coupon = make_coupon(world, campaign, title=line())
    page = make_page(
        world, coupon, slug="first", headline=line(), summary=line(), body=body, button=line(40), picture_alt=line(),
        fields=FIELDS, consents=(Consent("news", line(500)),),
    )  # fmt: skip
    make_page(world, paper, slug="second", headline=line(), body=body, fields=FIELDS, locale="fr")
    house = House(world, app, page)
    place = Place(campaign.id, coupon.id, page.id)
    tweet = make_tweet(world, place, f"{line(150)} {{link}}")
    due_tweets(world, 1)
    draft = LinkDraft("blog", name=line(), contact=line(), target="https://a.example/")
    link = make_link.make_link(world, campaign.id, draft, who="Léa")
    make_link.make_qr(world, link.id, who="Léa")
    house.ids |= {
        "campaign_id": campaign.id,
        "offer_id": coupon.id,
        "page_id": page.id,
        "tweet_id": tweet.tweet.id,
        "thread_id": tweet.tweet.id,
        "code": tweet.link.code,
        "link_id": link.id,
        "slug": page.slug,
        "paper_offer_id": paper.id,
        "name": "mail",
        "secret": "none",
        "wanted": "0",
        "place": "2",
        "path": "css/tokens.css",
        "media_id": attach_media.attach(world, tweet.tweet.id, picture_bytes(), line(1000), who="Léa").id,
    } | _kept(world, campaign.id)
    for number in range(3):
        _visit(house, line(300), f"zoe{number}@ecole.example")
    drain_hits(world)
    _ids(house, place)
    _people(house, line())
    return house


def _kept(world: World, campaign_id: str) -> dict[str, str]:
    """A slot, a shared report, a saved one, an account of the wall, the token of a weekly mail."""
    account = connect_account.connect_rehearsed(world, "wall", "", "Europe/Paris", who="Léa", user_id=new_id())
    now = world.clock.now()
    with world.db.write() as session:
        slots.add(session, ["0"], "08:05", "Europe/Paris")
        shares.make(session, campaign_id, {}, "7", now, zone="UTC", locale="en", who="Léa")
        [slot], [share] = slots.list_of(session), shares.of_campaign(session, campaign_id)
    address = "https://x.com/a/status/1985012345678901234"
    repost = plan_repost(world, address, "", None, who="Léa")
    token = world.signer.sign(send_weekly.PURPOSE, new_id(), now)
    return {
        "account_id": account.id, "slot_id": slot.id, "share_id": share.id, "report_id": new_id(),
        "repost_id": repost.id,
        "token": token,
    }  # fmt: skip


def _visit(house: House, text: str, email: str) -> None:
    """A stranger follows the link and sends the form, with the text wherever a browser may send one."""
    header = text.encode("utf-8").decode("latin-1").replace("\u2028", "").replace("\n", " ")[:300]
    client = house.stranger()
    told = client.get(f"/l/{house.ids['code']}", headers={"Referer": f"https://{header}", "User-Agent": header})
    client.get(f"/l/{quote(text[:60], safe='')}", headers={"User-Agent": header})  # nobody's
    via = parse_qs(urlsplit(told.headers["Location"]).query)["via"][0]
    house.world.clock.advance(seconds=60)  # type: ignore[attr-defined]
    query = {"via": via} | {f"utm_{name}": text for name in ("source", "campaign", "content", "term", "lab")}
    answers = {"email": email, "school": text[:200], "words": text, "pc-consent": "news", "extra": text}
    sent = client.post(f"/p/{house.page.slug}", query_string=query, data=answers,
                       headers={"Referer": header, "User-Agent": header})  # fmt: skip
    assert sent.status_code == 303, sent.text
    house.ids["claim"] = parse_qs(urlsplit(sent.headers["Location"]).query)["claim"][0]
    direct = client.post(
        f"/p/{house.page.slug}", query_string=query | {"via": ""}, data=answers | {"email": f"x{email}"}
    )
    assert direct.status_code == 303, direct.text


def _ids(house: House, place: Place) -> None:
    """A lead with a sale and one with a code, and the mails, sent."""
    world = house.world
    with world.db.read() as session:
        lead = leads.list_page(session, leads.LeadFilter(), before=None, limit=1).items[0].lead
    house.ids |= {"lead_id": lead.id, "sale_id": make_sale(world, place, lead.person_id, 9_600)}
    with world.db.read() as session:
        house.ids["conversion_id"] = session.scalars(select(Conversion.id).where(Conversion.kind == "sale")).one()
    make_buyer(world, place)
    send_outbox(world, "attacks")
    assert world.rehearsal
    house.ids["mail_id"] = world.rehearsal.mails(1)[0].id


def _people(house: House, text: str) -> None:
    """Members, an invitation, a token and a checkout, named by the attacker where a name may be chosen."""
    world = house.world
    member = make_member(world, "sales", "lou@feuillet.example", name=text[:80])
    make_invitation(world)
    with world.db.write() as session:
        token, _ = tokens.create(session, text[:60], "sales", world.clock.now())
    house.ids |= {"member_id": member.id, "token_id": token.id, "session_id": new_id(), "token": "none"}
    paid = house.stranger().post(f"/p/{house.page.slug}/pay", data={"claim": house.ids["claim"]})
    assert paid.status_code == 303, paid.text
    house.ids["checkout_id"] = paid.headers["Location"].rpartition("/")[2]


def page_of(world: World, slug: str) -> Page:
    with world.db.read() as session:
        return pages.find_by_slug(session, slug)
