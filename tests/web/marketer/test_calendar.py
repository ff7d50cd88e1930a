"""The calendar: days in the viewer's zone, tweets moved and put back, slots and the queue, the feed, a pause."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from bs4 import Tag
from flask.testing import FlaskClient
from icalendar import Calendar

from campaigns.flows.publish_due import publish_due
from campaigns.people import users
from campaigns.publishing.tweets import Tweet
from campaigns.world import World
from tests.clock import HandClock
from tests.makers.pressed import soup
from tests.makers.publishing import Place, make_place, make_tweet, tweet_of, with_x
from tests.web.doors import csrf

Staff = Callable[..., FlaskClient]


@pytest.fixture
def planned(world: World) -> Tweet:
    return make_tweet(world, text="Le guide : {link}", scheduled_at="2026-11-24T23:30", zone="Europe/Paris").tweet


def day_of(client: FlaskClient, tweet: Tweet, query: str = "on=2026-11-20") -> str:
    item = soup(client.get(f"/calendar?{query}")).find(id=f"t-{tweet.id}")
    assert isinstance(item, Tag)
    day = item.find_parent(attrs={"data-day": True})
    assert day
    return str(day["data-day"])


def move(client: FlaskClient, tweet: Tweet, on: str) -> tuple[int, str]:
    answer = client.post(f"/tweets/{tweet.id}/move?on=2026-11-20", data={"csrf_token": csrf(client), "on": on})
    return answer.status_code, answer.text


def test_a_tweet_stands_at_its_day_in_the_viewer_s_zone(planned: Tweet, staff: Staff) -> None:
    marketer = staff("marketer")
    assert day_of(marketer, planned) == "2026-11-24"
    assert day_of(marketer, planned, "on=2026-11-25&view=week") == "2026-11-24"


def test_it_is_moved_to_the_same_time_of_another_day_and_back(world: World, planned: Tweet, staff: Staff) -> None:
    marketer = staff("marketer")
    answer = marketer.post(f"/tweets/{planned.id}/move", data={"csrf_token": csrf(marketer), "on": "2026-11-26"})
    assert tweet_of(world, planned.id).local_time == "2026-11-26T23:30"
    assert "was=2026-11-24" in answer.location
    page = marketer.get(answer.location).text
    assert "Undo" in page
    assert 'value="2026-11-24"' in page
    move(marketer, planned, "2026-11-24")
    assert tweet_of(world, planned.id).scheduled_at == planned.scheduled_at


@pytest.mark.parametrize("on,told", [("2026-10-01", "past"), ("x", "day"), ("2028-01-01", "year")])
def test_a_day_that_is_none_is_refused_and_the_tweet_stays(
    world: World, planned: Tweet, staff: Staff, on: str, told: str
) -> None:
    status, page = move(staff("marketer"), planned, on)
    assert status == 422
    assert told in page
    assert tweet_of(world, planned.id).scheduled_at == planned.scheduled_at


def test_a_time_that_the_clocks_skip_is_explained(world: World, staff: Staff) -> None:
    tweet = make_tweet(world, scheduled_at="2027-03-27T02:30", zone="Europe/Paris").tweet
    status, page = move(staff("marketer"), tweet, "2027-03-28")
    assert status == 422
    assert "the clocks skip it" in page


def test_holidays_of_the_country_are_shown(staff: Staff) -> None:
    assert "Armistice" in staff("marketer").get("/calendar?on=2026-11-20").text


@pytest.mark.parametrize("query", ["on=9999-12-31", "on=0001-01-01", "on=x&view=y", "was=zzz&tweet=%3Cb%3E&done=moved"])
def test_an_address_that_means_nothing_shows_this_month(staff: Staff, query: str) -> None:
    assert "November 2026" in staff("marketer").get(f"/calendar?{query}").text


def add_slots(client: FlaskClient, **typed: object) -> int:
    data = {"csrf_token": csrf(client), "weekdays": ["0", "2"], "local_time": "08:05", "zone": "Europe/Paris"} | typed
    return client.post("/calendar/slots", data=data).status_code


def queued(world: World, client: FlaskClient, place: Place, text: str) -> str | None:
    data = {"csrf_token": csrf(client), "offer_id": place.offer_id, "text": text, "do": "queue"}
    answer = client.post(f"/tweets/new?campaign_id={place.campaign_id}", data=data)
    return tweet_of(world, answer.location.split("/tweets/")[1][:36]).local_time if answer.status_code == 303 else None


def test_the_queue_takes_the_next_free_slot_each_time(world: World, staff: Staff) -> None:
    marketer, place = staff("marketer"), make_place(world)
    assert queued(world, marketer, place, "Nul {link}") is None  # no slot yet
    assert add_slots(marketer) == add_slots(marketer) == 303  # twice the same is once
    times = [queued(world, marketer, place, f"Numéro {n} {{link}}") for n in range(3)]
    assert times == ["2026-11-04T08:05", "2026-11-09T08:05", "2026-11-11T08:05"]
    assert "Free slot" in marketer.get("/calendar?on=2026-11-20").text


@pytest.mark.parametrize("wrong", [{"weekdays": []}, {"weekdays": ["7"]}, {"local_time": "8h"}, {"zone": "Mars/Base"}])
def test_a_slot_that_is_none_is_refused(staff: Staff, wrong: dict[str, object]) -> None:
    assert add_slots(staff("marketer"), **wrong) == 422


def test_a_slot_is_removed(world: World, staff: Staff) -> None:
    marketer = staff("marketer")
    add_slots(marketer, weekdays=["4"])
    action = soup(marketer.get("/calendar/slots")).find("form", action=lambda told: told and "/remove" in told)
    assert isinstance(action, Tag)
    marketer.post(str(action["action"]), data={"csrf_token": csrf(marketer)})
    assert "No slot yet" in marketer.get("/calendar/slots").text


def test_the_feed_opens_by_its_secret_until_there_is_another(
    world: World, planned: Tweet, staff: Staff, client: FlaskClient
) -> None:
    marketer = staff("marketer")
    addresses = []
    for _ in range(2):
        page = soup(marketer.post("/calendar/feed", data={"csrf_token": csrf(marketer)}))
        found = page.find(id="feed")
        assert found
        addresses.append(found.get_text().removeprefix(world.settings.public_url))
    assert client.get(addresses[0]).status_code == 404
    answer = client.get(addresses[1])
    assert answer.content_type.startswith("text/calendar")
    [event] = Calendar.from_ical(answer.data).walk("VEVENT")
    assert event["SUMMARY"] == "Le guide :"
    assert event["DTSTART"].dt == datetime(2026, 11, 24, 22, 30, tzinfo=UTC)
    assert planned.id in event["URL"]
    with world.db.write() as session:
        member = users.of_feed(session, addresses[1].split("/")[2].removesuffix(".ics"))
        member.disabled_at = world.clock.now()
    assert client.get(addresses[1]).status_code == 404


def test_a_paused_campaign_waits_and_goes_on(world: World, clock: HandClock, staff: Staff) -> None:
    world, x = with_x(world, rehearses=True)
    place, marketer = make_place(world), staff("marketer")
    made = make_tweet(world, place, scheduled_at=clock.now().isoformat())
    pause = f"/campaigns/{place.campaign_id}/pause"
    page = marketer.post(pause, data={"csrf_token": csrf(marketer), "on": "yes"}, follow_redirects=True).text
    assert "the tweets of this campaign wait" in page
    assert publish_due(world, "w") == 0
    marketer.post(pause, data={"csrf_token": csrf(marketer), "on": "no"})
    assert publish_due(world, "w") == 1
    assert tweet_of(world, made.tweet.id).state == "sent"
    assert len(x.asked) == 1
