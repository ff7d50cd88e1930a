"""Reposts in the pages: a post by its address, a tweet of ours from its page, the list, and back again."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from campaigns.flows.publish_due import publish_due
from campaigns.flows.repost import send_reposts
from campaigns.world import World
from tests.makers.pressed import opened, press, soup, told_beside
from tests.makers.publishing import due_tweets

Staff = Callable[..., FlaskClient]
THEIRS = "https://x.com/someone/status/1985012345678901234"


@pytest.mark.parametrize("locale,word,done", [("en", "Repost it", "Done"), ("fr", "Le reposter", "Fait")])
def test_another_s_post_is_planned_done_and_taken_back(
    world: World, staff: Staff, locale: str, word: str, done: str
) -> None:
    marketer = staff("marketer", locale=locale)
    assert press(marketer, "/reposts", word, {"url": THEIRS}).status_code == 303
    assert "x.com/i/web/status/1985012345678901234" in opened(marketer, "/reposts").get_text()
    send_reposts(world)
    assert done in opened(marketer, "/reposts").get_text()
    assert press(marketer, "/reposts", {"en": "Take back", "fr": "Retirer"}[locale]).status_code == 303
    assert {"en": "Taken back", "fr": "Repris"}[locale] in opened(marketer, "/reposts").get_text()


def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_stays(staff: Staff) -> None:
    answer = press(staff("marketer"), "/reposts", "Repost it", {"url": "https://example.com", "scheduled_at": "x"})
    page = soup(answer)
    assert answer.status_code == 422
    assert told_beside(page, "The post’s address on X")
    assert "https://example.com" in answer.text


def test_a_tweet_is_shown_again_from_its_page_and_refused_twice(world: World, staff: Staff) -> None:
    [due] = due_tweets(world, 1)
    publish_due(world, "w")
    marketer, path = staff("marketer"), f"/tweets/{due.tweet.id}"
    assert press(marketer, path, "Repost it").status_code == 303
    assert "Planned" in opened(marketer, path).select("#t-rep")[0].parent.parent.get_text()  # type: ignore[union-attr]
    again = press(marketer, path, "Repost it")
    assert (again.status_code, "reposts it already" in again.text) == (422, True)
    assert press(marketer, "/reposts", "Remove").status_code == 303
    assert "None yet" in opened(marketer, "/reposts").get_text()


def test_machines_plan_list_and_remove_reposts(world: World, api: Callable[..., FlaskClient]) -> None:
    client = api("marketer")
    made = client.post("/api/v1/reposts", json={"url": THEIRS})
    assert made.status_code == 201
    assert client.post("/api/v1/reposts", json={}).status_code == 422
    assert [each["state"] for each in client.get("/api/v1/reposts").get_json()["items"]] == ["planned"]
    send_reposts(world)
    path = f"/api/v1/reposts/{made.get_json()['id']}"
    assert client.delete(path).status_code == 409
    for _ in range(2):
        back = client.post(f"{path}/take-back", headers={"Idempotency-Key": "k-1234567"})
        assert back.get_json()["state"] == "undone"
    assert client.delete(path).status_code == 204
