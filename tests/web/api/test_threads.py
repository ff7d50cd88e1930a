"""Threads, the calendar and the slots for machines."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from campaigns.flows.publish_due import publish_due
from campaigns.publishing import tweets
from campaigns.publishing.results import Result
from campaigns.world import World
from tests.makers.publishing import Place, make_place, make_tweet, refuses, takes, with_x

Api = Callable[..., FlaskClient]


@pytest.fixture
def place(world: World) -> Place:
    return make_place(world)


def test_a_thread_is_written_planned_taken_back_and_published(world: World, api: Api, place: Place) -> None:
    client = api("marketer")
    body = {"campaign_id": place.campaign_id, "offer_id": place.offer_id, "parts": ["Un {link}", "Deux", "Trois"]}
    made = client.post("/api/v1/threads", json=body)
    assert (made.status_code, [each["part"] for each in made.get_json()["parts"]]) == (201, [1, 2, 3])
    path = f"/api/v1/threads/{made.get_json()['id']}"
    planned = client.post(f"{path}/schedule", json={"scheduled_at": "2026-11-03T08:05", "zone": "Europe/Paris"})
    assert {each["state"] for each in planned.get_json()["parts"]} == {"scheduled"}
    days = client.get("/api/v1/calendar?from=2026-11-02&to=2026-11-11&zone=Europe/Paris").get_json()["days"]
    assert [(day["on"], len(day["tweets"])) for day in days if day["tweets"]] == [("2026-11-03", 1)]
    assert days[-1]["holiday"]
    assert {each["state"] for each in client.post(f"{path}/cancel").get_json()["parts"]} == {"draft"}
    assert client.post(f"{path}/publish").status_code == 202
    publish_due(world, "w")
    assert [each["state"] for each in client.get(path).get_json()["parts"]] == ["sent"] * 3
    assert client.post(f"{path}/go-on").status_code == 409


def test_a_thread_whose_part_was_refused_goes_on(world: World, api: Api, place: Place) -> None:
    client = api("marketer")
    body = {"campaign_id": place.campaign_id, "offer_id": place.offer_id, "parts": ["Un {link}", "Deux", "Trois"]}
    path = f"/api/v1/threads/{client.post('/api/v1/threads', json=body).get_json()['id']}"
    client.post(f"{path}/publish")
    talking, _ = with_x(world, takes, refuses("x_forbidden"), rehearses=True)
    publish_due(talking, "w")
    assert [each["state"] for each in client.get(path).get_json()["parts"]] == ["sent", "failed", "scheduled"]
    client.post(f"{path}/go-on")
    publish_due(talking, "w")
    assert [each["state"] for each in client.get(path).get_json()["parts"]] == ["sent"] * 3


@pytest.mark.parametrize("parts", [["One {link}"], [], ["no link", "none"], ["{link}"] * 40])
def test_what_is_no_thread_is_refused(api: Api, place: Place, parts: list[str]) -> None:
    body = {"campaign_id": place.campaign_id, "offer_id": place.offer_id, "parts": parts}
    assert api("marketer").post("/api/v1/threads", json=body).status_code == 422


@pytest.mark.parametrize(
    "query",
    ["from=2026-11-02&to=2026-11-01", "from=2026-01-01&to=2026-11-01", "zone=Mars/Base", "from=0", "to=1793700000"],
)
def test_a_calendar_without_end_is_refused(api: Api, query: str) -> None:
    assert api("marketer").get(f"/api/v1/calendar?{query}").status_code == 422


@pytest.mark.both_databases
@pytest.mark.parametrize("campaign_id", ["AAA", "01a20b11-dd05-7090-8a12-7dd245c3ad76", ""])
def test_a_calendar_of_no_campaign_is_not_found(api: Api, campaign_id: str) -> None:
    assert api("marketer").get(f"/api/v1/calendar?campaign_id={campaign_id}").status_code == (
        404 if campaign_id else 200
    )


def test_slots_are_added_listed_and_removed(api: Api) -> None:
    client = api("marketer")
    made = client.post("/api/v1/slots", json={"weekdays": [0, 2], "local_time": "08:30", "zone": "Europe/Paris"})
    assert (made.status_code, [each["weekday"] for each in made.get_json()["items"]]) == (201, [0, 2])
    first = made.get_json()["items"][0]["id"]
    assert client.get("/api/v1/calendar?from=2026-11-09&zone=Europe/Paris").get_json()["days"][0]["free"]
    assert client.delete(f"/api/v1/slots/{first}").status_code == 204
    assert len(client.get("/api/v1/slots").get_json()["items"]) == 1
    assert client.post("/api/v1/slots", json={"weekdays": [9], "local_time": "x", "zone": "y"}).status_code == 422


def test_machines_read_what_x_counted_and_take_a_tweet_down(world: World, api: Api, place: Place) -> None:
    client = api("marketer")
    tweet_id = make_tweet(world, place).tweet.id
    path = f"/api/v1/tweets/{tweet_id}"
    assert client.post(f"{path}/take-down").status_code == 409
    client.post(f"{path}/publish")
    publish_due(world, "w")
    with world.db.write() as session:
        for hours, many in ((2, 40), (1, 90)):
            hour = world.clock.now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=hours)
            counts = dict.fromkeys(("impressions", "likes", "reposts", "replies", "quotes", "bookmarks"), many)
            session.add(Result(tweet_id=tweet_id, hour=hour, **counts))
    told = client.get(f"{path}/results").get_json()["items"]
    assert [(each["impressions"], each["link_clicks"]) for each in told] == [(40, None), (90, None)]
    for _ in range(2):
        taken = client.post(f"{path}/take-down", headers={"Idempotency-Key": "down-1"})
        assert (taken.status_code, taken.get_json()["state"]) == (200, "sent")
    assert client.post(f"{path}/take-down", headers={"Idempotency-Key": "k" * 256}).status_code == 422
    with world.db.read() as session:
        assert tweets.find(session, tweet_id).gone_at
    assert client.get("/api/v1/tweets/0193a1b2-0000-7000-8000-00000000000a/results").status_code == 404
