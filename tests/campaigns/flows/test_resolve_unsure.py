import pytest

from campaigns.flows import resolve_unsure
from campaigns.flows.mark_posted import mark_posted
from campaigns.flows.publish_due import publish_due
from campaigns.kernel.errors import Problem
from campaigns.publishing import tweets
from campaigns.world import World
from tests.clock import HandClock
from tests.makers.publishing import TalkingX, due_tweets, loses, make_account, make_tweet, story_of, tweet_of, with_x


def unsure(world: World, clock: HandClock) -> tuple[World, TalkingX, str]:
    world, x = with_x(world, loses, loses)
    [made] = due_tweets(world, 1)
    publish_due(world, "w")
    for seconds in (60, 30, 60, 30):
        clock.advance(seconds=seconds)
        publish_due(world, "w")
    assert tweet_of(world, made.tweet.id).state == "unsure"
    return world, x, made.tweet.id


def test_it_is_there(world: World, clock: HandClock) -> None:
    world, x, tweet_id = unsure(world, clock)
    resolve_unsure.there(world, tweet_id, "https://x.com/feuillet/status/20", who="Léa")
    tweet = tweet_of(world, tweet_id)
    assert (tweet.state, tweet.x_id, tweet.by_hand, tweet.problem) == ("sent", "20", False, None)
    assert story_of(world, tweet_id)[-1] == "there"
    publish_due(world, "w")
    assert len(x.asked) == 2


def test_it_is_not_there_and_goes_out(world: World, clock: HandClock) -> None:
    world, x, tweet_id = unsure(world, clock)
    resolve_unsure.not_there(world, tweet_id, who="Léa")
    publish_due(world, "w")
    tweet = tweet_of(world, tweet_id)
    assert (tweet.state, len(x.posted), tweet.unknowns) == ("sent", 1, 0)


def test_it_may_be_told_like_a_tweet_posted_by_hand(world: World, clock: HandClock) -> None:
    world, _, tweet_id = unsure(world, clock)
    assert mark_posted(world, tweet_id, "https://x.com/feuillet/status/20", who="Léa").tweet.state == "sent"


def test_nothing_is_resolved_that_is_not_unsure(world: World) -> None:
    made = make_tweet(world)
    for resolve in (
        lambda: resolve_unsure.there(world, made.tweet.id, "https://x.com/a/status/20", who="Léa"),
        lambda: resolve_unsure.not_there(world, made.tweet.id, who="Léa"),
    ):
        with pytest.raises(Problem) as refused:
            resolve()
        assert (refused.value.kind, refused.value.faults[0].code) == ("conflict", "tweet_not_unsure")


def test_an_account_s_tweet_goes_out_by_it_even_where_the_usual_one_rehearses(world: World) -> None:
    tweet_id = make_tweet(world, account_id=make_account(world).id).tweet.id
    with world.db.write() as session:
        tweet = tweets.find(session, tweet_id)
        tweets.change(session, tweet, "unsure", who="w", why="absent_twice", now=world.clock.now())
    assert world.publisher.rehearses
    resolve_unsure.not_there(world, tweet_id, who="Léa")
    assert tweet_of(world, tweet_id).rehearsed is False  # what it costs, and X's limits, are counted
