"""Several workers at one moment, on both databases."""

import threading
from collections import Counter

from campaigns.flows import plan_tweet
from campaigns.flows.publish_due import publish_due
from campaigns.world import World
from tests.clock import HandClock
from tests.makers.publishing import due_tweets, loses, make_tweet, takes, takes_in_silence, tweet_of, with_x


def together(world: World, workers: int = 4) -> None:
    """Let workers run at one moment; what one of them raises is raised here."""
    begin, faults = threading.Barrier(workers), []

    def work(name: str) -> None:
        begin.wait()
        try:
            publish_due(world, name)
        except Exception as fault:  # noqa: BLE001
            faults.append(fault)

    threads = [threading.Thread(target=work, args=(f"w{n}",)) for n in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []


def test_four_workers_post_each_tweet_once(world: World) -> None:
    world, x = with_x(world)
    made = due_tweets(world, 12)
    together(world)
    assert set(Counter(x.asked).values()) == {1}
    assert len(x.asked) == 12
    assert {tweet_of(world, each.tweet.id).state for each in made} == {"sent"}


def test_four_workers_look_and_send_once_more_once(world: World, clock: HandClock) -> None:
    world, x = with_x(world, *[loses, takes_in_silence, takes] * 4)
    made = due_tweets(world, 12)
    together(world)
    for seconds in (60, 30, 60, 30):
        clock.advance(seconds=seconds)
        together(world)
    assert {tweet_of(world, each.tweet.id).state for each in made} == {"sent"}
    assert set(Counter(x.posted).values()) == {1}
    assert sorted(Counter(x.asked).values()) == [1] * 8 + [2] * 4


def test_to_publish_eight_times_at_one_moment_is_to_publish_once(world: World) -> None:
    world, x = with_x(world)
    made = make_tweet(world)
    begin = threading.Barrier(8)

    def publish() -> None:
        begin.wait()
        plan_tweet.publish(world, made.tweet.id, who="Léa")

    threads = [threading.Thread(target=publish) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    together(world)
    assert len(x.asked) == 1
