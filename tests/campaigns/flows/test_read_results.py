"""What X counts: read each hour while a post is young, once a day for a month, at a price that is noted once a day."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from sqlalchemy import select, update

from campaigns.flows.publish_due import publish_due
from campaigns.flows.read_results import read_results
from campaigns.kernel.vaults import Vault
from campaigns.publishing import postings, results
from campaigns.publishing.postings import Posting
from campaigns.publishing.results import Result
from campaigns.publishing.tweets import Tweet
from campaigns.world import World
from tests.clock import HandClock
from tests.loopback.server import Trouble
from tests.loopback.x import FakeX
from tests.makers.publishing import due_tweets, make_account, make_tweet, story_of, tweet_of

COUNTS = {"impression_count": 900, "like_count": 7, "retweet_count": 3, "reply_count": 1, "quote_count": 0,
          "bookmark_count": 2, "url_link_clicks": 40, "user_profile_clicks": 5, "engagements": 60}  # fmt: skip


@pytest.fixture
def tweet_id(real: World, x: FakeX) -> str:
    """A tweet that went out, and what X counts of it."""
    [due] = due_tweets(real, 1)
    publish_due(real, "w")
    x.tweets[0]["counts"] = dict(COUNTS)
    return due.tweet.id


def kept(world: World) -> list[Result]:
    with world.db.read() as session:
        return list(session.scalars(select(Result).order_by(Result.hour)))


def test_what_x_counts_is_kept_with_the_private_counts(real: World, tweet_id: str) -> None:
    assert read_results(real) == 1
    [told] = kept(real)
    assert (told.impressions, told.likes, told.reposts, told.link_clicks, told.engagements) == (900, 7, 3, 40, 60)
    tweet = tweet_of(real, tweet_id)
    assert tweet.impressions == 900
    with real.db.read() as session:
        assert results.impressions(session, tweet.campaign_id) == 900


def test_it_is_read_once_an_hour_and_paid_for_once_a_day(
    real: World, x: FakeX, clock: HandClock, tweet_id: str
) -> None:
    for minutes in (0, 1, 60, 1):
        clock.advance(minutes=minutes)
        read_results(real)
    assert len(x.asked("GET /2/users/1700000000000000001/tweets")) == 2
    with real.db.read() as session:
        reads = session.scalars(select(Posting.micros).where(Posting.what == "read").order_by(Posting.id)).all()
    assert reads == [1_000, 0]
    clock.advance(days=1)
    read_results(real)
    assert len(kept(real)) == 3
    with real.db.read() as session:
        assert postings.spending(session, real.settings, clock.now()).spent == 200_000 + 2_000


def test_after_two_days_once_a_day_is_enough_and_after_a_month_nothing(
    real: World, x: FakeX, clock: HandClock, tweet_id: str
) -> None:
    clock.advance(days=3)
    for _ in range(5):
        read_results(real)
        clock.advance(hours=2)
    assert len(x.asked("GET /2/users/1700000000000000001/tweets")) == 1
    clock.advance(days=30)
    assert read_results(real) == 0


def test_a_tweet_that_is_gone_from_x_is_marked_within_a_day_and_unmarked_when_it_is_back(
    real: World, x: FakeX, clock: HandClock, tweet_id: str
) -> None:
    [gone] = x.tweets
    x.tweets.clear()
    read_results(real)
    assert tweet_of(real, tweet_id).gone_at is None  # the timeline may lag
    clock.advance(hours=2)
    read_results(real)
    assert tweet_of(real, tweet_id).gone_at == clock.now()
    x.tweets.append(gone)
    clock.advance(hours=2)
    read_results(real)
    assert tweet_of(real, tweet_id).gone_at is None


def test_an_x_that_is_away_loses_nothing_and_is_asked_again(real: World, x: FakeX, tweet_id: str) -> None:
    real.clock.advance(minutes=1)  # type: ignore[attr-defined]
    with real.db.read() as session:
        assert results.since(session, None, real.clock.now()) is not None
    x.trouble("GET /2/users", Trouble(status=503), times=None)
    assert read_results(real) == 0
    assert kept(real) == []
    with real.db.read() as session:
        assert results.since(session, None, real.clock.now() + timedelta(minutes=1)) is not None


def test_while_x_is_rehearsed_nothing_is_read(world: World) -> None:
    due_tweets(world, 1)
    publish_due(world, "w")
    assert read_results(world) == 0


def test_posts_that_are_none_of_ours_are_paid_for_once_a_day_too(
    real: World, x: FakeX, clock: HandClock, tweet_id: str
) -> None:
    x.put("Written on X itself")
    for _ in range(3):
        clock.advance(hours=1)
        read_results(real)
    clock.advance(minutes=1)
    x.put("Another one")
    clock.advance(hours=1)
    read_results(real)
    with real.db.read() as session:
        reads = session.scalars(select(Posting.micros).where(Posting.what == "read").order_by(Posting.id)).all()
    assert reads == [2_000, 0, 0, 1_000]


def test_an_account_whose_keys_cannot_be_read_stops_no_other(real: World, x: FakeX, tweet_id: str) -> None:
    closed = make_account(real)
    due = make_tweet(real, text="Par un autre compte : {link}").tweet.id
    with real.db.write() as session:
        values = {"account_id": closed.id, "state": "sent", "sent_at": real.clock.now(), "x_id": "1"}
        session.execute(update(Tweet).where(Tweet.id == due).values(values))
    other = replace(real, vault=Vault(["another secret key, as long as it must be"]))
    assert read_results(other) == 1
    assert [told.tweet_id for told in kept(real)] == [tweet_id]


def test_a_tweet_that_was_edited_on_x_isnt_gone_and_goes_on_counting(
    real: World, x: FakeX, clock: HandClock, tweet_id: str
) -> None:
    before = tweet_of(real, tweet_id)
    ids = [before.x_id]
    for text in ("N°", "No."):
        clock.advance(hours=2)
        ids.append(x.edit(x.tweets[0]["id"], x.tweets[0]["text"].replace("Numéro", text)))
        read_results(real)
    now = tweet_of(real, tweet_id)
    assert (now.gone_at, now.x_id, len(set(ids))) == (None, ids[-1], 3)
    assert now.x_url == (before.x_url or "").replace(f"{ids[0]}", f"{ids[-1]}")
    assert [told.impressions for told in kept(real)] == [900, 900]
    assert story_of(real, tweet_id)[-2:] == ["edited_on_x"] * 2


def test_what_was_gained_in_a_period_is_what_x_told_at_its_ends(
    real: World, x: FakeX, clock: HandClock, tweet_id: str
) -> None:
    begins = clock.now()
    for told in (900, 1_500, 1_700):
        x.tweets[0]["counts"]["impression_count"] = told
        read_results(real)
        clock.advance(days=1)
    days = [begins + timedelta(days=n) for n in range(4)]
    with real.db.read() as session:
        gained = [results.impressions(session, None, *span) for span in pairwise(days)]
        assert gained == [900, 600, 200]
        assert results.impressions(session, None, days[1], days[3]) == 800
        assert results.impressions(session, None) == 1_700
        assert results.impressions(session, None, days[3], None) == 0
        assert results.impressions(session, None, None, begins - timedelta(hours=2)) is None
