"""Reposts: ours and others', at their moment, at their price, taken back; and how many follow an account."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from campaigns.flows.count_followers import count_followers
from campaigns.flows.publish_due import publish_due
from campaigns.flows.repost import cancel_repost, plan_repost, send_reposts, take_back
from campaigns.kernel.errors import Problem
from campaigns.ports import Later, Refused, Unknown
from campaigns.publishing import audiences, postings, reposts
from campaigns.publishing.postings import Posting
from campaigns.publishing.reposts import Repost
from campaigns.world import World
from tests.clock import HandClock
from tests.loopback.server import Trouble
from tests.loopback.x import FakeX
from tests.makers.capturing import at_once
from tests.makers.publishing import due_tweets, make_account, make_tweet, with_x

THEIRS = "https://x.com/someone/status/1985012345678901234"


def sent(world: World) -> str:
    """A tweet that is out."""
    [due] = due_tweets(world, 1)
    publish_due(world, "w")
    return due.tweet.id


def planned(world: World, when: str = "", **more: Any) -> Repost:
    return plan_repost(world, more.pop("address", THEIRS), when, "Europe/Paris", who="Léa", **more)


def now_of(world: World, repost: Repost) -> Repost:
    with world.db.read() as session:
        return reposts.find(session, repost.id)


def spent(world: World) -> int:
    with world.db.read() as session:
        return postings.spending(session, world.settings, world.clock.now()).spent


def test_another_s_post_is_reposted_at_once_at_its_price(world: World, clock: HandClock) -> None:
    world, x = with_x(world)
    repost = planned(world)
    assert (send_reposts(world), send_reposts(world)) == (1, 0)
    assert x.reposted == ["1985012345678901234"]
    done = now_of(world, repost)
    assert (done.state, done.done_at) == ("done", clock.now())
    assert spent(world) == 15_000


def test_one_of_ours_waits_for_its_moment_and_stands_on_its_page(world: World, clock: HandClock) -> None:
    world, x = with_x(world)
    tweet_id = sent(world)
    repost = planned(world, "2026-11-03T08:05", tweet_id=tweet_id)
    assert send_reposts(world) == 0
    clock.set(repost.planned_at)
    assert send_reposts(world) == 1
    with world.db.read() as session:
        assert [each.state for each in reposts.of_tweet(session, tweet_id)] == ["done"]
    assert x.reposted == [x.shown[0].x_id]


@pytest.mark.parametrize("address", ["", "https://example.com/1", "https://x.com/someone"])
def test_what_is_no_post_is_refused(world: World, address: str) -> None:
    with pytest.raises(Problem, match="not_a_tweet_url"):
        planned(world, address=address)


def test_a_tweet_that_is_not_out_and_a_second_plan_are_refused(world: World) -> None:
    world, _ = with_x(world)
    with pytest.raises(Problem, match="tweet_not_out"):
        planned(world, tweet_id=make_tweet(world).tweet.id)
    planned(world)
    with pytest.raises(Problem, match="repost_twice"):
        planned(world)
    assert planned(world, account_id=make_account(world).id).account_id  # by another account it may


def test_what_stands_on_the_wall_is_not_reposted_on_x(world: World) -> None:
    tweet_id = sent(world)
    connected, x = with_x(world)
    with pytest.raises(Problem, match="repost_of_wall"):
        planned(connected, tweet_id=tweet_id)
    planned(world, tweet_id=tweet_id)
    assert send_reposts(world) == 1
    assert (x.reposted, spent(world)) == ([], 0)


def test_it_waits_when_x_asks_to_and_costs_nothing_until_it_is_done(world: World, clock: HandClock) -> None:
    world, x = with_x(world)
    x.repost_answers = [Later("x_limit", until=clock.now() + timedelta(minutes=15))]
    repost = planned(world)
    send_reposts(world)
    assert (now_of(world, repost).state, now_of(world, repost).problem, spent(world)) == ("planned", "x_limit", 0)
    clock.advance(minutes=14)
    assert send_reposts(world) == 0
    clock.advance(minutes=2)
    send_reposts(world)
    assert (now_of(world, repost).state, now_of(world, repost).problem) == ("done", None)


def test_a_refusal_is_told_and_costs_nothing(world: World) -> None:
    world, x = with_x(world)
    x.repost_answers = [Refused("x_post_gone", "404")]
    repost = planned(world)
    send_reposts(world)
    assert (now_of(world, repost).state, now_of(world, repost).problem, spent(world)) == ("failed", "x_post_gone", 0)


def test_silence_is_asked_again_a_few_times(world: World, clock: HandClock) -> None:
    world, x = with_x(world)
    x.repost_answers = [Unknown("timeout")] * 9
    repost = planned(world)
    for _ in range(10):
        send_reposts(world)
        clock.advance(minutes=2)
    assert (now_of(world, repost).state, now_of(world, repost).problem) == ("failed", "x_no_answer")
    assert len(x.reposted) == 5


def test_one_that_a_stopped_machine_slept_through_is_missed(world: World, clock: HandClock) -> None:
    world, x = with_x(world)
    repost = planned(world)
    clock.advance(seconds=world.settings.late_limit_s + 1)
    send_reposts(world)
    assert (now_of(world, repost).problem, x.reposted) == ("missed", [])


def test_the_cap_stops_it(world: World) -> None:
    world, x = with_x(world)
    world = replace(world, settings=world.settings.model_copy(update={"x_monthly_cap": Decimal("0.01")}))
    repost = planned(world)
    send_reposts(world)
    assert (now_of(world, repost).problem, x.reposted) == ("x_cap", [])


def test_it_is_cancelled_before_and_taken_back_after(world: World) -> None:
    world, x = with_x(world)
    early = planned(world, "2026-11-03T08:05")
    with pytest.raises(Problem, match="repost_not_out"):
        take_back(world, early.id)
    cancel_repost(world, early.id)
    with pytest.raises(Problem, match="repost_missing"):
        cancel_repost(world, early.id)
    done = planned(world)
    send_reposts(world)
    with pytest.raises(Problem, match="repost_gone_out"):
        cancel_repost(world, done.id)
    assert [take_back(world, done.id).state for _ in range(2)] == ["undone", "undone"]
    assert x.taken_back == ["1985012345678901234"]
    assert planned(world).state == "planned"  # and may be done again


@pytest.mark.both_databases
def test_one_that_x_was_asked_for_is_not_forgotten(world: World, clock: HandClock) -> None:
    world, x = with_x(world)
    x.repost_answers = [Unknown("read timeout")]
    asked = planned(world)
    send_reposts(world)
    with pytest.raises(Problem, match="repost_gone_out"):
        cancel_repost(world, asked.id)


def test_four_workers_ask_once(world: World) -> None:
    world, x = with_x(world)
    planned(world)
    told = at_once(4, lambda _: send_reposts(world))
    assert sum(each for each in told if isinstance(each, int)) == 1
    assert x.reposted == ["1985012345678901234"]


def test_x_itself_takes_it_and_takes_it_back(real: World, x: FakeX) -> None:
    tweet_id = sent(real)
    repost = planned(real, tweet_id=tweet_id)
    send_reposts(real)
    assert x.reposts == [x.tweets[0]["id"]]
    take_back(real, repost.id)
    assert x.reposts == []


@pytest.mark.both_databases
def test_followers_are_counted_once_a_day_and_one_that_refuses_stops_no_other(
    real: World, x: FakeX, clock: HandClock
) -> None:
    make_account(real)  # whose tokens open nothing
    assert (count_followers(real), count_followers(real)) == (1, 0)
    clock.advance(days=1)
    x.trouble("GET /2/users/me", Trouble(status=503), times=2)
    assert count_followers(real) == 0
    assert count_followers(real) == 1
    with real.db.read() as session:
        told = audiences.latest(session, [audiences.USUAL], clock.now())
        assert len(told[audiences.USUAL]) == 2
        assert session.scalars(select(Posting.micros).where(Posting.what == "profile")).all() == [1_000, 1_000]
