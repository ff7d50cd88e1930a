"""A tweet is rewritten whole: its account, its poll, who may answer, and the parts behind it."""

from dataclasses import replace

import pytest

from campaigns.flows import approve_tweet
from campaigns.flows.edit_tweet import edit_tweet
from campaigns.flows.mark_posted import mark_posted
from campaigns.flows.plan_tweet import plan_tweet
from campaigns.flows.publish_due import publish_due
from campaigns.kernel.errors import Problem
from campaigns.ports import Account
from campaigns.publishing import tweets
from campaigns.publishing.tweets import Tweet
from campaigns.tracking import links
from campaigns.tracking.rewriting import Wanted
from campaigns.world import World
from tests.makers.capturing import at_once
from tests.makers.publishing import make_account, make_place, make_tweet, story_of, tweet_of
from tests.makers.tracking import follow

WHEN = "2026-11-03T08:05Z"


def parts_of(world: World, tweet_id: str) -> list[Tweet]:
    with world.db.read() as session:
        return tweets.parts(session, tweets.find(session, tweet_id))


def rewrite(world: World, tweet_id: str, **wanted: object) -> Tweet:
    return edit_tweet(world, tweet_id, Wanted(**wanted), who="Léa").tweet  # type: ignore[arg-type]


def test_all_of_a_draft_becomes_another_and_what_is_not_named_stays(world: World) -> None:
    account = make_account(world, "rehearsal", Account("w1", "feuillet_test", "Feuillet"))
    made = make_tweet(world, poll_options=("Oui", "Non")).tweet
    changed = rewrite(world, made.id, account_id=account.id, reply_settings="following", linkless=True)
    assert (changed.account_id, changed.reply_settings, changed.linkless) == (account.id, "following", True)
    assert (changed.text, changed.poll) == (made.text, made.poll)
    changed = rewrite(world, made.id, text="Sans lien", poll_options=(), account_id="")
    assert (changed.text, changed.poll, changed.account_id, changed.linkless) == ("Sans lien", None, None, True)
    assert story_of(world, made.id) == ["written", "edited", "edited"]


def test_parts_are_changed_added_and_taken_out(world: World) -> None:
    made = make_tweet(world, parts=("Deux", "Trois {link}"), scheduled_at=WHEN).tweet
    assert rewrite(world, made.id, parts=("Deux bis", "", "Quatre {link}")).state == "scheduled"
    found = parts_of(world, made.id)
    assert [(each.text, each.state, each.due_at is None) for each in found] == [
        (made.text, "scheduled", False), ("Deux bis", "scheduled", True), ("Quatre {link}", "scheduled", True)
    ]  # fmt: skip
    assert [each.part for each in found] == sorted({each.part for each in found})
    with world.db.read() as session:
        codes = [links.of_tweet(session, each.id) for each in found]
    assert len({link.code for link in codes if link}) == 3
    world.clock.advance(days=2)  # type: ignore[attr-defined]
    assert publish_due(replace(world, settings=world.settings.model_copy(update={"late_limit_s": 10**7})), "w") == 3
    assert {each.state for each in parts_of(world, made.id)} == {"sent"}


def test_one_tweet_becomes_a_thread_and_one_again(world: World) -> None:
    made = make_tweet(world).tweet
    rewrite(world, made.id, parts=("Deux",))
    assert [each.text for each in parts_of(world, made.id)] == [made.text, "Deux"]
    rewrite(world, made.id, parts=("",))
    assert [each.text for each in parts_of(world, made.id)] == [made.text]


def test_a_part_whose_link_was_opened_stays_and_nothing_else_is_changed(world: World) -> None:
    made = make_tweet(world, parts=("Deux {link}",)).tweet
    second = parts_of(world, made.id)[1]
    with world.db.read() as session:
        link = links.of_tweet(session, second.id)
    assert link
    assert follow(world, link.code)
    with pytest.raises(Problem, match="tweet_followed"):
        rewrite(world, made.id, text="Autre {link}", parts=("",))
    assert [each.text for each in parts_of(world, made.id)] == [made.text, "Deux {link}"]


def test_every_field_s_fault_is_told_at_once(world: World) -> None:
    made = make_tweet(world, parts=("Deux",)).tweet
    with pytest.raises(Problem) as refused:
        rewrite(
            world, made.id, text="é" * 300, parts=("a" * 300, "b" * 300), account_id="x", poll_options=("Oui",)
        )  # fmt: skip
    fields = {fault.field for fault in refused.value.faults}
    assert fields == {"account_id", "text", "part_1", "part_2", "poll_options"}
    assert tweet_of(world, made.id).version == made.version


def test_words_that_are_planned_elsewhere_are_not_taken_by_one_that_is_planned(world: World) -> None:
    place = make_place(world)
    first = make_tweet(world, place, scheduled_at=WHEN).tweet
    second = make_tweet(world, place, "Autre {link}", scheduled_at=WHEN).tweet
    with pytest.raises(Problem, match="tweet_duplicate"):
        rewrite(world, second.id, text=first.text)
    assert tweet_of(world, second.id).text == "Autre {link}"


def test_a_planned_tweet_moves_to_an_account_that_only_rehearses_and_back(world: World) -> None:
    account = make_account(world)
    made = make_tweet(world, account_id=account.id, scheduled_at=WHEN).tweet
    assert (made.rehearsed, rewrite(world, made.id, account_id="").rehearsed) == (False, True)
    assert rewrite(world, made.id, account_id=account.id).rehearsed is False


def test_what_somebody_accepted_is_a_draft_when_a_part_is_added(world: World) -> None:
    strict = replace(world, settings=world.settings.model_copy(update={"approval": "required"}))
    made = make_tweet(world).tweet
    approve_tweet.propose(strict, made.id, "ines@feuillet.example", when="2026-11-03T08:05", zone="UTC", who="Léa")
    with world.db.read() as session:
        proposal_id = approve_tweet.proposals.newest(session, made.id).id
    approve_tweet.accept(strict, proposal_id)
    assert tweet_of(world, made.id).state == "scheduled"
    assert rewrite(strict, made.id, parts=("Encore",)).state == "draft"
    with pytest.raises(Problem, match="approval_needed"):
        plan_tweet(strict, made.id, WHEN, None, who="Léa")


def test_the_same_place_written_by_two_at_one_moment_is_one_part_the_later_one_s(world: World) -> None:
    made = make_tweet(world).tweet
    outcomes = at_once(2, lambda n: rewrite(world, made.id, parts=(f"Part {n}",)))
    assert [each for each in outcomes if isinstance(each, Exception)] == []
    first, second = parts_of(world, made.id)
    assert (first.part, second.part) == (1, 2)
    assert second.text in ("Part 0", "Part 1")


def test_what_is_out_is_rewritten_no_more(world: World) -> None:
    made = make_tweet(world).tweet
    mark_posted(world, made.id, "https://x.com/a/status/20", who="Léa")
    with pytest.raises(Problem, match="tweet_gone_out"):
        rewrite(world, made.id, reply_settings="following")
