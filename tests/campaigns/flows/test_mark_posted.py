from datetime import timedelta

import pytest

from campaigns.flows.mark_posted import mark_posted
from campaigns.flows.publish_due import publish_due
from campaigns.kernel.errors import Problem
from campaigns.world import World
from tests.clock import HandClock
from tests.makers.publishing import due_tweets, loses, make_tweet, refuses, story_of, tweet_of, with_x

X_EPOCH_MS = 1_288_834_974_657


def code_of(refused: pytest.ExceptionInfo[Problem]) -> tuple[str, str]:
    return refused.value.kind, refused.value.faults[0].code


def test_a_tweet_posted_by_hand_is_sent_and_marked_so(world: World, clock: HandClock) -> None:
    made = make_tweet(world, scheduled_at="2026-11-03T08:00Z")
    posted_at = clock.now() + timedelta(minutes=3)
    x_id = (int(posted_at.timestamp() * 1000) - X_EPOCH_MS) << 22
    clock.advance(minutes=5)
    mark_posted(world, made.tweet.id, f"https://twitter.com/Feuillet/status/{x_id}?s=20", who="Léa")
    tweet = tweet_of(world, made.tweet.id)
    assert (tweet.state, tweet.by_hand, tweet.rehearsed, tweet.due_at) == ("sent", True, False, None)
    assert (tweet.x_id, tweet.x_url) == (str(x_id), f"https://x.com/Feuillet/status/{x_id}")
    assert (tweet.sent_at, tweet.posted_text) == (posted_at, made.full_text)
    assert story_of(world, made.tweet.id)[-1] == "by_hand"


def test_a_tweet_posted_by_hand_is_not_posted_again(world: World, clock: HandClock) -> None:
    world, x = with_x(world)
    made = make_tweet(world, scheduled_at="2026-11-02T09:30Z")
    mark_posted(world, made.tweet.id, "https://x.com/a/status/20", who="Léa")
    clock.advance(hours=1)
    publish_due(world, "w")
    assert x.asked == []


def test_the_same_address_again_changes_nothing(world: World) -> None:
    made = make_tweet(world)
    for url in ("https://x.com/a/status/20", "https://mobile.x.com/a/status/20?s=20"):
        mark_posted(world, made.tweet.id, url, who="Léa")
    assert story_of(world, made.tweet.id) == ["written", "by_hand"]


def test_an_address_belongs_to_one_tweet(world: World) -> None:
    first, second = make_tweet(world), make_tweet(world)
    mark_posted(world, first.tweet.id, "https://x.com/a/status/20", who="Léa")
    with pytest.raises(Problem) as refused:
        mark_posted(world, second.tweet.id, "https://x.com/b/status/20", who="Léa")
    assert code_of(refused) == ("conflict", "tweet_url_taken")
    assert tweet_of(world, second.tweet.id).state == "draft"
    with pytest.raises(Problem) as refused:
        mark_posted(world, first.tweet.id, "https://x.com/a/status/21", who="Léa")
    assert code_of(refused) == ("conflict", "tweet_gone_out")


def test_what_failed_may_be_posted_by_hand_but_not_what_is_on_its_way(world: World) -> None:
    world, _ = with_x(world, refuses("x_unauthorized"), loses)
    failed, going = due_tweets(world, 2)
    publish_due(world, "w")
    assert mark_posted(world, failed.tweet.id, "https://x.com/a/status/20", who="Léa").tweet.problem is None
    with pytest.raises(Problem) as refused:
        mark_posted(world, going.tweet.id, "https://x.com/a/status/21", who="Léa")
    assert code_of(refused) == ("conflict", "tweet_gone_out")


def test_what_is_no_address_of_a_tweet_is_refused(world: World) -> None:
    made = make_tweet(world)
    with pytest.raises(Problem) as refused:
        mark_posted(world, made.tweet.id, "https://evil.example/a/status/20", who="Léa")
    assert code_of(refused) == ("invalid", "not_a_tweet_url")
