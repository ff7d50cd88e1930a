"""A tweet is taken down from X once; its link and what it brought stay."""

import pytest

from campaigns.flows.publish_due import publish_due
from campaigns.flows.take_down import take_down
from campaigns.kernel.errors import Problem
from campaigns.publishing import postings
from campaigns.world import World
from tests.makers.publishing import due_tweets, make_tweet, story_of, tweet_of, with_x
from tests.makers.tracking import follow


def test_it_goes_from_x_and_its_link_goes_on(world: World) -> None:
    world, x = with_x(world)
    [due] = due_tweets(world, 1)
    publish_due(world, "w")
    assert take_down(world, due.tweet.id, who="Léa").tweet.gone_at == world.clock.now()
    assert x.posted == []
    take_down(world, due.tweet.id, who="Léa")  # twice is once
    assert story_of(world, due.tweet.id)[-1] == "taken_down"
    assert story_of(world, due.tweet.id).count("taken_down") == 1
    assert follow(world, due.link.code)
    with world.db.read() as session:
        assert postings.spending(session, world.settings, world.clock.now()).spent == 210_000


def test_one_that_is_not_out_is_refused(world: World) -> None:
    world, _ = with_x(world)
    tweet = make_tweet(world).tweet
    with pytest.raises(Problem, match="tweet_not_out"):
        take_down(world, tweet.id, who="Léa")
    assert tweet_of(world, tweet.id).state == "draft"
