from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from campaigns.world import World
from tests.makers.publishing import make_tweet
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
