from collections import Counter
from datetime import timedelta

import pytest

from campaigns.flows import plan_tweet
from campaigns.flows.mark_posted import mark_posted
from campaigns.flows.publish_due import publish_due
from campaigns.planning import pages
from campaigns.ports import Later, Post
from campaigns.publishing import dues, tweets
from campaigns.world import World
from tests.clock import HandClock
from tests.makers.publishing import (
    Answer,
    TalkingX,
    due_tweets,
    loses,
    make_place,
    make_tweet,
    refuses,
    story_of,
    takes,
    takes_in_silence,
    tweet_of,
    waits,
    with_x,
)


def one_due(world: World, *answers: Answer) -> tuple[World, TalkingX, str]:
    """A world with one tweet that is due, and an X that answers so."""
    world, x = with_x(world, *answers)
    [made] = due_tweets(world, 1)
    return world, x, made.tweet.id


def look_twice(world: World, clock: HandClock) -> None:
    for seconds in (60, 30):
        clock.advance(seconds=seconds)
        publish_due(world, "w")


def test_a_due_tweet_is_posted_with_its_link_and_recorded(world: World, clock: HandClock) -> None:
    world, x = with_x(world)
    made = make_tweet(world, scheduled_at="2026-11-02T09:30Z")
    assert publish_due(world, "w") == 0
    clock.advance(minutes=30)
    assert publish_due(world, "w") == 1
    assert publish_due(world, "w") == 0
    tweet = tweet_of(world, made.tweet.id)
    assert x.posted == [tweet.posted_text] == [f"Rentrée : le guide est là. {made.url}"]
    assert (tweet.state, tweet.x_id, tweet.sent_at, tweet.due_at) == ("sent", x.shown[0].x_id, clock.now(), None)
    assert tweet.x_url == f"https://x.com/i/web/status/{tweet.x_id}"
    assert (tweet.rehearsed, tweet.by_hand, tweet.problem) == (False, False, None)
    assert story_of(world, made.tweet.id) == ["written", "planned", "claimed", "posted"]


def test_the_wall_takes_what_is_rehearsed_and_marks_it(world: World) -> None:
    [made] = due_tweets(world, 1)
    assert publish_due(world, "w") == 1
    tweet = tweet_of(world, made.tweet.id)
    assert (tweet.state, tweet.rehearsed, tweet.x_url) == ("sent", True, None)
    assert world.rehearsal is not None
    assert [post.x_id for post in world.rehearsal.posts(10)] == [tweet.x_id]


def test_what_was_planned_for_the_wall_never_goes_to_x_nor_the_other_way_round(world: World) -> None:
    due_tweets(world, 1)
    real, x = with_x(world)
    assert publish_due(real, "w") == 0
    due_tweets(real, 1)
    assert publish_due(real, "w") == 1
    make_tweet(real, text="En d’autres mots : {link}", scheduled_at=real.clock.now().isoformat())
    assert publish_due(world, "w") == 1  # the first one only
    assert len(x.posted) == 1


@pytest.mark.parametrize("code", ["x_forbidden", "x_text_too_long", "x_unauthorized"])
def test_a_refusal_is_told_and_not_repeated(world: World, clock: HandClock, code: str) -> None:
    world, x, tweet_id = one_due(world, refuses(code, "what X said"))
    publish_due(world, "w")
    look_twice(world, clock)
    tweet = tweet_of(world, tweet_id)
    assert (tweet.state, tweet.problem, tweet.detail, tweet.due_at) == ("failed", code, "what X said", None)
    assert len(x.asked) == 1


def test_nothing_is_asked_of_x_before_the_moment_it_named(world: World, clock: HandClock) -> None:
    world, x = with_x(world, waits("x_limit", clock.now() + timedelta(minutes=10)))
    first, second = due_tweets(world, 2)
    publish_due(world, "w")
    tweet = tweet_of(world, first.tweet.id)
    assert (tweet.state, tweet.problem, tweet.due_at) == ("scheduled", "x_limit", clock.now() + timedelta(minutes=10))
    late = plan_tweet.publish(world, make_tweet(world).tweet.id, who="Léa")
    for _ in range(9):
        clock.advance(minutes=1)
        assert publish_due(world, "another") == 0
    assert len(x.asked) == 1
    clock.advance(minutes=1)
    assert publish_due(world, "another") == 3
    assert {tweet_of(world, each.tweet.id).state for each in (first, second, late)} == {"sent"}


def test_when_x_is_down_tweets_wait_a_little_longer_each_time_and_a_minute_at_most(
    world: World, clock: HandClock
) -> None:
    world, x, tweet_id = one_due(world, *[waits("x_down")] * 6)
    waited = []
    for _ in range(6):
        publish_due(world, "w")
        due_at = tweet_of(world, tweet_id).due_at
        assert due_at is not None
        waited.append((due_at - clock.now()).total_seconds())
        clock.set(due_at)
    assert waited == [15, 30, 60, 60, 60, 60]
    publish_due(world, "w")
    assert tweet_of(world, tweet_id).state == "sent"
    assert len(x.posted) == 1


def test_an_answer_that_was_lost_is_found_on_the_timeline(world: World, clock: HandClock) -> None:
    world, x, tweet_id = one_due(world, takes_in_silence)
    publish_due(world, "w")
    assert (tweet_of(world, tweet_id).state, tweet_of(world, tweet_id).problem) == ("sending", "x_unknown")
    clock.advance(seconds=59)
    publish_due(world, "w")
    assert x.looks == []
    clock.advance(seconds=1)
    publish_due(world, "w")
    tweet = tweet_of(world, tweet_id)
    assert (tweet.state, tweet.x_id, tweet.sent_at) == ("sent", x.shown[0].x_id, x.shown[0].posted_at)
    assert (len(x.asked), tweet.problem, tweet.attempts) == (1, None, 1)


def test_a_tweet_that_is_absent_twice_is_sent_once_more_the_same(world: World, clock: HandClock) -> None:
    world, x, tweet_id = one_due(world, loses)
    publish_due(world, "w")
    look_twice(world, clock)
    tweet = tweet_of(world, tweet_id)
    assert (tweet.state, len(x.looks), len(x.posted), len(set(x.asked))) == ("sent", 2, 1, 1)
    assert story_of(world, tweet_id)[-3:] == ["x_unknown", "claimed_again", "posted"]


def test_a_second_silence_is_for_a_person_after_looking(world: World, clock: HandClock) -> None:
    world, x, tweet_id = one_due(world, loses, loses)
    publish_due(world, "w")
    look_twice(world, clock)
    assert tweet_of(world, tweet_id).state == "sending"
    look_twice(world, clock)
    tweet = tweet_of(world, tweet_id)
    assert (tweet.state, tweet.due_at, len(x.asked)) == ("unsure", None, 2)
    clock.advance(hours=3)
    publish_due(world, "w")
    assert len(x.asked) == 2


def test_a_second_silence_may_be_found_too(world: World, clock: HandClock) -> None:
    world, x, tweet_id = one_due(world, loses, takes_in_silence)
    publish_due(world, "w")
    look_twice(world, clock)
    look_twice(world, clock)
    assert (tweet_of(world, tweet_id).state, len(x.posted)) == ("sent", 1)


def test_a_repeat_that_x_refuses_may_be_there(world: World, clock: HandClock) -> None:
    def takes_and_calls_it_a_repeat(x: TalkingX, text: str) -> Post:
        takes(x, text)
        return refuses("x_duplicate")(x, text)

    world, x, tweet_id = one_due(world, takes_and_calls_it_a_repeat)
    publish_due(world, "w")
    assert tweet_of(world, tweet_id).state == "sending"
    look_twice(world, clock)
    assert (tweet_of(world, tweet_id).state, len(x.asked)) == ("sent", 1)


def test_a_repeat_that_is_not_there_has_failed(world: World, clock: HandClock) -> None:
    world, x, tweet_id = one_due(world, refuses("x_duplicate"))
    publish_due(world, "w")
    look_twice(world, clock)
    tweet = tweet_of(world, tweet_id)
    assert (tweet.state, tweet.problem, len(x.asked)) == ("failed", "x_duplicate", 1)


def test_a_timeline_that_lags_and_refuses_the_repeat_is_believed(world: World, clock: HandClock) -> None:
    world, x, tweet_id = one_due(world, takes_in_silence, refuses("x_duplicate"))
    publish_due(world, "w")
    hidden, x.shown = x.shown, []
    look_twice(world, clock)
    assert (tweet_of(world, tweet_id).state, tweet_of(world, tweet_id).problem) == ("sending", "x_duplicate")
    x.shown = hidden
    look_twice(world, clock)
    assert (tweet_of(world, tweet_id).state, len(x.posted), len(x.asked)) == ("sent", 1, 2)


def test_a_repeat_of_a_second_try_that_stays_hidden_is_for_a_person(world: World, clock: HandClock) -> None:
    world, _, tweet_id = one_due(world, loses, refuses("x_duplicate"))
    publish_due(world, "w")
    look_twice(world, clock)
    look_twice(world, clock)
    assert tweet_of(world, tweet_id).state == "unsure"


def test_a_look_that_fails_counts_for_nothing(world: World, clock: HandClock) -> None:
    world, x, tweet_id = one_due(world, takes_in_silence)
    publish_due(world, "w")
    clock.advance(seconds=60)
    x.look_answers = [Later("x_down"), Later("x_limit", until=clock.now() + timedelta(minutes=5))]
    publish_due(world, "w")
    assert (tweet_of(world, tweet_id).state, tweet_of(world, tweet_id).looks) == ("sending", 0)
    clock.advance(seconds=15)
    publish_due(world, "w")
    assert tweet_of(world, tweet_id).due_at == clock.now() + timedelta(seconds=285)
    clock.advance(minutes=5)
    publish_due(world, "w")
    assert (tweet_of(world, tweet_id).state, len(x.looks), len(x.asked)) == ("sent", 3, 1)


def test_one_look_serves_all_and_knows_each_by_its_own_link(world: World, clock: HandClock) -> None:
    world, x = with_x(world, takes_in_silence, loses, takes_in_silence)
    made = due_tweets(world, 3)
    publish_due(world, "w")
    clock.advance(seconds=60)
    publish_due(world, "w")
    assert [tweet_of(world, each.tweet.id).state for each in made] == ["sent", "sending", "sent"]
    assert len(x.looks) == 1
    for each, post in zip((made[0], made[2]), x.shown, strict=True):
        assert tweet_of(world, each.tweet.id).x_id == post.x_id


@pytest.mark.parametrize("was_posted", [False, True])
def test_a_worker_that_died_before_or_after_its_post_is_looked_up(
    world: World, clock: HandClock, was_posted: bool
) -> None:
    world, x = with_x(world)
    [made] = due_tweets(world, 1)
    with world.db.write() as session:
        claimed = dues.take(session, tweets.find(session, made.tweet.id), made.url, "dead", clock.now())
    assert claimed is not None
    if was_posted:
        takes(x, made.url)
    publish_due(world, "w")
    assert x.asked == []
    look_twice(world, clock)
    tweet = tweet_of(world, made.tweet.id)
    assert (tweet.state, len(x.posted), len(x.asked)) == ("sent", 1, 0 if was_posted else 1)


def test_an_id_that_another_tweet_has_is_for_a_person(world: World, clock: HandClock) -> None:
    world, x = with_x(world)
    first, second = due_tweets(world, 2)
    x_id = "1985000000000000001"  # what X gives the second one
    mark_posted(world, make_tweet(world).tweet.id, f"https://x.com/a/status/{x_id}", who="Léa")
    publish_due(world, "w")
    tweet = tweet_of(world, second.tweet.id)
    assert (tweet_of(world, first.tweet.id).state, tweet.state, tweet.problem) == ("sent", "unsure", "tweet_url_taken")
    look_twice(world, clock)
    assert len(x.asked) == 2


def test_a_worker_that_slept_on_its_claim_does_not_post(world: World, clock: HandClock) -> None:
    world, _, tweet_id = one_due(world)
    with world.db.write() as session:
        claimed = dues.take(session, tweets.find(session, tweet_id), "text", "sleeper", clock.now())
    assert claimed is not None
    assert not dues.is_stale(claimed, clock.advance(seconds=30))
    assert dues.is_stale(claimed, clock.advance(seconds=1))


def test_an_answer_that_comes_after_another_worker_looked_is_kept(world: World, clock: HandClock) -> None:
    def takes_for_ages(x: TalkingX, text: str) -> Post:
        with world.db.write() as session:
            [tweet] = dues.take_looks(session, clock.advance(seconds=61), rehearses=False)
            assert not dues.absent(session, tweet, "another", clock.now(), 7200)
        return takes(x, text)

    world, x, tweet_id = one_due(world, takes_for_ages)
    publish_due(world, "w")
    look_twice(world, clock)
    assert (tweet_of(world, tweet_id).state, len(x.asked)) == ("sent", 1)


def test_a_refusal_that_comes_after_another_worker_took_over_changes_nothing(world: World, clock: HandClock) -> None:
    def refuses_after_ages(x: TalkingX, text: str) -> Post:
        with world.db.write() as session:
            assert dues.take_looks(session, clock.advance(seconds=61), rehearses=False)
        return refuses("x_forbidden")(x, text)

    world, _, tweet_id = one_due(world, refuses_after_ages)
    publish_due(world, "w")
    assert tweet_of(world, tweet_id).state == "sending"


def test_a_tweet_that_is_too_late_is_missed_and_may_be_sent_all_the_same(world: World, clock: HandClock) -> None:
    world, x = with_x(world)
    in_time, late = due_tweets(world, 1)[0], make_tweet(world, scheduled_at="2026-11-02T09:00Z")
    plan_tweet.plan_tweet(world, in_time.tweet.id, "2026-11-02T09:00:02Z", None, who="Léa")
    clock.set(clock.now() + timedelta(hours=2, seconds=1))
    publish_due(world, "w")
    assert tweet_of(world, in_time.tweet.id).state == "sent"
    tweet = tweet_of(world, late.tweet.id)
    assert (tweet.state, tweet.problem, tweet.text) == ("failed", "missed", late.tweet.text)
    plan_tweet.publish(world, late.tweet.id, who="Léa")
    publish_due(world, "w")
    assert (tweet_of(world, late.tweet.id).state, len(x.posted)) == ("sent", 2)


def test_a_lost_tweet_that_nobody_looked_for_in_time_is_missed(world: World, clock: HandClock) -> None:
    world, x, tweet_id = one_due(world, loses)
    publish_due(world, "w")
    clock.advance(hours=3)
    look_twice(world, clock)
    assert (tweet_of(world, tweet_id).problem, len(x.asked)) == ("missed", 1)


def test_a_link_that_leads_nowhere_any_more_is_not_posted(world: World) -> None:
    world, x = with_x(world)
    place = make_place(world)
    made = make_tweet(world, place, scheduled_at="2026-11-02T09:00Z")
    with world.db.write() as session:
        pages.close(session, pages.find(session, place.page_id), world.clock.now())
    publish_due(world, "w")
    tweet = tweet_of(world, made.tweet.id)
    assert (tweet.state, tweet.problem, x.asked) == ("failed", "no_page_online", [])


def test_a_stop_is_heard_between_two_tweets(world: World) -> None:
    world, x = with_x(world)
    due_tweets(world, 3)
    assert publish_due(world, "w", lambda: len(x.asked) == 2) == 2
    assert publish_due(world, "w") == 1


def test_each_is_posted_in_its_turn(world: World) -> None:
    world, x = with_x(world)
    made = due_tweets(world, 4)
    publish_due(world, "w")
    assert [Counter(each.link.code in text for text in x.posted)[True] for each in made] == [1] * 4
    assert [text.split()[1] for text in x.posted] == ["0", "1", "2", "3"]
