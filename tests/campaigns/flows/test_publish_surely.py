"""Once and not twice, whatever is written, whoever hears of it, and wherever the clock stands."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select, update

from campaigns.flows import plan_tweet, resolve_unsure, take_down
from campaigns.flows.keep_house import keep_house
from campaigns.flows.mark_posted import mark_posted
from campaigns.flows.publish_due import publish_due
from campaigns.flows.read_results import read_results
from campaigns.kernel.errors import Problem
from campaigns.planning import campaigns
from campaigns.ports import Later, Post, Unknown
from campaigns.publishing import holds
from campaigns.publishing.addresses import X_EPOCH_MS
from campaigns.publishing.postings import Posting
from campaigns.publishing.tweets import Tweet
from campaigns.world import World
from tests.clock import HandClock
from tests.makers.publishing import (
    TalkingX,
    due_tweets,
    loses,
    make_account,
    make_place,
    make_tweet,
    refuses,
    story_of,
    takes,
    tweet_of,
    waits,
    with_x,
)


def work(world: World, clock: HandClock, times: int = 8) -> None:
    for _ in range(times):
        clock.advance(seconds=30)
        publish_due(world, "w")


@pytest.mark.parametrize(
    "text,shown,urls",
    [
        ("Use the code RENTREE10 now", "Use the code RENTREE10 now https://t.co/AbCdEf1234", ["https://x.com/f/status/1/photo/1"]),
        ("Read https://example.com/a & tell", "Read https://t.co/Ab12 &amp; tell", ["https://example.com/a"]),
        ("Read example.com/a today", "Read https://t.co/Ab12 today https://t.co/Ab13", ["https://example.com/a"]),
    ],
)  # fmt: skip
def test_a_text_without_our_link_is_known_whatever_x_puts_for_its_addresses_and_its_picture(
    world: World, clock: HandClock, text: str, shown: str, urls: list[str]
) -> None:
    def in_silence(x: TalkingX, _text: str) -> Post:
        x.shown.append(Post("1985000000000000000", shown, x.clock.now(), tuple(urls)))
        raise Unknown("read timeout")

    world, x = with_x(world, in_silence)
    made = make_tweet(world, text=text, linkless=True)
    plan_tweet.publish(world, made.tweet.id, who="Léa")
    publish_due(world, "w")
    work(world, clock)
    assert (tweet_of(world, made.tweet.id).state, len(x.asked)) == ("sent", 1)


def test_another_text_is_not_taken_for_one_that_is_only_an_address(world: World, clock: HandClock) -> None:
    world, x = with_x(world, loses)
    x.shown.append(Post("1985000000000000000", "https://t.co/Other", clock.now()))
    made = make_tweet(world, text="https://example.com/a", linkless=True)
    plan_tweet.publish(world, made.tweet.id, who="Léa")
    publish_due(world, "w")
    work(world, clock)
    assert len(x.asked) == 2
    assert tweet_of(world, made.tweet.id).x_id != "1985000000000000000"


@pytest.mark.parametrize("jump", [timedelta(hours=1), timedelta(days=1), -timedelta(hours=1), -timedelta(days=1)])
def test_a_clock_that_jumps_at_the_request_and_is_put_right_posts_nothing_twice(
    world: World, clock: HandClock, jump: timedelta
) -> None:
    right = clock.now()

    def in_silence(x: TalkingX, text: str) -> Post:
        x.shown.append(Post("1985000000000000000", text, right))  # X's own clock is right
        raise Unknown("read timeout")

    world, x = with_x(world, in_silence)
    world = replace(world, settings=world.settings.model_copy(update={"late_limit_s": 7 * 86_400}))
    [made] = due_tweets(world, 1)
    clock.advance(seconds=max(jump.total_seconds(), 0))
    if jump < timedelta(0):
        plan_tweet.publish(world, made.tweet.id, who="Léa")
    publish_due(world, "w")
    clock.set(right + timedelta(seconds=30))
    for _ in range(60):
        clock.advance(minutes=30)
        publish_due(world, "w")
    assert (tweet_of(world, made.tweet.id).state, len(x.asked)) == ("sent", 1)


def test_what_x_calls_a_repeat_is_found_though_the_first_request_was_long_ago(world: World, clock: HandClock) -> None:
    late: list[Post] = []

    def hidden(x: TalkingX, text: str) -> Post:
        late.append(Post("1985000000000000000", text, x.clock.now()))
        raise Unknown("read timeout")

    world, x = with_x(world, hidden, loses)
    [made] = due_tweets(world, 1)
    publish_due(world, "w")
    work(world, clock)
    assert tweet_of(world, made.tweet.id).state == "unsure"
    clock.advance(hours=5)
    x.shown += late
    x.answers = [refuses("x_duplicate")]
    resolve_unsure.not_there(world, made.tweet.id, who="Léa")
    work(world, clock)
    assert (tweet_of(world, made.tweet.id).state, tweet_of(world, made.tweet.id).x_id) == (
        "sent",
        "1985000000000000000",
    )


@pytest.mark.parametrize("deed", ["cancel", "publish", "delete"])
def test_an_account_waits_as_x_said_whatever_becomes_of_the_tweet_that_heard_it(
    world: World, clock: HandClock, deed: str
) -> None:
    reset = clock.now() + timedelta(minutes=10)
    world, x = with_x(world, waits("x_limit", reset))
    first, _ = due_tweets(world, 2)
    publish_due(world, "w")
    if deed in ("cancel", "delete"):
        plan_tweet.cancel(world, first.tweet.id, who="Léa")
    if deed == "publish":
        plan_tweet.publish(world, first.tweet.id, who="Léa")
    for _ in range(10):
        clock.advance(seconds=59)
        publish_due(world, "w")
    assert len(x.asked) == 1
    clock.set(reset + timedelta(seconds=1))
    publish_due(world, "w")
    assert len(x.posted) == (2 if deed == "publish" else 1)
    with world.db.read() as session:
        assert holds.until(session, None, clock.now()) is None


def lost(world: World, clock: HandClock) -> tuple[World, TalkingX, str]:
    """A tweet whose first request nobody can tell the outcome of."""
    world, x = with_x(world, loses)
    [made] = due_tweets(world, 1)
    publish_due(world, "w")
    return world, x, made.tweet.id


def test_one_that_is_absent_waits_while_its_campaign_pauses(world: World, clock: HandClock) -> None:
    world, x, tweet_id = lost(world, clock)
    pause(world, tweet_id, paused=True)
    work(world, clock)
    assert (len(x.asked), tweet_of(world, tweet_id).state, story_of(world, tweet_id)[-1]) == (1, "scheduled", "absent")
    pause(world, tweet_id, paused=False)
    work(world, clock, 1)
    assert (len(x.asked), tweet_of(world, tweet_id).state) == (2, "sent")


def pause(world: World, tweet_id: str, *, paused: bool) -> None:
    with world.db.write() as session:
        campaign = campaigns.find(session, session.get_one(Tweet, tweet_id).campaign_id, to_change=True)
        campaigns.pause(campaign, world.clock.now() if paused else None)


def test_of_its_two_requests_not_one_more_is_made_when_it_waited_between_them(world: World, clock: HandClock) -> None:
    world, x, tweet_id = lost(world, clock)
    pause(world, tweet_id, paused=True)
    work(world, clock)
    pause(world, tweet_id, paused=False)
    x.answers = [loses, takes]
    work(world, clock, 12)
    assert (len(x.asked), tweet_of(world, tweet_id).state) == (2, "unsure")


def test_one_that_is_absent_keeps_the_cap_and_the_account_s_wait(world: World, clock: HandClock) -> None:
    world, x, tweet_id = lost(world, clock)
    with world.db.write() as session:
        holds.put(session, None, "x_limit", clock.now() + timedelta(minutes=10))
    work(world, clock)
    assert (len(x.asked), tweet_of(world, tweet_id).state) == (1, "scheduled")
    capped = replace(world, settings=world.settings.model_copy(update={"x_monthly_cap": Decimal("0.25")}))
    clock.advance(minutes=10)
    publish_due(capped, "w")
    assert (tweet_of(world, tweet_id).state, tweet_of(world, tweet_id).problem) == ("failed", "x_cap")
    with world.db.read() as session:
        assert len(session.scalars(select(Posting)).all()) == 1


def test_a_thread_whose_part_was_taken_down_does_not_go_on_under_it(world: World, clock: HandClock) -> None:
    world, _ = with_x(world, takes, waits("x_limit", clock.now() + timedelta(minutes=5)))
    made = make_tweet(world, make_place(world), "Un {link}", parts=("Deux",))
    plan_tweet.publish(world, made.tweet.id, who="Léa")
    publish_due(world, "w")
    take_down.take_down(world, made.tweet.id, who="Léa")
    clock.advance(minutes=6)
    publish_due(world, "w")
    with world.db.read() as session:
        second = session.scalars(select(Tweet).where(Tweet.part == 2)).one()
    assert (second.state, second.problem) == ("failed", "x_part_before")


def test_a_reset_that_is_past_by_our_clock_is_no_leave_to_ask_each_second(world: World, clock: HandClock) -> None:
    reset = clock.now() + timedelta(minutes=5)  # X, whose clock is five minutes behind, means ten
    world, x = with_x(world, *[waits("x_limit", reset)] * 100)
    due_tweets(world, 1)
    for _ in range(120):
        publish_due(world, "w")
        clock.advance(seconds=5)
    assert len(x.asked) < 6


def test_what_stands_on_the_wall_is_not_taken_down_from_x(world: World) -> None:
    [made] = due_tweets(world, 1)
    publish_due(world, "w")
    real, x = with_x(world)
    with pytest.raises(Problem, match="wall_stays"):
        take_down.take_down(real, made.tweet.id, who="Léa")
    assert tweet_of(world, made.tweet.id).gone_at is None
    assert x.taken_back == []


def test_a_deletion_that_x_puts_off_costs_nothing(world: World) -> None:
    world, x = with_x(world)
    [made] = due_tweets(world, 1)
    publish_due(world, "w")
    x.delete_answers = [Later("x_down")]
    with pytest.raises(Problem):
        take_down.take_down(world, made.tweet.id, who="Léa")
    with world.db.read() as session:
        [posting] = session.scalars(select(Posting).where(Posting.what == "delete"))
        assert posting.micros == 0


def test_the_second_of_two_times_on_the_clock_stays_the_second(world: World, clock: HandClock) -> None:
    clock.set(datetime(2026, 10, 24, 9, 0, tzinfo=UTC))
    made = make_tweet(world, scheduled_at="2026-10-25T02:30+01:00", zone="Europe/Paris")
    before = tweet_of(world, made.tweet.id).scheduled_at
    keep_house(world)
    assert tweet_of(world, made.tweet.id).scheduled_at == before == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


def test_what_a_person_posted_by_another_account_is_not_gone(world: World, clock: HandClock) -> None:
    world, _ = with_x(world)
    made = make_tweet(world)
    x_id = (int(clock.now().timestamp() * 1000) - X_EPOCH_MS) << 22
    mark_posted(world, made.tweet.id, f"https://x.com/leaprivate/status/{x_id}", who="Léa")
    clock.advance(hours=3)
    read_results(world)
    assert tweet_of(world, made.tweet.id).gone_at is None


def test_results_are_not_asked_for_while_x_wants_to_be_left_alone(world: World, clock: HandClock) -> None:
    world, x = with_x(world)
    due_tweets(world, 1)
    publish_due(world, "w")
    x.look_answers = [Later("x_limit", until=clock.now() + timedelta(minutes=15))] * 5
    for _ in range(5):
        clock.advance(minutes=1)
        read_results(world)
    assert len(x.looks) == 1


def test_a_tweet_that_cannot_be_prepared_or_looked_for_holds_up_no_other(world: World, clock: HandClock) -> None:
    world, x = with_x(world, loses)
    account = make_account(world).id
    spoiled, lost = due_tweets(world, 2)
    with world.db.write() as session:
        session.execute(update(Tweet).where(Tweet.id == lost.tweet.id).values(account_id=account))
        session.execute(update(Tweet).where(Tweet.id == spoiled.tweet.id).values(text="{link3}"))
        session.execute(update(Tweet).where(Tweet.id == spoiled.tweet.id).values(poll={"options": None}))
    publish_due(world, "w")
    x.look_answers = [RuntimeError("a bug")]
    clock.advance(seconds=61)
    place, now = make_place(world), clock.now().isoformat()
    others = [make_tweet(world, place, f"Un autre {n} : {{link}}", scheduled_at=now) for n in range(2)]
    publish_due(world, "w")
    assert [tweet_of(world, each.tweet.id).state for each in others] == ["sent", "sent"]
    assert (tweet_of(world, spoiled.tweet.id).state, tweet_of(world, spoiled.tweet.id).problem) == (
        "scheduled",
        "ours_failed",
    )
    work(world, clock)
    assert tweet_of(world, lost.tweet.id).state == "sent"
