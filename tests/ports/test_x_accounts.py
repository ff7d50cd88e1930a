"""Reposts, what X counts of an account, and posts that were edited there: how X's answers are read."""

from datetime import timedelta

import pytest

from campaigns.ports import Later, Profile, Publisher, Refused
from tests.clock import HandClock
from tests.loopback.server import HTML, Trouble
from tests.loopback.x import USER, FakeX
from tests.ports.conftest import Compose

REPOST = f"POST /2/users/{USER['id']}/retweets"


@pytest.fixture
def publisher(composed: Compose, x: FakeX) -> Publisher:
    return composed(x.environ).publisher


def test_a_post_that_is_gone_cant_be_reposted(publisher: Publisher, x: FakeX) -> None:
    with pytest.raises(Refused) as refused:
        publisher.repost("1970000000000000001")
    assert refused.value.code == "x_post_gone"


def test_what_x_says_is_reposted_already_is(publisher: Publisher, x: FakeX) -> None:
    posted = publisher.post("Hello")
    x.trouble(REPOST, Trouble(status=403, body={"detail": "You have already retweeted this Post."}))
    publisher.repost(posted.x_id)
    x.trouble(REPOST, Trouble(status=403, body={"detail": "You are not permitted to perform this action."}))
    with pytest.raises(Refused, match="x_forbidden"):
        publisher.repost(posted.x_id)


@pytest.mark.parametrize(
    "trouble",
    [Trouble(cut="silent", effect=True), Trouble(status=503, body=HTML, effect=True), Trouble(status=200, body=HTML)],
    ids=str,
)
def test_a_repost_of_unknown_outcome_is_made_again_and_is_one(publisher: Publisher, x: FakeX, trouble: Trouble) -> None:
    posted = publisher.post("Hello")
    x.trouble(REPOST, trouble)
    with pytest.raises(Later, match="x_down"):
        publisher.repost(posted.x_id)
    publisher.repost(posted.x_id)
    assert x.reposts == [posted.x_id]


def test_a_repost_that_x_doesnt_know_is_taken_back_all_the_same(publisher: Publisher, x: FakeX) -> None:
    x.trouble("DELETE", Trouble(status=404, body={"detail": "Not Found"}))
    publisher.unrepost("1970000000000000001")
    with pytest.raises(Refused, match="x_refused"):
        publisher.unrepost("../tweets/1")
    assert len(x.asked("DELETE")) == 1


@pytest.mark.parametrize("known", ["tweet.fields", "post.fields"])
def test_followers_and_lists_are_counted_by_either_of_x_s_names(publisher: Publisher, x: FakeX, known: str) -> None:
    x.fields = {known}
    x.put("Hello")
    assert publisher.profile() == Profile(followers=120, following=30, listed=4, posts=1)


@pytest.mark.parametrize(
    "told",
    [{}, {"public_metrics": {}}, {"public_metrics": [1]},
     {"public_metrics": {"followers_count": "many", "following_count": 1, "listed_count": 1, "tweet_count": 1}},
     {"public_metrics": {"followers_count": -1, "following_count": 1, "listed_count": 1, "tweet_count": 1}}],
    ids=str,
)  # fmt: skip
def test_counts_that_cant_be_read_are_none(publisher: Publisher, x: FakeX, told: dict[str, object]) -> None:
    x.trouble("GET /2/users/me", Trouble(status=200, body={"data": USER | told}))
    with pytest.raises(Later, match="x_down"):
        publisher.profile()


@pytest.mark.parametrize("known", ["tweet.fields", "post.fields"])
def test_an_edited_post_tells_the_ids_that_it_had(publisher: Publisher, x: FakeX, clock: HandClock, known: str) -> None:
    x.fields = {known}
    first = publisher.post("Helo").x_id
    second = x.edit(first, "Hello")
    third = x.edit(second, "Hello!")
    [found] = publisher.own_posts(clock.now() - timedelta(hours=1))
    assert (found.x_id, found.edits, found.text) == (third, (first, second), "Hello!")


@pytest.mark.parametrize("history", [None, "1", {}])
def test_a_history_that_cant_be_read_is_none(publisher: Publisher, x: FakeX, clock: HandClock, history: object) -> None:
    body = {"data": [{"id": "2117179907896246272", "text": "Hello", "created_at": "2026-11-02T09:00:00.000Z",
                      "edit_history_tweet_ids": history}], "meta": {"result_count": 1}}  # fmt: skip
    x.trouble(f"GET /2/users/{USER['id']}/tweets", Trouble(status=200, body=body))
    assert [post.edits for post in publisher.own_posts(clock.now())] == [()]
