"""Once and not twice, whatever is written, whoever hears of it, and wherever the clock stands."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select, update

from campaigns.flows import approve_tweet, plan_tweet, resolve_unsure, take_down
from campaigns.flows.edit_tweet import edit_tweet
from campaigns.flows.keep_house import keep_house
from campaigns.flows.mark_posted import mark_posted
from campaigns.flows.publish_due import publish_due
from campaigns.flows.read_results import read_results
from campaigns.flows.repost import plan_repost, send_reposts
from campaigns.flows.tell_trouble import tell_trouble
from campaigns.kernel.codes import new_id
from campaigns.kernel.errors import Problem
from campaigns.planning import campaigns
from campaigns.ports import Later, Post, Unknown
from campaigns.publishing import agendas, holds, proposals, tweets
from campaigns.publishing.addresses import X_EPOCH_MS
from campaigns.publishing.postings import Posting
from campaigns.publishing.reposts import Repost
from campaigns.publishing.tweets import Tweet
from campaigns.world import World
from tests.clock import HandClock
from tests.conftest import make_user
from tests.makers.publishing import (
    TalkingX,
    due_tweets,
    loses,
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


def plan_reposts(world: World, count: int, **more: object) -> None:
    for n in range(count):
        plan_repost(world, f"https://x.com/a/status/198501234567890{n}", "", None, who="Léa", **more)  # type: ignore[arg-type]


def test_reposts_wait_as_x_said_to_the_account(world: World, clock: HandClock) -> None:
    world, x = with_x(world)
    x.repost_answers = [Later("x_limit", until=clock.now() + timedelta(minutes=10))]
    plan_reposts(world, 3)
    send_reposts(world)
    assert len(x.reposted) == 1
    clock.advance(minutes=10, seconds=1)
    send_reposts(world)
    assert len(x.reposted) == 4


def test_a_repost_planned_for_the_wall_is_never_made_on_x(world: World, clock: HandClock) -> None:
    plan_repost(world, "https://x.com/a/status/1985012345678901234", "2026-11-03T08:00", "UTC", who="Léa")
    real, x = with_x(world)
    clock.set(datetime(2026, 11, 3, 8, 0, tzinfo=UTC))
    send_reposts(real)
    keep_house(real)
    send_reposts(real)
    assert x.reposted == []
    with world.db.read() as session:
        [repost] = session.scalars(select(Repost))
        assert (repost.state, repost.problem) == ("failed", "rehearsal_over")


def test_a_repost_waits_while_the_campaign_of_its_tweet_pauses(world: World, clock: HandClock) -> None:
    world, x = with_x(world)
    [made] = due_tweets(world, 1)
    publish_due(world, "w")
    plan_repost(world, "", "2026-11-03T08:00", "UTC", who="Léa", tweet_id=made.tweet.id)
    pause(world, made.tweet.id, paused=True)
    clock.set(datetime(2026, 11, 3, 8, 0, tzinfo=UTC))
    send_reposts(world)
    assert x.reposted == []
    pause(world, made.tweet.id, paused=False)
    send_reposts(world)
    assert len(x.reposted) == 1


def test_where_somebody_must_accept_a_tweet_not_everybody_reposts(world: World) -> None:
    strict = replace(world, settings=world.settings.model_copy(update={"approval": "required"}))
    with pytest.raises(Problem, match="approval_repost"):
        plan_reposts(strict, 1)
    plan_reposts(strict, 1, approves=True)


def test_nobody_is_asked_for_their_own_word(world: World) -> None:
    strict = replace(world, settings=world.settings.model_copy(update={"approval": "required"}))
    lea = make_user(world, "marketer")
    made = make_tweet(world)
    with pytest.raises(Problem, match="approval_own"):
        approve_tweet.propose(strict, made.tweet.id, f" {lea.email.upper()} ", who=lea.name, user_id=lea.id)
    assert tweet_of(world, made.tweet.id).state == "draft"


def test_a_word_for_a_thread_is_for_the_parts_that_were_read(world: World) -> None:
    made = make_tweet(world, text="one {link}", parts=("two",))
    approve_tweet.propose(world, made.tweet.id, "boss@x.example", who="Léa")
    with world.db.read() as session:
        proposal = proposals.newest(session, made.tweet.id).id
        second = tweets.parts(session, tweets.find(session, made.tweet.id))[1]
    assert [part.tweet.text for part in approve_tweet.opened(world, proposal).parts] == ["one {link}", "two"]
    edit_tweet(world, second.id, "something else", who="Léa")
    approve_tweet.propose(world, second.id, "friend@x.example", who="Léa")
    with pytest.raises(Problem, match="proposal_over"):
        approve_tweet.accept(world, proposal)
    assert tweet_of(world, second.id).state == "proposed"


def test_of_very_many_failures_each_is_told(world: World, clock: HandClock) -> None:
    make_user(world, "admin")
    place = make_place(world)
    for n in range(3):
        make_tweet(world, place, f"N {n} {{link}}")
    with world.db.write() as session:
        session.execute(update(Tweet).values(state="failed", problem="x_forbidden", updated_at=clock.now()))
    assert tell_trouble(world) == 3
    assert tell_trouble(world) == 0


def test_a_feed_shows_what_is_to_come_before_what_was(world: World, clock: HandClock) -> None:
    place = make_place(world)
    for n in range(3):
        make_tweet(world, place, f"N {n} {{link}}", scheduled_at=(clock.now() + timedelta(days=1 + n)).isoformat())
    with world.db.write() as session:
        known = session.scalars(select(Tweet).limit(1)).one()
        for n in range(agendas.MOST):
            session.add(
                Tweet(
                    id=new_id(), key=f"k{n}", campaign_id=known.campaign_id, offer_id=known.offer_id, text="x",
                    state="sent", sent_at=clock.now() - timedelta(hours=n + 1), attempts=0, looks=0, unknowns=0,
                    by_hand=False, rehearsed=True, part=1, linkless=True, version=1, created_at=clock.now(),
                    updated_at=clock.now(),
                )
            )  # fmt: skip
    with world.db.read() as session:
        found = agendas.between(session, clock.now() - timedelta(days=31), clock.now() + timedelta(days=366))
    assert [each.state for each in found][-4:] == ["sent", "scheduled", "scheduled", "scheduled"]
    assert found[-4].sent_at == clock.now() - timedelta(hours=1)
