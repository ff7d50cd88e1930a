from dataclasses import replace

import pytest
from pydantic import SecretStr

from campaigns.flows.plan_tweet import plan_tweet, publish
from campaigns.flows.write_tweet import TweetDraft, write_tweet
from campaigns.kernel.errors import Problem
from campaigns.world import World
from tests.makers.publishing import TEXT, make_account, make_place, make_tweet, tweet_of, with_x


def test_a_tweet_is_a_draft_with_a_link_of_its_own(world: World) -> None:
    place = make_place(world)
    first, second = make_tweet(world, place), make_tweet(world, place)
    assert (first.tweet.state, first.tweet.text, first.weight) == ("draft", TEXT, 50)
    assert first.url == f"http://localhost/l/{first.link.code}"
    assert first.link.code != second.link.code
    assert first.link.content == f"t-{first.tweet.key}"
    assert (first.link.tweet_id, first.link.offer_id) == (first.tweet.id, place.offer_id)


def test_a_tweet_may_be_planned_as_it_is_written(world: World) -> None:
    made = make_tweet(world, scheduled_at="2026-11-03T08:05", zone="Europe/Paris")
    tweet = tweet_of(world, made.tweet.id)
    assert tweet.state == "scheduled"
    assert tweet.scheduled_at is not None
    assert tweet.scheduled_at.isoformat() == "2026-11-03T07:05:00+00:00"
    assert (tweet.due_at, tweet.local_time, tweet.zone) == (tweet.scheduled_at, "2026-11-03T08:05", "Europe/Paris")
    assert tweet.rehearsed  # X has no keys here


def test_every_fault_is_told_at_once(world: World) -> None:
    draft = TweetDraft("nothing", "nothing", "No link", "2026-11-01T08:05", "Europe/Paris")
    with pytest.raises(Problem) as refused:
        write_tweet(world, draft, who="Léa")
    assert {(f.field, f.code) for f in refused.value.faults} == {
        ("text", "link_missing"), ("scheduled_at", "time_past"), ("campaign_id", "campaign_missing"),
    }  # fmt: skip


def test_an_offer_of_another_campaign_is_no_offer_of_this_one(world: World) -> None:
    here, there = make_place(world), make_place(world)
    with pytest.raises(Problem) as refused:
        write_tweet(world, TweetDraft(here.campaign_id, there.offer_id, TEXT), who="Léa")
    assert [(f.field, f.code) for f in refused.value.faults] == [("offer_id", "offer_missing")]


def test_a_link_that_would_lead_nowhere_is_not_planned(world: World) -> None:
    place = make_place(world, online=False)
    assert make_tweet(world, place).tweet.state == "draft"
    with pytest.raises(Problem) as refused:
        make_tweet(world, place, scheduled_at="2026-11-03T08:05Z")
    assert (refused.value.kind, refused.value.faults[0].code) == ("conflict", "no_page_online")


def test_where_no_account_is_the_usual_one_a_planned_tweet_names_its_account(world: World) -> None:
    world, _ = with_x(world)
    none = replace(world, settings=world.settings.model_copy(update={"x_access_token": SecretStr("")}))
    place, when = make_place(world), "2026-11-03T08:05Z"
    draft = make_tweet(none, place)
    for plan in (
        lambda: make_tweet(none, place, scheduled_at=when),
        lambda: plan_tweet(none, draft.tweet.id, when, "UTC", who="Léa"),
        lambda: publish(none, draft.tweet.id, who="Léa"),
    ):
        with pytest.raises(Problem) as refused:
            plan()
        assert [(f.field, f.code) for f in refused.value.faults] == [("account_id", "account_needed")]
    assert make_tweet(none, place, scheduled_at=when, account_id=make_account(none).id).tweet.state == "scheduled"
