"""Approval: proposed by mail, accepted or sent back by a link or a member, and what was approved is what goes out."""

import re
from dataclasses import replace

import pytest

from campaigns.flows.approve_tweet import accept, ask_changes, opened, proposal_of, propose, withdraw
from campaigns.flows.attach_media import attach
from campaigns.flows.edit_tweet import edit_tweet
from campaigns.flows.plan_tweet import move, plan_tweet, publish
from campaigns.flows.publish_due import publish_due
from campaigns.kernel.errors import Problem
from campaigns.publishing import proposals, slots
from campaigns.publishing.proposals import Proposal
from campaigns.tracking.rewriting import Wanted
from campaigns.world import World
from tests.clock import HandClock
from tests.makers.capturing import at_once, mails_of
from tests.makers.people import make_member
from tests.makers.planning import picture_bytes
from tests.makers.publishing import make_place, make_tweet, story_of, tweet_of

WHO, WHEN = "ines@feuillet.example", "2026-11-03T08:05"


@pytest.fixture
def strict(world: World) -> World:
    """Where nothing goes out without somebody's word."""
    return replace(world, settings=world.settings.model_copy(update={"approval": "required"}))


def proposed(world: World, when: str = WHEN, **more: str) -> str:
    tweet_id = make_tweet(world, make_place(world)).tweet.id
    propose(world, tweet_id, WHO, "Please", when, "Europe/Paris", who="Léa Martin", **more)
    return tweet_id


def proposal(world: World, tweet_id: str) -> Proposal:
    with world.db.read() as session:
        found = proposals.last(session, tweet_id)
    assert found
    return found


def token_of(world: World) -> str:
    found = re.search(r"/approve/(\S+)", mails_of(world)[-1]["text"])
    assert found
    return found[1]


def test_whoever_is_asked_gets_a_letter_with_the_words_and_accepts_by_its_link(world: World, clock: HandClock) -> None:
    tweet_id = proposed(world)
    [mail] = mails_of(world)
    assert mail["to"] == WHO
    for told in ("Léa Martin", "/l/", "2026-11-03 08:05 (Europe/Paris)", "Please"):
        assert told in mail["text"]
    found = opened(world, proposal_of(world, token_of(world)))
    assert (found.tweet.state, found.parts[0].tweet.id) == ("proposed", tweet_id)
    accept(world, found.proposal.id)
    tweet = tweet_of(world, tweet_id)
    assert (tweet.state, tweet.local_time, tweet.due_at) == ("scheduled", WHEN, tweet.scheduled_at)
    assert story_of(world, tweet_id) == ["written", "proposed", "approved", "planned"]
    assert proposal(world, tweet_id).answered_by == WHO
    clock.set(tweet.scheduled_at)  # type: ignore[arg-type]
    assert publish_due(world, "w") == 1


def test_changes_are_asked_for_with_a_word_and_its_writer_is_told(world: World) -> None:
    lea = make_member(world)
    tweet_id = proposed(world, user_id=lea.id)
    found = proposal(world, tweet_id)
    with pytest.raises(Problem, match="required"):
        ask_changes(world, found.id, " ")
    ask_changes(world, found.id, "Shorter, please")
    assert (tweet_of(world, tweet_id).state, tweet_of(world, tweet_id).scheduled_at) == ("draft", None)
    told = mails_of(world)[-1]
    assert (told["to"], "Shorter, please" in told["text"]) == (lea.email, True)
    for again in (lambda: accept(world, found.id), lambda: ask_changes(world, found.id, "Again")):
        with pytest.raises(Problem, match="proposal_over"):
            again()


def test_without_a_time_or_with_one_that_is_past_it_is_approved_and_waits_for_its_writer(
    world: World, clock: HandClock
) -> None:
    for when in ("", WHEN):
        tweet_id = proposed(world, when) if not when else make_tweet(world, make_place(world), "Autre {link}").tweet.id
        if when:
            propose(world, tweet_id, WHO, "", when, "Europe/Paris", who="Léa")
            clock.advance(days=3)
        accept(world, proposal(world, tweet_id).id)
        assert tweet_of(world, tweet_id).state == "approved"
        publish(world, tweet_id, who="Léa")
        assert tweet_of(world, tweet_id).state == "scheduled"


@pytest.mark.parametrize("how", ["text", "picture", "withdrawn", "again"])
def test_what_was_asked_about_is_what_is_answered(world: World, how: str) -> None:
    tweet_id = proposed(world)
    first = proposal(world, tweet_id)
    if how == "text":
        edit_tweet(world, tweet_id, Wanted(text="Other words {link}"), who="Léa")
    elif how == "picture":
        attach(world, tweet_id, picture_bytes(), who="Léa")
    elif how == "withdrawn":
        withdraw(world, tweet_id, who="Léa")
    else:
        propose(world, tweet_id, "tom@feuillet.example", who="Léa")
    with pytest.raises(Problem, match="proposal_over"):
        accept(world, first.id)
    with pytest.raises(Problem, match="proposal_over"):
        opened(world, first.id)
    assert tweet_of(world, tweet_id).state == ("proposed" if how == "again" else "draft")


def test_a_link_that_is_forged_or_old_opens_nothing(world: World, clock: HandClock) -> None:
    proposed(world)
    token = token_of(world)
    with pytest.raises(Problem, match="token_forged"):
        proposal_of(world, token[:-4] + "AAAA")
    clock.advance(days=15)
    with pytest.raises(Problem, match="token_expired"):
        proposal_of(world, token)


@pytest.mark.parametrize(
    "email,note,when,code",
    [
        ("", "", "", "required"),
        ("nobody", "", "", "email_malformed"),
        (WHO, "x" * 1001, "", "too_long"),
        (WHO, "", "2020-01-01T08:00", "time_past"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_changes(world: World, email: str, note: str, when: str, code: str) -> None:
    tweet_id = make_tweet(world, make_place(world)).tweet.id
    with pytest.raises(Problem, match=code):
        propose(world, tweet_id, email, note, when, "Europe/Paris", who="Léa")
    assert (tweet_of(world, tweet_id).state, mails_of(world)) == ("draft", [])


def test_where_approval_is_required_nothing_goes_out_without_it(strict: World, clock: HandClock) -> None:
    tweet_id = make_tweet(strict, make_place(strict)).tweet.id
    for deed in (
        lambda: publish(strict, tweet_id, who="Léa"),
        lambda: plan_tweet(strict, tweet_id, WHEN, "Europe/Paris", who="Léa"),
        lambda: make_tweet(strict, make_place(strict), "Un autre {link}", scheduled_at=WHEN, zone="Europe/Paris"),
    ):
        with pytest.raises(Problem, match="approval_needed"):
            deed()
    propose(strict, tweet_id, WHO, "", WHEN, "Europe/Paris", who="Léa")
    with pytest.raises(Problem, match="approval_needed"):
        publish(strict, tweet_id, who="Léa")
    accept(strict, proposal(strict, tweet_id).id)
    assert move(strict, tweet_id, "2026-11-04", "Europe/Paris", who="Léa")[0].tweet.state == "scheduled"
    with pytest.raises(Problem, match="approval_needed"):
        plan_tweet(strict, tweet_id, WHEN, "Europe/Paris", who="Léa", wanted=Wanted(text="Other words {link}"))
    edit_tweet(strict, tweet_id, Wanted(text="Other words {link}"), who="Léa")
    assert (tweet_of(strict, tweet_id).state, tweet_of(strict, tweet_id).due_at) == ("draft", None)
    clock.advance(days=2)
    assert publish_due(strict, "w") == 0
    assert publish(strict, tweet_id, who="Inès", approves=True).tweet.state == "scheduled"


def test_a_picture_that_nobody_approved_takes_the_plan_back(strict: World) -> None:
    tweet_id = proposed(strict)
    accept(strict, proposal(strict, tweet_id).id)
    attach(strict, tweet_id, picture_bytes(), who="Léa")
    assert tweet_of(strict, tweet_id).state == "draft"


def test_nobody_accepts_their_own_where_it_is_required(strict: World) -> None:
    ines = make_member(strict)
    tweet_id = proposed(strict, user_id=ines.id)
    with pytest.raises(Problem, match="approval_own"):
        accept(strict, proposal(strict, tweet_id).id, who="Inès", user_id=ines.id)
    assert accept(strict, proposal(strict, tweet_id).id, who="Tom", user_id="another").tweet.state == "scheduled"


def test_a_thread_is_proposed_and_accepted_whole(strict: World) -> None:
    first = make_tweet(strict, make_place(strict), parts=("The second", "The third")).tweet
    propose(strict, first.id, WHO, "", WHEN, "Europe/Paris", who="Léa")
    found = opened(strict, proposal(strict, first.id).id)
    assert [each.tweet.part for each in found.parts] == [1, 2, 3]
    second = found.parts[1].tweet
    edit_tweet(strict, second.id, Wanted(text="Another second"), who="Léa")
    with pytest.raises(Problem, match="proposal_over"):
        accept(strict, found.proposal.id)
    propose(strict, first.id, WHO, "", WHEN, "Europe/Paris", who="Léa")
    accept(strict, proposal(strict, first.id).id)
    assert {tweet_of(strict, each.tweet.id).state for each in found.parts} == {"scheduled"}


@pytest.mark.both_databases
def test_of_six_answers_at_once_one_counts(world: World) -> None:
    tweet_id = proposed(world)
    found = proposal(world, tweet_id)

    def answer(n: int) -> str:
        told = accept(world, found.id) if n % 2 else ask_changes(world, found.id, "Shorter")
        return told.tweet.state

    told = at_once(6, answer)
    assert sum(isinstance(each, str) for each in told) == 1
    assert {each.faults[0].code for each in told if isinstance(each, Problem)} <= {"proposal_over", "tweet_changed"}


def test_a_word_that_comes_after_the_moment_lets_nothing_out_and_says_so(world: World, clock: HandClock) -> None:
    lea = make_member(world)
    tweet_id = proposed(world, user_id=lea.id)
    clock.advance(days=2)
    accept(world, proposal(world, tweet_id).id)
    tweet = tweet_of(world, tweet_id)
    assert (tweet.state, tweet.problem, tweet.scheduled_at, tweet.due_at) == ("approved", "accepted_late", None, None)
    assert "accepted after its moment" in mails_of(world)[-1]["text"]
    again = plan_tweet(world, tweet_id, "2026-11-09T08:05", "Europe/Paris", who="Léa Martin").tweet
    assert (again.state, again.problem) == ("scheduled", None)


def test_one_is_proposed_for_the_next_slot(world: World) -> None:
    with world.db.write() as session:
        slots.add(session, ["3"], "08:05", "Europe/Paris")
    tweet_id = proposed(world, when="queue")
    other = make_tweet(world, text="Another {link}", scheduled_at="queue").tweet
    assert tweet_of(world, tweet_id).local_time == "2026-11-05T08:05"
    assert other.local_time == "2026-11-12T08:05"  # the other one's is taken before anybody accepted it
