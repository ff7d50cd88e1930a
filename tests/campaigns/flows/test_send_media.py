"""Pictures and films go to X ahead of their tweets, and hold up nobody else's."""

from datetime import datetime, timedelta

import pytest

from campaigns.flows.attach_media import attach, describe
from campaigns.flows.plan_tweet import publish
from campaigns.flows.publish_due import publish_due
from campaigns.flows.send_media import FILMS, PICTURES, send_media
from campaigns.publishing import media
from campaigns.publishing.media import TweetMedia
from campaigns.world import World
from tests.clock import HandClock
from tests.loopback.server import Trouble
from tests.loopback.x import FakeX
from tests.makers.capturing import at_once
from tests.makers.planning import picture_bytes
from tests.makers.publishing import make_place, make_tweet, story_of, tweet_of

FILM = b"\x00\x00\x00\x18ftypmp42" + b"film" * 20
SOON = timedelta(minutes=30)


@pytest.fixture
def due(clock: HandClock) -> datetime:
    return clock.now() + SOON


@pytest.fixture
def tweet_id(real: World, due: datetime) -> str:
    """A tweet with a film, planned."""
    made = make_tweet(real, make_place(real), scheduled_at=due.isoformat()).tweet.id
    attach(real, made, FILM, "A cat", who="Léa")
    return made


def shown(world: World, tweet_id: str) -> TweetMedia:
    with world.db.read() as session:
        [each] = media.list_of(session, tweet_id)
        return each


def test_it_is_sent_ten_minutes_ahead_and_the_tweet_goes_out_on_time(
    real: World, x: FakeX, clock: HandClock, tweet_id: str
) -> None:
    x.uploads.slow_looks = 3
    clock.advance(minutes=19)
    assert send_media(real, "w", FILMS) == 0
    clock.advance(minutes=1, seconds=1)
    assert send_media(real, "w", PICTURES) == 0
    for _ in range(30):
        send_media(real, "w", FILMS)
        clock.advance(seconds=1)
    assert (len(x.uploads.kept), len(x.asked("GET /2/media/upload"))) == (1, 3)
    clock.advance(minutes=10)
    assert publish_due(real, "w") == 1
    assert (x.tweets[0]["media"], tweet_of(real, tweet_id).state) == (list(x.uploads.kept), "sent")


def test_a_film_that_x_works_on_for_long_holds_up_no_other_tweet_and_goes_out_when_x_is_done(
    real: World, x: FakeX, clock: HandClock
) -> None:
    place, now = make_place(real), clock.now().isoformat()
    film, picture, plain = (make_tweet(real, place, f"{n} {{link}}", scheduled_at=now).tweet.id for n in range(3))
    attach(real, film, FILM, who="Léa")
    attach(real, picture, picture_bytes(), who="Léa")
    x.uploads.slow_looks = 100
    for categories in (FILMS, PICTURES):
        send_media(real, "w", categories)
    assert publish_due(real, "w") == 2
    assert [tweet_of(real, each).state for each in (film, picture, plain)] == ["scheduled", "sent", "sent"]
    assert tweet_of(real, film).problem == "x_processing"
    for _ in range(100):  # eight minutes: longer than anybody would wait for in one go
        clock.advance(seconds=5)
        send_media(real, "w", FILMS)
    assert publish_due(real, "w") == 1
    assert (tweet_of(real, film).state, tweet_of(real, film).problem, len(x.uploads.kept)) == ("sent", None, 2)
    assert "x_processing" not in story_of(real, film)


def test_x_refuses_ahead_of_the_moment_and_nothing_is_decided_until_then(
    real: World, x: FakeX, clock: HandClock, tweet_id: str
) -> None:
    clock.advance(minutes=25)
    x.uploads.spoils = True
    for _ in range(3):
        send_media(real, "w", FILMS)
        clock.advance(seconds=20)
    assert (len(x.uploads.kept), tweet_of(real, tweet_id).state) == (1, "scheduled")
    x.uploads.spoils = False
    clock.advance(minutes=5)
    assert (send_media(real, "w", FILMS), publish_due(real, "w")) == (1, 1)
    assert tweet_of(real, tweet_id).state == "sent"


def test_x_that_is_away_ahead_of_the_moment_brings_no_tweet_forward(
    real: World, x: FakeX, clock: HandClock, tweet_id: str, due: datetime
) -> None:
    clock.advance(minutes=25)
    x.trouble("POST /2/media/upload/initialize", Trouble(status=429), times=2)
    send_media(real, "w", FILMS)
    assert (tweet_of(real, tweet_id).due_at, tweet_of(real, tweet_id).problem) == (due, None)
    clock.advance(minutes=6)
    send_media(real, "w", FILMS)
    assert publish_due(real, "w") == 0
    assert tweet_of(real, tweet_id).problem == "x_limit"


@pytest.mark.parametrize("looks,problem", [(0, "missed"), (10_000, "media_unprocessed")])
def test_a_tweet_whose_film_comes_too_late_fails_and_says_why(
    real: World, x: FakeX, clock: HandClock, tweet_id: str, looks: int, problem: str
) -> None:
    x.uploads.slow_looks = looks
    clock.advance(minutes=30)
    if looks:
        send_media(real, "w", FILMS)
    clock.advance(seconds=real.settings.late_limit_s + 1)
    send_media(real, "w", FILMS)
    assert (tweet_of(real, tweet_id).state, tweet_of(real, tweet_id).problem) == ("failed", problem)
    assert publish_due(real, "w") == 0
    assert x.tweets == []


def test_what_failed_at_x_is_sent_anew_with_the_next_plan(
    real: World, x: FakeX, clock: HandClock, tweet_id: str
) -> None:
    clock.advance(minutes=31)
    x.uploads.spoils = True
    send_media(real, "w", FILMS)
    assert tweet_of(real, tweet_id).problem == "media_unprocessed"
    x.uploads.spoils = False
    publish(real, tweet_id, who="Léa")
    send_media(real, "w", FILMS)
    publish_due(real, "w")
    assert (tweet_of(real, tweet_id).state, len(x.uploads.kept)) == ("sent", 2)


def test_other_words_while_x_works_on_it_are_told(real: World, x: FakeX, clock: HandClock, tweet_id: str) -> None:
    x.uploads.slow_looks = 1
    clock.advance(minutes=31)
    send_media(real, "w", FILMS)
    describe(real, tweet_id, shown(real, tweet_id).id, "A dog", who="Léa")
    send_media(real, "w", FILMS)
    clock.advance(seconds=6)
    send_media(real, "w", FILMS)
    assert publish_due(real, "w") == 1
    assert x.uploads.kept[x.tweets[0]["media"][0]].alt == "A dog"


def test_a_worker_that_died_at_it_leaves_it_for_two_minutes(
    real: World, x: FakeX, clock: HandClock, tweet_id: str
) -> None:
    clock.advance(minutes=30)
    film = shown(real, tweet_id)
    with real.db.write() as session:
        assert media.take(session, film, clock.now())
    assert (send_media(real, "w", FILMS), publish_due(real, "w")) == (0, 0)
    clock.advance(minutes=2)
    assert (send_media(real, "w", FILMS), publish_due(real, "w")) == (1, 1)
    assert len(x.tweets) == 1


@pytest.mark.both_databases
def test_of_four_workers_one_sends_it(real: World, x: FakeX, clock: HandClock, tweet_id: str) -> None:
    clock.advance(minutes=30)
    assert sum(at_once(4, lambda n: send_media(real, f"w{n}", FILMS))) == 1
    assert len(x.uploads.kept) == 1
