from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from campaigns.people import audits
from campaigns.world import World
from tests.makers.publishing import make_place, make_tweet
from tests.makers.tracking import follow

Api = Callable[..., FlaskClient]


def test_a_link_tells_where_it_leads_and_how_often_it_was_followed(api: Api, world: World) -> None:
    made = make_tweet(world)
    follow(world, made.link.code)
    follow(world, made.link.code, agent="Twitterbot/1.0")
    answer = api("sales").get(f"/api/v1/links/{made.link.code}")
    assert answer.status_code == 200
    told = answer.get_json()
    assert (told["code"], told["url"]) == (made.link.code, made.url)
    assert (told["tweet_id"], told["campaign_id"]) == (made.tweet.id, made.tweet.campaign_id)
    assert (told["hits"], told["clicks"], told["hits_by_class"]) == (2, 1, {"human": 1, "bot": 1})
    assert told["target"].startswith("http://localhost/p/")
    assert (told["visits"], told["state"], told["channel"], told["source"]) == (0, "open", "x_organic", "twitter")


def test_a_code_that_isnt_is_missing(api: Api) -> None:
    answer = api("marketer").get("/api/v1/links/nothere")
    assert answer.status_code == 404
    assert answer.get_json()["errors"][0]["code"] == "code_missing"


def test_a_link_can_be_aimed_elsewhere_and_back(api: Api, world: World) -> None:
    code, client = make_tweet(world).link.code, api("marketer")
    changed = client.patch(f"/api/v1/links/{code}", json={"target": "https://shop.example/a?b=1"})
    assert (changed.status_code, changed.get_json()["target"]) == (200, "https://shop.example/a?b=1")
    assert (follow(world, code) or "").startswith("https://shop.example/a?b=1&utm_source=twitter")
    assert client.patch(f"/api/v1/links/{code}", json={"target": None}).get_json()["target"].startswith("http://local")


def test_a_link_can_be_closed_and_opened(api: Api, world: World) -> None:
    code, client = make_tweet(world).link.code, api("marketer")
    closed = client.patch(f"/api/v1/links/{code}", json={"disabled": True}).get_json()
    assert (closed["disabled_at"], closed["target"]) == ("2026-11-02T09:00:00Z", None)
    assert follow(world, code) is None
    assert client.patch(f"/api/v1/links/{code}", json={"disabled": False}).get_json()["disabled_at"] is None
    assert follow(world, code)


@pytest.mark.parametrize(
    "target",
    [
        "javascript:alert(1)", "data:text/html,x", "//evil.example", "/p/x", "ftp://a.example/", "https://",
        "https://user:pw@evil.example/", "https://localhost@evil.example/", "https:\\\\evil.example",
        "https://evil.example\\@localhost/", "https://a.example/\r\nSet-Cookie: a=b", "https://a b.example/",
        "https://[::1/", "https://a.example:99999/", "https://\ud800/", "x" * 3000, "http://localhost/l/abcdefg",
        "https:evil.example", "vbscript:x", "file:///etc/passwd",
    ],
)  # fmt: skip
def test_an_address_that_could_lead_astray_is_refused(api: Api, world: World, target: str) -> None:
    code = make_tweet(world).link.code
    answer = api("marketer").patch(f"/api/v1/links/{code}", json={"target": target})
    assert answer.status_code in (400, 422)
    assert (follow(world, code) or "").startswith("http://localhost/p/")


def test_sales_looks_and_doesnt_change(api: Api, world: World) -> None:
    code = make_tweet(world).link.code
    assert api("sales").patch(f"/api/v1/links/{code}", json={"disabled": True}).status_code == 403


FULL = {
    "channel": "newsletter", "code": "Lettre-11", "name": "Novembre", "contact": "Zoé", "target": "https://a.example/x",
    "source": "brevo", "medium": "Mail", "content": "Bouton 1", "term": "été", "starts_at": "2026-11-02T10:00:00+02:00",
    "ends_at": "2026-12-01T00:00:00Z", "over_target": "https://a.example/over", "most_clicks": 500,
    "forwarding": "listed", "forwarded": ["ref"],
}  # fmt: skip


def codes(answer: Any) -> set[tuple[str | None, str]]:
    return {(each["field"], each["code"]) for each in answer.get_json()["errors"]}


def test_a_link_is_made_with_all_that_it_may_have(api: Api, world: World) -> None:
    place, client = make_place(world), api("marketer")
    address = f"/api/v1/campaigns/{place.campaign_id}/links"
    answer = client.post(address, json=FULL | {"offer_id": place.offer_id}, headers={"Idempotency-Key": "once"})
    assert answer.status_code == 201
    told = answer.get_json()
    assert {name: told[name] for name in FULL} == FULL | {
        "medium": "mail", "content": "bouton-1", "term": "ete", "starts_at": "2026-11-02T08:00:00Z",
    }  # fmt: skip
    assert (told["url"], told["state"], told["qr_of"], told["tweet_id"]) == (
        "http://localhost/l/Lettre-11", "open", None, None,
    )  # fmt: skip
    assert client.get("/api/v1/links/Lettre-11").get_json() == told
    again = client.post(address, json=FULL | {"offer_id": place.offer_id}, headers={"Idempotency-Key": "once"})
    assert again.get_json() == told
    with world.db.read() as session:
        [noted] = audits.list_page(session).items
    assert (noted.action, noted.who) == ("link.made", "test marketer")


@pytest.mark.parametrize(
    "body,expected",
    [
        ({}, {("target", "target_or_offer")}),
        ({"target": "https://a.example/", "code": "a b"}, {("code", "code_malformed")}),
        ({"target": "https://a.example/", "code": "API"}, {("code", "code_reserved")}),
        (
            {"target": "javascript:x", "channel": "pigeon"},
            {("target", "target_malformed"), ("channel", "not_a_choice")},
        ),
        ({"offer_id": "0193a1b2-0000-7000-8000-00000000000a"}, {("offer_id", "offer_missing")}),
        ({"offer_id": "x"}, {("offer_id", "offer_missing")}),
        ({"target": "https://a.example/", "starts_at": "2026-11-02T10:00:00"}, {("starts_at", "malformed")}),
        (
            {"target": "https://a.example/", "starts_at": "2026-11-02T10:00Z", "ends_at": "2026-11-02T10:00Z"},
            {("ends_at", "end_before_opening")},
        ),
        ({"target": "https://a.example/", "most_clicks": 0}, {("most_clicks", "out_of_range")}),
        ({"most_clicks": "5"}, {("most_clicks", "not_a_number"), ("target", "target_or_offer")}),
        ({"target": "https://a.example/", "forwarding": "listed"}, {("forwarded", "forwarded_malformed")}),
        ({"target": "https://a.example/", "source": "?"}, {("source", "tag_malformed")}),
        ({"target": "https://a.example/", "term": "zoe%40ecole.example"}, {("term", "tag_personal")}),
        ({"target": "https://a.example/", "content": " zoe@ecole.example"}, {("content", "tag_personal")}),
        ({"target": "https://a.example/", "more": 1}, {("more", "unknown_field")}),
    ],
)
def test_what_is_wrong_with_a_link_is_told_by_its_field(
    api: Api, world: World, body: dict[str, Any], expected: set[tuple[str, str]]
) -> None:
    client, place = api("marketer"), make_place(world)
    answer = client.post(f"/api/v1/campaigns/{place.campaign_id}/links", json=body)
    assert (answer.status_code, codes(answer)) == (422, expected)


def test_a_code_is_taken_once(api: Api, world: World) -> None:
    client, address = api("marketer"), f"/api/v1/campaigns/{make_place(world).campaign_id}/links"
    body = {"target": "https://a.example/", "code": "mine"}
    assert client.post(address, json=body).status_code == 201
    assert codes(client.post(address, json=body)) == {("code", "code_taken")}


def test_every_field_that_may_change_changes_and_null_takes_it_away(api: Api, world: World) -> None:
    place, client = make_place(world), api("marketer")
    body = {"target": "https://a.example/", "code": "mine", "offer_id": place.offer_id, "name": "One"}
    client.post(f"/api/v1/campaigns/{place.campaign_id}/links", json=body)
    fields = (
        "name", "contact", "target", "starts_at", "ends_at", "over_target", "most_clicks", "forwarding", "forwarded",
    )  # fmt: skip
    change = {name: FULL[name] for name in fields} | {"starts_at": "2026-11-03T08:00:00Z"}
    told = client.patch("/api/v1/links/mine", json=change).get_json()
    assert {name: told[name] for name in fields} == change | {"target": None}
    assert (told["state"], told["own_target"]) == ("early", "https://a.example/x")
    bare = dict.fromkeys(fields) | {"forwarding": "off", "forwarded": []}
    told = client.patch("/api/v1/links/mine", json=bare).get_json()
    assert {name: told[name] for name in fields} == bare | {"target": told["target"]}
    assert told["target"].startswith("http://localhost/p/")
    for fixed in ("code", "channel", "source", "medium", "offer_id"):
        assert codes(client.patch("/api/v1/links/mine", json={fixed: "x"})) == {(fixed, "unknown_field")}


def test_a_campaigns_links_are_listed_its_tweets_among_them(api: Api, world: World) -> None:
    place, client = make_place(world), api("marketer")
    tweet = make_tweet(world, place)
    follow(world, tweet.link.code)
    address = f"/api/v1/campaigns/{place.campaign_id}/links"
    for n in range(3):
        body = {"target": "https://a.example/", "code": f"news-{n}", "channel": "newsletter"}
        client.post(address, json=body)
    first = client.get(f"{address}?limit=2").get_json()
    rest = client.get(f"{address}?limit=2&cursor={first['next']}").get_json()
    listed = first["items"] + rest["items"]
    assert [each["code"] for each in listed] == ["news-2", "news-1", "news-0", tweet.link.code]
    assert (listed[3]["hits"], listed[3]["clicks"], listed[3]["visits"], rest["next"]) == (1, 1, 0, None)
    assert len(client.get(f"{address}?channel=newsletter").get_json()["items"]) == 3
    assert [each["code"] for each in client.get(f"{address}?search=NEWS-1").get_json()["items"]] == ["news-1"]
    assert codes(client.get(f"{address}?channel=pigeon")) == {("channel", "not_a_choice")}
    missing = client.get("/api/v1/campaigns/0193a1b2-0000-7000-8000-00000000000a/links")
    assert missing.status_code == 404


def test_a_qr_is_made_once_and_follows_its_link(api: Api, world: World) -> None:
    code, client = make_tweet(world).link.code, api("marketer")
    assert client.get(f"/api/v1/links/{code}/qr.svg").status_code == 404
    qr = client.post(f"/api/v1/links/{code}/qr").get_json()
    assert (qr["qr_of"], qr["medium"], qr["channel"]) == (code, "qr", "qr")
    assert client.post(f"/api/v1/links/{code}/qr").get_json()["code"] == qr["code"]
    assert client.get(f"/api/v1/links/{code}/qr.svg").data.startswith(b"<?xml")
    assert client.get(f"/api/v1/links/{code}/qr.png").data.startswith(b"\x89PNG")
    client.patch(f"/api/v1/links/{code}", json={"target": "https://a.example/"})
    assert client.get(f"/api/v1/links/{qr['code']}").get_json()["target"] == "https://a.example/"
    refused = client.patch(f"/api/v1/links/{qr['code']}", json={"target": "https://b.example/"})
    assert (refused.status_code, codes(refused)) == (409, {(None, "qr_follows")})


def test_many_links_are_tried_and_then_made_all_or_none(api: Api, world: World) -> None:
    place, client = make_place(world), api("marketer")
    address = f"/api/v1/campaigns/{place.campaign_id}/links/import"
    good = "code,offer,starts_at\none-1,Moins 10 %,2026-11-03T08:00\ntwo-1,Moins 10 %,\n"
    told = client.post(address, json={"csv": f"{good}a b,,\n", "dry_run": True}).get_json()
    assert (told["lines"], told["made"]) == (3, 0)
    assert [(each["line"], each["field"], each["code"]) for each in told["wrong"]] == [
        (4, "target", "target_or_offer"), (4, "code", "code_malformed"),
    ]  # fmt: skip
    refused = client.post(address, json={"csv": f"{good}a b,,\n"})
    assert (refused.status_code, codes(refused)) == (
        422, {("lines.4.target", "target_or_offer"), ("lines.4.code", "code_malformed")},
    )  # fmt: skip
    made = client.post(address, json={"csv": good, "zone": "America/New_York"}, headers={"Idempotency-Key": "k"})
    assert made.get_json() == {"lines": 2, "made": 2, "wrong": []}
    assert client.get("/api/v1/links/one-1").get_json()["starts_at"] == "2026-11-03T13:00:00Z"
    assert codes(client.post(address, json={"csv": good})) == {("links", "links_imported")}
    assert codes(client.post(address, json={"csv": good, "zone": "Mars"})) == {("zone", "zone_unknown")}


def test_sales_reads_links_and_makes_none(api: Api, world: World) -> None:
    place, client = make_place(world), api("sales")
    address = f"/api/v1/campaigns/{place.campaign_id}/links"
    assert client.get(address).status_code == 200
    assert client.post(address, json={"target": "https://a.example/"}).status_code == 403
    assert client.post(f"{address}/import", json={"csv": "x"}).status_code == 403
    assert client.post(f"/api/v1/links/{make_tweet(world, place).link.code}/qr").status_code == 403
