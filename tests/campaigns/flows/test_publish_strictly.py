"""Reposts, approvals, readings and letters are as strict as tweets are."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select, update

from campaigns.flows import approve_tweet, plan_tweet
from campaigns.flows.change_link import change_link
from campaigns.flows.edit_tweet import delete, edit_tweet
from campaigns.flows.keep_house import keep_house
from campaigns.flows.publish_due import publish_due
from campaigns.flows.read_results import read_results
from campaigns.flows.repost import plan_repost, send_reposts
from campaigns.flows.tell_trouble import tell_trouble
from campaigns.kernel.codes import new_id
from campaigns.kernel.errors import Problem
from campaigns.planning import campaigns
from campaigns.ports import Later, Post, Unknown
from campaigns.publishing import accounts, agendas, postings, proposals, reasons, tweets
from campaigns.publishing.postings import Posting
from campaigns.publishing.reposts import Repost
from campaigns.publishing.tweets import Tweet
from campaigns.tracking.rewriting import Wanted
from campaigns.world import World
from tests.clock import HandClock
from tests.conftest import make_user
from tests.makers.capturing import at_once
from tests.makers.publishing import (
    TalkingX,
    due_tweets,
    loses,
    make_account,
    make_place,
    make_tweet,
    refuses,
    takes,
    tweet_of,
    with_x,
)


def pause(world: World, tweet_id: str, *, paused: bool) -> None:
    with world.db.write() as session:
        campaign = campaigns.find(session, session.get_one(Tweet, tweet_id).campaign_id, to_change=True)
        campaigns.pause(campaign, world.clock.now() if paused else None)


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
    edit_tweet(world, second.id, Wanted(text="something else"), who="Léa")
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


def test_parts_of_a_thread_that_are_planned_at_one_moment_do_not_wait_for_each_other(world: World) -> None:
    place = make_place(world)
    for n in range(6):
        first = make_tweet(world, place, f"Un {n} {{link}}", parts=(f"Deux {n}", f"Trois {n}")).tweet
        with world.db.read() as session:
            ids = [part.id for part in tweets.parts(session, first)]

        def plan(which: int, ids: list[str] = ids) -> object:
            return plan_tweet.plan_tweet(world, ids[which], "2026-11-20T12:30", "Europe/Paris", who="Léa")

        refused = [each for each in at_once(3, plan) if isinstance(each, Exception)]
        assert {each.kind for each in refused if isinstance(each, Problem)} <= {"conflict"}  # and never "later"
        assert all(isinstance(each, Problem) for each in refused)


def test_the_same_repost_at_one_moment_is_planned_once(world: World) -> None:
    def plan(_: int) -> object:
        return plan_repost(world, "https://x.com/a/status/1985012345678901234", "2026-11-03T08:00", "UTC", who="Léa")

    told = at_once(4, plan)
    assert sum(isinstance(each, Repost) for each in told) == 1
    assert {each.faults[0].code for each in told if isinstance(each, Problem)} == {"repost_twice"}


def test_who_accepted_a_tweet_accepted_where_it_leads(world: World) -> None:
    strict = replace(world, settings=world.settings.model_copy(update={"approval": "required"}))
    made = make_tweet(strict)
    approve_tweet.propose(strict, made.tweet.id, "boss@x.example", when="2026-11-03T08:00", zone="UTC", who="Léa")
    with world.db.read() as session:
        proposal = proposals.newest(session, made.tweet.id).id
    approve_tweet.accept(strict, proposal)
    assert tweet_of(world, made.tweet.id).state == "scheduled"
    change_link(strict, made.link.id, lambda draft: replace(draft, name="A name"), who="Léa")
    assert tweet_of(world, made.tweet.id).state == "scheduled"
    change_link(strict, made.link.id, lambda draft: replace(draft, target="https://evil.example/"), who="Léa")
    assert (tweet_of(world, made.tweet.id).state, tweet_of(world, made.tweet.id).due_at) == ("draft", None)


def test_a_reading_is_not_begun_when_the_cap_leaves_no_room_for_what_one_costs(world: World, clock: HandClock) -> None:
    world, x = with_x(world)
    due_tweets(world, 1)
    publish_due(world, "w")
    capped = replace(world, settings=world.settings.model_copy(update={"x_monthly_cap": Decimal("0.50")}))
    with world.db.write() as session:
        postings.note(session, "read", 400_000, clock.now(), account_id=None)
    clock.advance(hours=1)
    assert read_results(capped) == 0
    assert x.looks == []
    assert read_results(world) == 1


def test_somebody_s_own_post_with_our_link_is_a_person_s_to_judge(world: World, clock: HandClock) -> None:
    def in_silence(x: TalkingX, text: str) -> Post:
        x.shown.append(
            Post("1985000000000000555", f"Look at this {text.split()[-1]}", clock.now(), (text.split()[-1],))
        )
        raise Unknown("read timeout")

    world, x = with_x(world, in_silence)
    [made] = due_tweets(world, 1)
    publish_due(world, "w")
    clock.advance(seconds=61)
    publish_due(world, "w")
    tweet = tweet_of(world, made.tweet.id)
    assert (tweet.state, tweet.problem, tweet.x_id, len(x.asked)) == ("unsure", "x_other_words", None, 1)
    assert "but not its words" in reasons.words_of_problem(tweet.state, tweet.problem or "")


@pytest.mark.parametrize("code,is_told", [("x_text_too_long", False), ("x_forbidden", True), ("x_unauthorized", True)])
def test_what_x_says_of_one_text_is_not_the_account_s_trouble(world: World, code: str, is_told: bool) -> None:
    world, _ = with_x(world, refuses(code))
    account = make_account(world)
    made = make_tweet(world, account_id=account.id, scheduled_at=world.clock.now().isoformat())
    publish_due(world, "w")
    assert tweet_of(world, made.tweet.id).problem == code
    with world.db.read() as session:
        assert accounts.find(session, account.id).problem == (code if is_told else None)


def test_a_part_that_was_deleted_lets_none_out_behind_it_unasked(world: World, clock: HandClock) -> None:
    world, x = with_x(world, takes, refuses("x_forbidden"))
    made = make_tweet(world, parts=("Two", "Three"), scheduled_at=clock.now().isoformat())
    publish_due(world, "w")
    with world.db.read() as session:
        _one, two, three = tweets.parts(session, made.tweet)
    delete(world, two.id)
    publish_due(world, "w")
    left = tweet_of(world, three.id)
    assert (left.state, left.problem, len(x.posted)) == ("scheduled", "part_deleted", 1)
    edit_tweet(world, three.id, Wanted(text="Three, better"), who="Léa")
    assert tweet_of(world, three.id).problem == "part_deleted"  # it waits still, and says so
    plan_tweet.publish(world, three.id, who="Léa")
    publish_due(world, "w")
    assert (tweet_of(world, three.id).state, len(x.posted)) == ("sent", 2)


def test_looking_for_a_tweet_is_spent_too(world: World, clock: HandClock) -> None:
    world, x = with_x(world, loses)
    x.shown += [Post(str(n), "Another one", clock.now()) for n in range(7)]
    account = make_account(world)
    make_tweet(world, account_id=account.id, scheduled_at=clock.now().isoformat())
    publish_due(world, "w")
    clock.advance(seconds=61)
    publish_due(world, "w")
    with world.db.read() as session:
        spent = session.scalars(select(Posting.micros).where(Posting.what == "read")).all()
    assert spent == [7000]
