from datetime import timedelta

import pytest

from campaigns.flows import plan_tweet
from campaigns.flows.edit_tweet import edit_tweet
from campaigns.flows.mark_posted import mark_posted
from campaigns.kernel.errors import Problem
from campaigns.publishing import plans, reasons, tweets
from campaigns.publishing.calendars import Plan
from campaigns.tracking import linked
from campaigns.tracking.rewriting import Wanted
from campaigns.world import World
from tests.clock import HandClock
from tests.makers.publishing import changes_of, due_tweets, make_place, make_tweet, story_of, tweet_of


def test_every_change_is_written_down_with_who_and_why(world: World, clock: HandClock) -> None:
    made = make_tweet(world, scheduled_at="2026-11-03T08:05", zone="Europe/Paris")
    clock.advance(minutes=1)
    plan_tweet.cancel(world, made.tweet.id, who="Tom Le Goff")
    told = [(c.before, c.after, c.who, c.why) for c in changes_of(world, made.tweet.id)]
    assert told == [
        (None, "draft", "Léa Martin", "written"),
        ("draft", "scheduled", "Léa Martin", "planned"),
        ("scheduled", "draft", "Tom Le Goff", "cancelled"),
    ]
    assert all(reasons.words(why) != why for *_, why in told)


def test_a_change_of_what_was_read_too_long_ago_is_refused(world: World) -> None:
    made = make_tweet(world)
    stale = tweet_of(world, made.tweet.id)
    edit_tweet(world, made.tweet.id, Wanted(text="Autre texte {link}"), who="Léa")
    with pytest.raises(Problem) as refused, world.db.write() as session:
        tweets.change(session, stale, "sent", who="w", why="posted", now=world.clock.now())
    assert (refused.value.kind, refused.value.faults[0].code) == ("conflict", "tweet_changed")
    assert tweet_of(world, made.tweet.id).state == "draft"


def test_keys_fit_into_a_utm_tag(world: World) -> None:
    place = make_place(world)
    keys = {make_tweet(world, place).tweet.key for _ in range(5)}
    assert len(keys) == 5
    assert all(len(key) == 7 and key.isalnum() and key == key.lower() for key in keys)


def test_lists_are_cut_and_go_on_where_they_were_cut(world: World, clock: HandClock) -> None:
    here, there = make_place(world), make_place(world)
    made = []
    for _ in range(3):
        made.append(make_tweet(world, here).tweet.id)
        make_tweet(world, there)
        clock.advance(seconds=1)
    now = world.clock.now()
    with world.db.read() as session:
        first = linked.list_page(session, world.settings, now, campaign_id=here.campaign_id, limit=2)
        rest = linked.list_page(session, world.settings, now, campaign_id=here.campaign_id, limit=2, before=first.next)
        all_of_them = linked.list_page(session, world.settings, now)
        sent = linked.list_page(session, world.settings, now, state="sent")
    assert [each.tweet.id for each in (*first.items, *rest.items)] == made[::-1]
    assert (rest.next, len(all_of_them.items), sent.items) == (None, 6, [])


def test_an_unknown_tweet_is_missing_whatever_its_id(world: World) -> None:
    for tweet_id in ("0193a1b2-0000-7000-8000-00000000000a", "x", "'; DROP TABLE tweets; --", "\x00"):
        with pytest.raises(Problem) as refused, world.db.read() as session:
            tweets.find(session, tweet_id)
        assert refused.value.kind == "missing"


def test_the_same_text_again_is_told_but_not_refused(world: World, clock: HandClock) -> None:
    place = make_place(world)
    first = make_tweet(world, place)
    assert not make_tweet(world, place).repeats  # two drafts: nothing is repeated yet
    mark_posted(world, first.tweet.id, "https://x.com/feuillet/status/20", who="Léa")
    assert make_tweet(world, place).repeats
    assert not make_tweet(world, place, "Un autre {link}").repeats
    clock.advance(hours=25)
    assert not make_tweet(world, place).repeats
    planned = make_tweet(world, place, "Demain {link}", scheduled_at="2026-11-05T08:00Z")
    assert not planned.repeats
    assert make_tweet(world, place, "Demain {link}").repeats


def test_a_plan_for_the_rehearsal_is_a_draft_again_when_x_is_connected(world: World) -> None:
    planned, draft = make_tweet(world, scheduled_at="2026-11-03T08:00Z"), make_tweet(world)
    assert planned.tweet.rehearsed
    with world.db.write() as session:
        assert plans.end_rehearsal(session, "system", world.clock.now()) == 1
        assert plans.end_rehearsal(session, "system", world.clock.now()) == 0
    tweet = tweet_of(world, planned.tweet.id)
    assert (tweet.state, tweet.rehearsed, tweet.due_at, tweet.text) == ("draft", False, None, planned.tweet.text)
    assert story_of(world, planned.tweet.id)[-1] == "rehearsal_over"
    assert story_of(world, draft.tweet.id) == ["written"]


def test_a_plan_follows_the_rules_of_its_zone(world: World, clock: HandClock) -> None:
    # What a new version of the rules looks like: the kept instant isn't the one that the clocks give any more.
    made = make_tweet(world, scheduled_at="2026-11-03T08:05", zone="Europe/Paris")
    now = world.clock.now()
    with world.db.write() as session:
        tweet = tweets.find(session, made.tweet.id)
        kept = Plan(tweet.scheduled_at + timedelta(hours=1), tweet.local_time, tweet.zone)  # type: ignore[operator]
        tweets.schedule(session, tweet, kept, rehearsed=True, who="test", why="planned", now=now)
    with world.db.write() as session:
        assert plans.follow_clocks(session, "system", now) == 1
        assert plans.follow_clocks(session, "system", now) == 0
    tweet = tweet_of(world, made.tweet.id)
    assert tweet.scheduled_at == tweet.due_at == made.tweet.scheduled_at
    assert tweet.local_time == "2026-11-03T08:05"


def test_what_is_due_does_not_move_with_the_clocks(world: World) -> None:
    [made] = due_tweets(world, 1)
    with world.db.write() as session:
        assert plans.follow_clocks(session, "system", world.clock.now()) == 0
    assert tweet_of(world, made.tweet.id).version == made.tweet.version
