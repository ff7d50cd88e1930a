import threading

import pytest

from campaigns.flows import plan_tweet
from campaigns.flows.mark_posted import mark_posted
from campaigns.flows.publish_due import publish_due
from campaigns.kernel.errors import Problem
from campaigns.planning import pages
from campaigns.publishing import slots
from campaigns.world import World
from tests.clock import HandClock
from tests.makers.capturing import at_once
from tests.makers.publishing import due_tweets, make_place, make_tweet, refuses, story_of, tweet_of, with_x


def code_of(refused: pytest.ExceptionInfo[Problem]) -> tuple[str, str]:
    return refused.value.kind, refused.value.faults[0].code


def test_to_publish_is_to_be_due_now(world: World) -> None:
    made = make_tweet(world)
    tweet = plan_tweet.publish(world, made.tweet.id, who="Léa").tweet
    assert (tweet.state, tweet.due_at, tweet.scheduled_at) == ("scheduled", world.clock.now(), world.clock.now())


def test_to_publish_twice_is_to_publish_once(world: World) -> None:
    made = make_tweet(world)
    for _ in range(2):
        plan_tweet.publish(world, made.tweet.id, who="Léa")
    assert story_of(world, made.tweet.id) == ["written", "publish_now"]


def test_a_plan_is_made_moved_and_taken_back(world: World) -> None:
    made = make_tweet(world)
    planned = plan_tweet.plan_tweet(world, made.tweet.id, "2026-11-03T08:05", "Europe/Paris", who="Léa").tweet
    assert (planned.state, planned.local_time) == ("scheduled", "2026-11-03T08:05")
    moved = plan_tweet.plan_tweet(world, made.tweet.id, "2026-11-05T18:00", "Europe/Paris", who="Léa").tweet
    assert moved.due_at is not None
    assert moved.due_at.isoformat() == "2026-11-05T17:00:00+00:00"
    draft = plan_tweet.cancel(world, made.tweet.id, who="Léa").tweet
    assert (draft.state, draft.due_at, draft.scheduled_at, draft.local_time, draft.zone) == ("draft", *[None] * 4)
    with pytest.raises(Problem) as refused:
        plan_tweet.cancel(world, made.tweet.id, who="Léa")
    assert code_of(refused) == ("conflict", "tweet_not_scheduled")


def test_a_bad_time_leaves_the_plan_as_it_was(world: World) -> None:
    made = make_tweet(world, scheduled_at="2026-11-03T08:05Z")
    with pytest.raises(Problem) as refused:
        plan_tweet.plan_tweet(world, made.tweet.id, "2027-03-28T02:30", "Europe/Paris", who="Léa")
    assert code_of(refused) == ("invalid", "time_in_gap")
    assert tweet_of(world, made.tweet.id).due_at == made.tweet.due_at


def test_the_link_must_lead_somewhere(world: World) -> None:
    place = make_place(world, online=False)
    made = make_tweet(world, place)
    for plan in (
        lambda: plan_tweet.publish(world, made.tweet.id, who="Léa"),
        lambda: plan_tweet.plan_tweet(world, made.tweet.id, "2026-11-03T08:05Z", None, who="Léa"),
    ):
        with pytest.raises(Problem) as refused:
            plan()
        assert code_of(refused) == ("conflict", "no_page_online")
    with world.db.write() as session:
        pages.publish(session, pages.find(session, place.page_id), world.clock.now())
    assert plan_tweet.publish(world, made.tweet.id, who="Léa").tweet.state == "scheduled"


def test_a_failed_tweet_may_be_published_again(world: World) -> None:
    world, x = with_x(world, refuses("x_forbidden"))
    [made] = due_tweets(world, 1)
    publish_due(world, "w")
    tweet = plan_tweet.publish(world, made.tweet.id, who="Léa").tweet
    assert (tweet.state, tweet.problem, tweet.attempts) == ("scheduled", None, 0)
    publish_due(world, "w")
    assert tweet_of(world, made.tweet.id).state == "sent"
    assert len(x.posted) == 1


def test_what_is_sent_is_planned_no_more(world: World) -> None:
    made = make_tweet(world)
    mark_posted(world, made.tweet.id, "https://x.com/a/status/20", who="Léa")
    for change in (
        lambda: plan_tweet.publish(world, made.tweet.id, who="Léa"),
        lambda: plan_tweet.plan_tweet(world, made.tweet.id, "2026-11-03T08:05Z", None, who="Léa"),
        lambda: plan_tweet.cancel(world, made.tweet.id, who="Léa"),
    ):
        with pytest.raises(Problem) as refused:
            change()
        assert code_of(refused) == ("conflict", "tweet_gone_out")


def test_taking_back_and_posting_at_one_moment_is_one_of_the_two(world: World, clock: HandClock) -> None:
    world, x = with_x(world)
    for made in due_tweets(world, 8):
        outcomes: list[str] = []
        begin = threading.Barrier(2)

        def take_back(
            tweet_id: str = made.tweet.id, begin: threading.Barrier = begin, outcomes: list[str] = outcomes
        ) -> None:
            begin.wait()
            try:
                plan_tweet.cancel(world, tweet_id, who="Léa")
                outcomes.append("draft")
            except Problem as refused:
                outcomes.append(refused.faults[0].code)

        def post(begin: threading.Barrier = begin) -> None:
            begin.wait()
            publish_due(world, "w")

        threads = [threading.Thread(target=each) for each in (take_back, post)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        publish_due(world, "w")
        tweet = tweet_of(world, made.tweet.id)
        was_posted = any(made.link.code in text for text in x.posted)
        assert (tweet.state, was_posted, outcomes) in (
            ("draft", False, ["draft"]),
            ("sent", True, ["tweet_gone_out"]),
        )


@pytest.mark.both_databases
def test_of_the_same_words_planned_four_times_at_once_one_is(world: World) -> None:
    place = make_place(world)
    made = [make_tweet(world, place, "Les mêmes mots {link}").tweet.id for _ in range(4)]
    at_once(4, lambda n: plan_tweet.publish(world, made[n], who="Léa"))
    assert sorted(tweet_of(world, each).state for each in made) == ["draft", "draft", "draft", "scheduled"]


def in_the_queue(world: World, tweet_id: str) -> str | None:
    return plan_tweet.plan_tweet(world, tweet_id, slots.QUEUE, None, who="Léa").tweet.local_time


def test_two_people_who_ask_for_the_next_slot_get_two(world: World) -> None:
    with world.db.write() as session:
        slots.add(session, ["0", "1", "2", "3"], "08:05", "Europe/Paris")
    place = make_place(world)
    made = [make_tweet(world, place, f"Numéro {n} {{link}}").tweet.id for n in range(3)]
    at_once(3, lambda n: in_the_queue(world, made[n]))
    times = {tweet_of(world, tweet_id).local_time for tweet_id in made}
    assert times == {f"2026-11-0{day}T08:05" for day in (3, 4, 5)}


def test_a_tweet_is_written_for_the_next_slot(world: World) -> None:
    place = make_place(world)
    with pytest.raises(Problem, match="slots_none"):
        make_tweet(world, place, scheduled_at="queue")
    with world.db.write() as session:
        slots.add(session, ["3"], "08:05", "Europe/Paris")
    tweet = make_tweet(world, place, scheduled_at="queue").tweet
    assert (tweet.state, tweet.local_time, tweet.zone) == ("scheduled", "2026-11-05T08:05", "Europe/Paris")
