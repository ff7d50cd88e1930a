from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from campaigns.flows.publish_due import publish_due
from campaigns.kernel.codes import new_id
from campaigns.publishing import tweets
from campaigns.world import World
from tests.makers.planning import picture_bytes
from tests.makers.publishing import TEXT, Place, make_place, make_tweet, tweet_of

Api = Callable[..., FlaskClient]


@pytest.fixture
def place(world: World) -> Place:
    return make_place(world)


@pytest.fixture
def client(api: Api) -> FlaskClient:
    return api("marketer")


def write(client: FlaskClient, place: Place, **more: Any) -> dict[str, Any]:
    body = {"campaign_id": place.campaign_id, "offer_id": place.offer_id, "text": TEXT, **more}
    response = client.post("/api/v1/tweets", json=body)
    assert response.status_code == 201, response.text
    return dict(response.json or {})


def codes(response: Any) -> set[tuple[str | None, str]]:
    assert response.content_type == "application/problem+json"
    return {(error["field"], error["code"]) for error in response.json["errors"]}


def test_a_tweet_is_written_and_shown(client: FlaskClient, place: Place) -> None:
    made = write(client, place)
    assert made["state"] == "draft"
    assert made["link"]["url"] == f"http://localhost/l/{made['link']['code']}"
    assert (made["text"], made["weight"], made["posted_text"]) == (TEXT, 50, None)
    assert made["problem"] is made["x_id"] is made["scheduled_at"] is None
    assert (made["by_hand"], made["rehearsed"], made["attempts"], made["warnings"]) == (False, False, 0, [])
    assert made["created_at"] == "2026-11-02T09:00:00Z"
    assert client.get(f"/api/v1/tweets/{made['id']}").json == made


def test_a_tweet_has_further_links_from_the_beginning_or_added(client: FlaskClient, place: Place) -> None:
    article = "https://journal.example/une-ecole"
    made = write(client, place, text="{link} or {link2}", further_links=[{"target": article}])
    assert [(each["place"], each["offer_id"], each["target"]) for each in made["links"]] == [
        (1, place.offer_id, None), (2, None, article),
    ]  # fmt: skip
    path = f"/api/v1/tweets/{made['id']}"
    added = client.post(f"{path}/links", json={"target": article})
    assert (added.status_code, added.get_json()["place"]) == (201, 3)
    assert client.patch(path, json={"text": "{link}, {link2}, {link3}"}).status_code == 200
    in_text = client.delete(f"{path}/links/3")
    assert (in_text.status_code, codes(in_text)) == (409, {(None, "link_in_text")})
    assert codes(client.patch(path, json={"text": "{link}, {link4}"})) == {("text", "link_nowhere")}
    assert client.patch(path, json={"text": "{link}, {link2}"}).status_code == 200
    assert client.delete(f"{path}/links/3").status_code == 204
    for wrong in ("3", "1", "x", "-2", "9" * 400):
        assert client.delete(f"{path}/links/{wrong}").status_code == 404
    for body, field in (({}, "target"), ({"target": "nowhere"}, "target"), ({"offer_id": new_id()}, "offer_id")):
        refused = client.post(f"{path}/links", json=body)
        assert (refused.status_code, {each for each, _ in codes(refused)}) == (422, {field})


def test_a_tweet_is_planned_in_a_zone_or_by_an_offset(client: FlaskClient, place: Place) -> None:
    in_paris = write(client, place, scheduled_at="2026-11-03T08:05", zone="Europe/Paris")
    assert in_paris["state"] == "scheduled"
    assert (in_paris["scheduled_at"], in_paris["local_time"]) == ("2026-11-03T07:05:00Z", "2026-11-03T08:05")
    assert in_paris["zone"] == "Europe/Paris"
    by_offset = write(client, place, text="Autre {link}", scheduled_at="2026-11-03T08:05:00+01:00")
    assert (by_offset["scheduled_at"], by_offset["zone"]) == ("2026-11-03T07:05:00Z", None)


def test_every_fault_is_told_at_once(client: FlaskClient, place: Place) -> None:
    body = {
        "campaign_id": place.campaign_id,
        "offer_id": new_id(),
        "text": "a" * 281,
        "scheduled_at": "2020-01-01T00:00Z",
    }
    refused = client.post("/api/v1/tweets", json=body)
    assert refused.status_code == 422
    assert codes(refused) == {
        ("text", "link_missing"), ("text", "text_too_long"), ("scheduled_at", "time_past"),
        ("offer_id", "offer_missing"),
    }  # fmt: skip
    refused = client.post("/api/v1/tweets", json={"campaign_id": 7, "text": "No link", "more": 1})
    assert codes(refused) == {
        ("campaign_id", "malformed"), ("offer_id", "required"), ("more", "unknown_field"), ("text", "link_missing"),
    }  # fmt: skip


@pytest.mark.parametrize(
    "body,expected",
    [
        ({"text": "{link} {link}"}, ("text", "link_twice")),
        ({"text": ""}, ("text", "text_empty")),
        ({"text": "\u0000 {link}"}, ("text", "control_characters")),
        ({"scheduled_at": "2027-03-28T02:30", "zone": "Europe/Paris"}, ("scheduled_at", "time_in_gap")),
        ({"scheduled_at": "2026-11-03T08:05", "zone": "Europe/Quimper"}, ("zone", "zone_unknown")),
        ({"scheduled_at": "2026-11-03T08:05"}, ("zone", "required")),
        ({"scheduled_at": "2030-01-01T00:00Z"}, ("scheduled_at", "time_too_far")),
        ({"campaign_id": "x' OR 1=1"}, ("campaign_id", "campaign_missing")),
    ],
)
def test_bad_input_is_told_by_its_field(
    client: FlaskClient, place: Place, body: dict[str, str], expected: tuple[str, str]
) -> None:
    sent = {"campaign_id": place.campaign_id, "offer_id": place.offer_id, "text": TEXT, **body}
    refused = client.post("/api/v1/tweets", json=sent)
    assert (refused.status_code, codes(refused)) == (422, {expected})
    listed = client.get("/api/v1/tweets").json
    assert listed is not None
    assert listed["items"] == []


def test_half_a_pair_of_utf_16_is_no_json(client: FlaskClient, place: Place) -> None:
    sent = f'{{"campaign_id": "{place.campaign_id}", "offer_id": "{place.offer_id}", "text": "\\ud83d {{link}}"}}'
    assert client.post("/api/v1/tweets", data=sent, content_type="application/json").status_code == 400


def test_the_same_key_writes_one_tweet(client: FlaskClient, place: Place) -> None:
    body = {"campaign_id": place.campaign_id, "offer_id": place.offer_id, "text": TEXT}
    answers = [client.post("/api/v1/tweets", json=body, headers={"Idempotency-Key": "k"}) for _ in range(3)]
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    other = client.post("/api/v1/tweets", json=body | {"text": "Autre {link}"}, headers={"Idempotency-Key": "k"})
    assert (other.status_code, codes(other)) == (409, {("Idempotency-Key", "key_reused")})


def test_published_is_accepted_and_soon_sent(client: FlaskClient, world: World, place: Place) -> None:
    made = write(client, place)
    answer = client.post(f"/api/v1/tweets/{made['id']}/publish", headers={"Idempotency-Key": "once"})
    assert (answer.status_code, (answer.json or {})["state"]) == (202, "scheduled")
    publish_due(world, "w")
    sent = client.get(f"/api/v1/tweets/{made['id']}").json or {}
    assert (sent["state"], sent["rehearsed"], sent["attempts"]) == ("sent", True, 1)
    assert sent["posted_text"] == TEXT.replace("{link}", made["link"]["url"])
    again = client.post(f"/api/v1/tweets/{made['id']}/publish")
    assert (again.status_code, codes(again)) == (409, {(None, "tweet_gone_out")})


def test_a_tweet_posted_by_hand_is_sent(client: FlaskClient, place: Place) -> None:
    made = write(client, place)
    url = "https://twitter.com/feuillet/status/1985012345678901234?s=20"
    sent = client.post(f"/api/v1/tweets/{made['id']}/posted", json={"url": url})
    assert sent.status_code == 200
    told = sent.json or {}
    assert (told["state"], told["by_hand"], told["x_id"]) == ("sent", True, "1985012345678901234")
    assert told["x_url"] == "https://x.com/feuillet/status/1985012345678901234"
    bad = client.post(f"/api/v1/tweets/{made['id']}/posted", json={"url": "https://evil.example/status/1"})
    assert (bad.status_code, codes(bad)) == (422, {("url", "not_a_tweet_url")})


def test_a_tweet_changes_until_it_is_sent(client: FlaskClient, place: Place) -> None:
    path = f"/api/v1/tweets/{write(client, place)['id']}"

    def change(**body: Any) -> dict[str, Any]:
        response = client.patch(path, json=body)
        assert response.status_code == 200, response.text
        return dict(response.json or {})

    assert change()["text"] == TEXT
    assert change(text="Autre {link}")["text"] == "Autre {link}"
    planned = change(text="Demain {link}", scheduled_at="2026-11-03T08:05", zone="Europe/Paris")
    assert (planned["text"], planned["state"]) == ("Demain {link}", "scheduled")
    assert change(text="Plus tard {link}")["scheduled_at"] == "2026-11-03T07:05:00Z"
    draft = change(scheduled_at=None, text="Jamais {link}")
    assert (draft["state"], draft["scheduled_at"], draft["text"]) == ("draft", None, "Jamais {link}")
    assert change(scheduled_at=None)["state"] == "draft"
    assert codes(client.patch(path, json={"zone": "Europe/Paris"})) == {("scheduled_at", "required")}
    both = client.patch(path, json={"text": "", "scheduled_at": "2020-01-01T00:00Z"})
    assert codes(both) == {("text", "text_empty"), ("scheduled_at", "time_past")}
    assert client.post(f"{path}/posted", json={"url": "https://x.com/a/status/20"}).status_code == 200
    for body in ({"text": "Autre {link}"}, {"scheduled_at": "2026-11-03T08:05Z"}, {"scheduled_at": None}):
        gone = client.patch(path, json=body)
        assert (gone.status_code, codes(gone)) == (409, {(None, "tweet_gone_out")})
    assert client.delete(path).status_code == 409


def test_a_plan_is_taken_back(client: FlaskClient, place: Place) -> None:
    path = f"/api/v1/tweets/{write(client, place, scheduled_at='2026-11-03T08:05Z')['id']}"
    assert (client.post(f"{path}/cancel").json or {})["state"] == "draft"
    again = client.post(f"{path}/cancel")
    assert (again.status_code, codes(again)) == (409, {(None, "tweet_not_scheduled")})


def test_a_draft_is_deleted_with_its_link(client: FlaskClient, place: Place) -> None:
    made = write(client, place)
    path = f"/api/v1/tweets/{made['id']}"
    assert client.get(f"/api/v1/links/{made['link']['code']}").status_code == 200
    assert (client.delete(path).status_code, client.get(path).status_code) == (204, 404)
    assert client.get(f"/api/v1/links/{made['link']['code']}").status_code == 404


def test_an_unsure_tweet_is_resolved(client: FlaskClient, world: World, place: Place) -> None:
    def unsure() -> str:
        made = make_tweet(world, place)
        with world.db.write() as session:
            tweet = tweets.find(session, made.tweet.id)
            tweets.change(
                session, tweet, "unsure", who="w", why="absent_twice", now=world.clock.now(), problem="x_unknown"
            )
        return f"/api/v1/tweets/{made.tweet.id}"

    path = unsure()
    told = (client.get(path).json or {})["problem"]
    assert told["code"] == "x_unknown"
    assert told["message"].startswith("Nobody can tell whether X took this tweet. Look on the account’s timeline")
    french = client.get(path, headers={"Accept-Language": "fr"}).json or {}
    assert french["problem"]["message"] == (
        "Nul ne sait si X a pris ce tweet. Regardez sur le compte, puis dites ce que vous y trouvez"
    )
    assert codes(client.post(f"{path}/resolve", json={"there": True})) == {("url", "required")}
    there = client.post(f"{path}/resolve", json={"there": True, "url": "https://x.com/a/status/20"})
    assert (there.status_code, (there.json or {})["state"]) == (200, "sent")
    gone = client.post(unsure() + "/resolve", json={"there": False})
    assert (gone.json or {})["state"] == "scheduled"
    assert client.post(f"{path}/resolve", json={"there": False}).status_code == 409


def test_tweets_are_listed_by_campaign_and_state(client: FlaskClient, world: World, place: Place) -> None:
    made = [write(client, place, text=f"Numéro {n} {{link}}")["id"] for n in range(3)]
    elsewhere = write(client, make_place(world), scheduled_at="2026-11-03T08:05Z")["id"]
    first = client.get(f"/api/v1/tweets?campaign_id={place.campaign_id}&limit=2").json or {}
    rest = client.get(f"/api/v1/tweets?campaign_id={place.campaign_id}&limit=2&cursor={first['next']}").json or {}
    assert [tweet["id"] for tweet in first["items"] + rest["items"]] == made[::-1]
    assert rest["next"] is None
    assert [tweet["id"] for tweet in (client.get("/api/v1/tweets?state=scheduled").json or {})["items"]] == [elsewhere]
    for query in ("state=lost", "cursor=x", "campaign_id=x", "limit=0"):
        assert client.get(f"/api/v1/tweets?{query}").status_code == 422


def test_a_text_that_goes_out_already_is_warned_of(client: FlaskClient, place: Place) -> None:
    write(client, place, scheduled_at="2026-11-03T08:05Z")
    [warning] = write(client, place)["warnings"]
    assert warning["code"] == "tweet_duplicate"


def test_sales_reads_and_writes_nothing(api: Api, client: FlaskClient, world: World, place: Place) -> None:
    path = f"/api/v1/tweets/{write(client, place)['id']}"
    sales = api("sales")
    assert sales.get(path).status_code == sales.get("/api/v1/tweets").status_code == 200
    refused = [
        sales.post("/api/v1/tweets", json={}),
        sales.patch(path, json={"text": "Autre {link}"}),
        sales.delete(path),
        *[sales.post(f"{path}/{verb}", json={}) for verb in ("publish", "cancel", "posted", "resolve")],
    ]
    assert {response.status_code for response in refused} == {403}
    assert tweet_of(world, path.rpartition("/")[2]).state == "draft"


@pytest.mark.parametrize("tweet_id", ["x", "0193a1b2-0000-7000-8000-00000000000a", "%00"])
def test_what_does_not_exist_is_missing(client: FlaskClient, tweet_id: str) -> None:
    path = f"/api/v1/tweets/{tweet_id}"
    answers = [
        client.get(path), client.patch(path, json={"text": TEXT}), client.delete(path), client.post(f"{path}/publish"),
        client.post(f"{path}/cancel"), client.post(f"{path}/posted", json={"url": "https://x.com/a/status/20"}),
        client.post(f"{path}/resolve", json={"there": False}),
    ]  # fmt: skip
    assert {answer.status_code for answer in answers} == {404}


def test_a_machine_gives_a_tweet_a_picture_and_takes_it_out(client: FlaskClient, place: Place) -> None:
    made = write(client, place)
    url = f"/api/v1/tweets/{made['id']}/media"
    told = client.post(f"{url}?alt=A%20cat", data=picture_bytes(), content_type="image/png")
    assert told.status_code == 201
    assert (told.json or {})["alt"] == "A cat"
    shown = client.get(f"/api/v1/tweets/{made['id']}").get_json()
    assert [each["category"] for each in shown["media"]] == ["image"]
    again = client.post(url, data=picture_bytes(), content_type="image/png", headers={"Idempotency-Key": "k-1234567"})
    assert (again.status_code, again.get_json()["id"]) == (201, told.get_json()["id"])
    assert client.delete(f"{url}/{told.get_json()['id']}").status_code == 204
    assert client.get(f"/api/v1/tweets/{made['id']}").get_json()["media"] == []
    refused = client.post(url, data=b"no picture", content_type="image/png")
    assert (refused.status_code, codes(refused)) == (422, {("media", "media_unknown")})
    assert client.post(url, data=b"{}", content_type="application/json").status_code == 415


def test_a_machine_writes_another_wording_and_repeats_a_tweet(client: FlaskClient, place: Place) -> None:
    first = write(client, place)
    assert write(client, place, text="Autrement {link}", variant_of=first["id"])["variant_of"] == first["id"]
    told = client.post(f"/api/v1/tweets/{first['id']}/repeat", json={"every": "month", "count": 2})
    assert (told.status_code, {each["series_id"] for each in told.get_json()["items"]}) == (201, {first["id"]})
    assert client.post(f"/api/v1/tweets/{first['id']}/repeat", json={"every": "year", "count": 2}).status_code == 422


def test_a_machine_changes_all_of_a_draft(client: FlaskClient, place: Place) -> None:
    made = write(client, place)
    changed = client.patch(
        f"/api/v1/tweets/{made['id']}",
        json={"parts": ["And more"], "poll": {"options": ["A", "B"], "minutes": 60}, "reply_settings": "following"},
    )
    assert changed.status_code == 200, changed.text
    thread = client.get(f"/api/v1/threads/{made['id']}").json
    assert thread is not None
    assert [part["text"] for part in thread["parts"]] == [made["text"], "And more"]
    assert (thread["parts"][0]["poll"], changed.json["reply_settings"]) == (  # type: ignore[index]
        {"options": ["A", "B"], "minutes": 60}, "following"
    )  # fmt: skip
    client.patch(f"/api/v1/tweets/{made['id']}", json={"poll": None, "parts": [""]})
    thread = client.get(f"/api/v1/threads/{made['id']}").json
    assert thread is not None
    assert [(part["text"], part["poll"]) for part in thread["parts"]] == [(made["text"], None)]
    refused = client.patch(f"/api/v1/tweets/{made['id']}", json={"account_id": made["id"]})
    assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, "account_id")  # type: ignore[index]
