"""GET /rehearsal/wall: tweets as X would show them, and links that work from there."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient

from campaigns.flows import plan_tweet
from campaigns.flows.drain_hits import drain_hits
from campaigns.flows.publish_due import publish_due
from campaigns.planning import pages
from campaigns.publishing.tweets import Tweet
from campaigns.world import World
from tests.clock import HandClock
from tests.makers.planning import make_page, make_white_paper
from tests.makers.publishing import Place, make_place, make_tweet
from tests.makers.tracking import FIREFOX
from web import create_app

Staff = Callable[..., FlaskClient]


def published(world: World, place: Place | None = None, text: str = "Le guide : {link}. Lisez-le") -> Tweet:
    """A tweet that the worker has put on the wall."""
    made = make_tweet(world, place, text)
    plan_tweet.publish(world, made.tweet.id, who="Léa Martin")
    assert publish_due(world, "worker") == 1
    return made.tweet


def guide(world: World, **more: Any) -> Place:
    offer = make_white_paper(world)
    page = make_page(world, offer, **more)
    return Place(offer.campaign_id, offer.id, page.id)


def test_an_empty_wall_says_what_will_stand_there(staff: Staff) -> None:
    page = staff("marketer").get("/rehearsal/wall")
    assert page.status_code == 200
    assert "No tweet on the wall yet" in page.text
    assert 'href="/tweets/new"' in page.text


def test_a_tweets_page_leads_to_it_however_much_stands_above_it(world: World, staff: Staff, clock: HandClock) -> None:
    place, client = guide(world), staff("marketer")
    first = published(world, place, "The very first: {link}")
    for number in range(20):
        clock.advance(seconds=60)
        published(world, place, f"Number {number}: {{link}}")
    assert "The very first" not in client.get("/rehearsal/wall").text
    href = re.search(r'href="(/rehearsal/wall[^"]*)">See it on the wall', client.get(f"/tweets/{first.id}").text)
    assert href
    assert "The very first" in client.get(href[1]).text


def test_a_tweet_stands_on_the_wall_with_the_card_of_its_page(world: World, staff: Staff) -> None:
    published(world, guide(world, summary="Un numéro avant Noël"))
    page = staff("marketer").get("/rehearsal/wall").text
    text = re.search(r'<p class="tweet-text">(.*?)</p>', page)
    assert text
    assert re.fullmatch(
        r'Le guide : <a href="http://localhost/l/(\w+)" target="_blank" rel="noopener noreferrer">localhost/l/\1</a>'
        r"\. Lisez-le",
        text[1],
    )
    assert "<b>A school magazine in six Fridays</b>" in page
    assert "Un numéro avant Noël" in page
    assert "From localhost" in page


def test_the_card_s_picture_is_that_of_the_page_s_own_tags(world: World, staff: Staff) -> None:
    published(world, guide(world))
    client = staff("marketer")
    image = re.search(r'<img src="([^"]+)" width="600"', client.get("/rehearsal/wall").text)
    landing = re.search(r'name="twitter:image" content="http://localhost([^"]+)"', client.get(_slug_of(world)).text)
    assert image
    assert landing
    assert image[1] == landing[1]
    assert client.get(image[1]).content_type == "image/jpeg"


def _slug_of(world: World) -> str:
    wall = create_app(world).test_client()
    found = re.search(r"/p/[a-z0-9-]+", wall.get("/l/zzzzzzz").text)
    assert found
    return found[0]


def test_a_members_click_on_the_wall_is_a_click_of_the_rehearsed_tweet(world: World, staff: Staff) -> None:
    published(world, guide(world))
    client = staff("marketer")
    assert "0 clicks" in client.get("/rehearsal/wall").text
    short = re.search(r'href="http://localhost(/l/\w+)"', client.get("/rehearsal/wall").text)
    assert short
    assert client.get(short[1], headers={"User-Agent": FIREFOX}).status_code == 302
    drain_hits(world)
    assert "1 click<" in client.get("/rehearsal/wall").text


def test_a_link_whose_page_closed_keeps_its_tweet_and_loses_its_card(world: World, staff: Staff) -> None:
    place = make_place(world)
    published(world, place)
    client = staff("marketer")
    assert "tweet-card" in client.get("/rehearsal/wall").text
    with world.db.write() as session:
        pages.close(session, pages.find(session, place.page_id), world.clock.now())
    page = client.get("/rehearsal/wall")
    assert page.status_code == 200
    assert "tweet-text" in page.text
    assert 'class="tweet-card"' not in page.text


@pytest.mark.parametrize("text", ["<script>alert(1)</script> {link}", "\u202eright to left {link}", 'a "b" & c {link}'])
def test_a_tweet_s_text_is_text(world: World, staff: Staff, text: str) -> None:
    published(world, text=text)
    page = staff("marketer").get("/rehearsal/wall")
    assert page.status_code == 200
    assert "<script>alert" not in page.text


def test_older_tweets_are_on_the_next_page(world: World, staff: Staff, clock: HandClock) -> None:
    place = make_place(world)
    for number in range(21):
        published(world, place, f"Numéro {number} {{link}}")
        clock.advance(seconds=10)
    client = staff("marketer")
    first = client.get("/rehearsal/wall").text
    assert "Numéro 20 " in first
    assert 'class="tweet-text">Numéro 0 ' not in first
    following = re.search(r'href="(/rehearsal/wall\?before=\d+)"', first)
    assert following
    second = client.get(following[1]).text
    assert 'class="tweet-text">Numéro 0 ' in second
    assert 'class="tweet-text">Numéro 1 ' not in second


@pytest.mark.parametrize("before", ["x", "-1", "\x00", "9" * 40, "é"])
def test_a_cursor_that_is_none_breaks_nothing(staff: Staff, before: str) -> None:
    assert staff("marketer").get("/rehearsal/wall", query_string={"before": before}).status_code in (200, 404)


def test_a_stranger_is_asked_to_sign_in(client: FlaskClient) -> None:
    for path in ("/rehearsal/wall", "/rehearsal/till", "/rehearsal/mailbox"):
        assert client.get(path).status_code == 302


def test_every_member_may_look(staff: Staff, world: World) -> None:
    published(world, guide(world))
    for role in ("admin", "marketer", "sales"):
        assert staff(role).get("/rehearsal/wall").status_code == 200


def test_in_french(staff: Staff) -> None:
    assert "Le mur" in staff("marketer", locale="fr").get("/rehearsal/wall").text


def test_with_everything_connected_there_is_no_rehearsal(world: World) -> None:
    real = create_app(replace(world, rehearsal=None)).test_client()
    assert real.get("/rehearsal/wall").status_code == 404
