import pytest

from campaigns.flows import edit_tweet
from campaigns.flows.mark_posted import mark_posted
from campaigns.flows.publish_due import publish_due
from campaigns.kernel.errors import Problem
from campaigns.publishing import dues, tweets
from campaigns.tracking import links
from campaigns.tracking.rewriting import Wanted
from campaigns.world import World
from tests.makers.publishing import due_tweets, make_tweet, refuses, story_of, tweet_of, with_x
from tests.makers.tracking import follow


def refusal(world: World, tweet_id: str, text: str = "Autre {link}") -> str:
    with pytest.raises(Problem) as refused:
        edit_tweet.edit_tweet(world, tweet_id, Wanted(text=text), who="Léa")
    return refused.value.faults[0].code


def test_another_text_keeps_the_plan_and_the_link(world: World) -> None:
    made = make_tweet(world, scheduled_at="2026-11-03T08:05Z")
    edited = edit_tweet.edit_tweet(world, made.tweet.id, Wanted(text="Autre\r\ntexte {link}"), who="Léa")
    assert (edited.tweet.text, edited.tweet.state) == ("Autre\ntexte {link}", "scheduled")
    assert (edited.tweet.due_at, edited.link.code) == (made.tweet.due_at, made.link.code)


def test_the_same_text_again_changes_nothing(world: World) -> None:
    made = make_tweet(world)
    edit_tweet.edit_tweet(world, made.tweet.id, Wanted(text=made.tweet.text), who="Léa")
    assert story_of(world, made.tweet.id) == ["written"]


def test_a_failure_is_over_when_the_text_is_another(world: World) -> None:
    world, _ = with_x(world, refuses("x_forbidden", "no"))
    [made] = due_tweets(world, 1)
    publish_due(world, "w")
    assert tweet_of(world, made.tweet.id).problem == "x_forbidden"
    edited = edit_tweet.edit_tweet(world, made.tweet.id, Wanted(text="Autre {link}"), who="Léa").tweet
    assert (edited.state, edited.problem, edited.detail) == ("draft", None, None)


def test_what_is_on_its_way_or_sent_does_not_change(world: World) -> None:
    [made] = due_tweets(world, 1)
    with world.db.write() as session:
        assert dues.take(session, tweets.find(session, made.tweet.id), "text", "w", world.clock.now())
    assert refusal(world, made.tweet.id) == "tweet_gone_out"
    sent = make_tweet(world)
    mark_posted(world, sent.tweet.id, "https://x.com/a/status/20", who="Léa")
    assert refusal(world, sent.tweet.id) == "tweet_gone_out"
    with pytest.raises(Problem) as refused:
        edit_tweet.delete(world, sent.tweet.id)
    assert refused.value.faults[0].code == "tweet_gone_out"


def test_a_text_x_would_not_take_is_refused_and_nothing_lost(world: World) -> None:
    made = make_tweet(world)
    assert refusal(world, made.tweet.id, "a" * 300 + " {link}") == "text_too_long"
    assert tweet_of(world, made.tweet.id).text == made.tweet.text


def test_a_deleted_tweet_takes_its_link_along(world: World) -> None:
    made = make_tweet(world, scheduled_at="2026-11-03T08:05Z")
    edit_tweet.delete(world, made.tweet.id)
    with pytest.raises(Problem) as refused:
        tweet_of(world, made.tweet.id)
    assert refused.value.kind == "missing"
    with world.db.read() as session:
        assert links.of_tweet(session, made.tweet.id) is None
    with pytest.raises(Problem) as refused:
        edit_tweet.delete(world, made.tweet.id)
    assert refused.value.kind == "missing"


def test_a_tweet_whose_link_was_opened_stays(world: World) -> None:
    made = make_tweet(world)
    assert follow(world, made.link.code)
    with pytest.raises(Problem) as refused:
        edit_tweet.delete(world, made.tweet.id)
    assert (refused.value.kind, refused.value.faults[0].code) == ("conflict", "tweet_followed")
    assert tweet_of(world, made.tweet.id).state == "draft"
