"""Many tweets from lines of CSV: seen first, then made at once or not at all."""

from dataclasses import replace

import pytest
from sqlalchemy import func, select

from campaigns.flows.import_tweets import import_tweets
from campaigns.kernel.errors import Problem
from campaigns.publishing.batches import Batch
from campaigns.publishing.tweets import Tweet
from campaigns.tracking.links import Link
from campaigns.world import World
from tests.clock import HandClock
from tests.makers.capturing import at_once
from tests.makers.publishing import Place, make_account, make_place

GOOD = """text,scheduled_at,zone,account,reply_settings,linkless
Un : {link},2026-11-03T08:05,,,,
"Deux, et plus : {link}",03/11/2026 9h05,Europe/Paris,,following,
Le code MERCI,,,,,oui
"""


@pytest.fixture
def place(world: World) -> Place:
    return make_place(world)


def told(world: World, place: Place, text: str = GOOD, *, make: bool = False, **more: bool) -> Batch:
    return import_tweets(world, place.campaign_id, text, "Europe/Paris", who="Léa", dry_run=not make, **more)


def rows(world: World) -> list[Tweet]:
    with world.db.read() as session:
        return list(session.scalars(select(Tweet).order_by(Tweet.created_at, Tweet.id)))


def wrong(batch: Batch) -> list[tuple[int, str | None, str]]:
    return [(each.line, each.fault.field, each.fault.code) for each in batch.wrong]


@pytest.mark.both_databases
def test_a_dry_run_tells_what_would_be_made_and_makes_nothing(world: World, place: Place) -> None:
    batch = told(world, place)
    assert [(line.number, line.linkless, line.plan is not None) for line in batch.lines] == [
        (2, False, True), (3, False, True), (4, True, False),
    ]  # fmt: skip
    assert (batch.micros, batch.is_made, rows(world)) == (415_000, False, [])
    with world.db.read() as session:
        assert session.scalar(select(func.count()).select_from(Link)) == 0


@pytest.mark.both_databases
def test_all_of_them_are_made_with_their_links_and_planned(world: World, place: Place) -> None:
    assert told(world, place, make=True).is_made
    assert [(each.state, each.local_time) for each in rows(world)] == [
        ("scheduled", "2026-11-03T08:05"), ("scheduled", "2026-11-03T09:05"), ("draft", None),
    ]  # fmt: skip
    assert rows(world)[1].reply_settings == "following"
    with world.db.read() as session:
        assert session.scalar(select(func.count()).select_from(Link)) == 3


@pytest.mark.parametrize(
    "line,column,code",
    [
        ("No link,,,,,", "text", "link_missing"),
        ("é" * 300 + " {link},,,,,", "text", "text_too_long"),
        ("A {link},2020-01-01T08:00,,,,", "scheduled_at", "time_past"),
        ("A {link},tomorrow,,,,", "scheduled_at", "malformed"),
        ("A {link},2026-11-03T08:05,Mars/Base,,,", "zone", "zone_unknown"),
        ("A {link},,,@nobody,,", "account", "account_missing"),
        ("A {link},,,,friends,", "reply_settings", "not_a_choice"),
        ("A {link},,,,,perhaps", "linkless", "not_a_choice"),
        ("A {link},,,,,,more", None, "cells_too_many"),
        ("Un : {link},2026-11-05T08:05,,,,", "text", "tweet_duplicate"),
    ],
)
def test_a_line_that_is_wrong_is_told_by_its_column_and_none_is_made(
    world: World, place: Place, line: str, column: str | None, code: str
) -> None:
    batch = told(world, place, f"{GOOD}{line}\n", make=True)
    assert wrong(batch) == [(5, column, code)]
    assert (batch.is_made, rows(world)) == (False, [])


@pytest.mark.parametrize("text,code", [("", "links_none"), ("text\n" + "A {link}\n" * 501, "tweets_too_many")])
def test_nothing_and_too_much_are_refused(world: World, place: Place, text: str, code: str) -> None:
    with pytest.raises(Problem, match=code):
        told(world, place, text)


def test_an_account_is_named_by_its_handle_and_an_offer_by_its_title(world: World, place: Place) -> None:
    account = make_account(world, "rehearsal")
    text = f"text;offer;account\nA {{link}};moins 10 %;@{account.handle.upper()}\nB {{link}};Another;\n"
    assert wrong(told(world, place, text)) == [(3, "offer", "offer_missing")]
    told(world, place, text.partition("\nB")[0], make=True)
    assert [each.account_id for each in rows(world)] == [account.id]


def test_sent_again_what_is_planned_is_refused(world: World, place: Place) -> None:
    planned = GOOD.rpartition("Le code")[0]
    assert told(world, place, planned, make=True).is_made
    again = told(world, place, planned, make=True)
    assert {code for _, _, code in wrong(again)} == {"tweet_duplicate"}
    assert len(rows(world)) == 2


@pytest.mark.both_databases
def test_sent_four_times_at_once_they_are_made_once(world: World, place: Place) -> None:
    planned = GOOD.rpartition("Le code")[0]
    done = at_once(4, lambda _: told(world, place, planned, make=True).is_made)
    assert [each for each in done if each is True] == [True]
    assert len(rows(world)) == 2


def test_where_approval_is_required_a_marketers_lines_are_drafts(world: World, place: Place, clock: HandClock) -> None:
    strict = replace(world, settings=world.settings.model_copy(update={"approval": "required"}))
    assert wrong(told(strict, place)) == [(n, "scheduled_at", "approval_needed") for n in (2, 3)]
    assert told(strict, place, make=True, approves=True).is_made
