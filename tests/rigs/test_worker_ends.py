"""The worker as a process: ended by SIGTERM it goes in time, ended by SIGKILL the next one goes on."""

import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from campaigns.world import World
from tests.loopback.server import Trouble
from tests.loopback.x import FakeX
from tests.makers.publishing import due_tweets, make_place, make_tweet, tweet_of, with_x
from tests.rigs.quick_clock import QuickClock
from tests.rigs.workers import wait_until, worker

POST = "POST /2/tweets"


@pytest.fixture
def quick() -> QuickClock:
    """A minute in four seconds: the looks come 4 and 6 s after a POST."""
    return QuickClock(time.time(), 15)


@pytest.fixture
def x(quick: QuickClock) -> Iterator[FakeX]:
    with FakeX(quick) as x:
        yield x


@pytest.fixture
def marketer(world: World, quick: QuickClock) -> World:
    """The world of who plans tweets: X is connected, and the clock is the quick one."""
    return with_x(replace(world, clock=quick))[0]


def states(world: World, made: list[str]) -> list[str]:
    return [tweet_of(world, tweet_id).state for tweet_id in made]


def test_a_worker_killed_around_its_posts_doubles_and_loses_nothing(
    marketer: World, environ: dict[str, str], x: FakeX, quick: QuickClock, tmp_path: Path
) -> None:
    made = [each.tweet.id for each in due_tweets(marketer, 3)]
    # the first is taken and the second isn't, and the worker dies before it hears of either
    for effect in (True, False):
        x.trouble(POST, Trouble(status=201, delay_s=0 if effect else 3, effect=effect, cut="silent"))
    environ = {**environ, **x.environ}
    log = tmp_path / "worker.log"
    with worker(environ, quick, log) as first:  # which posts several at once
        wait_until(lambda: len(x.asked(POST)) >= 2)
        first.send_signal(signal.SIGKILL)
    assert "sending" in states(marketer, made)
    with worker(environ, quick, log):
        wait_until(lambda: states(marketer, made) == ["sent"] * 3)
    assert len({tweet["text"] for tweet in x.tweets}) == len(x.tweets) == 3
    assert {tweet["id"] for tweet in x.tweets} == {tweet_of(marketer, each).x_id for each in made}


def test_a_published_tweet_is_out_within_two_seconds_and_sigterm_ends_the_worker_in_time(
    marketer: World, environ: dict[str, str], x: FakeX, quick: QuickClock, tmp_path: Path
) -> None:
    log = tmp_path / "worker.log"
    with worker({**environ, **x.environ}, quick, log) as process:
        wait_until(lambda: b"worker started" in log.read_bytes())
        made = make_tweet(marketer, make_place(marketer), scheduled_at=quick.now().isoformat())
        wait_until(lambda: tweet_of(marketer, made.tweet.id).state == "sent", 3)
        assert end(process, signal.SIGTERM) < 3
    assert b"worker ended" in log.read_bytes()
    assert b"failed" not in log.read_bytes()


def test_a_worker_that_hangs_leaves_in_time_and_its_tweet_is_looked_up(
    marketer: World, environ: dict[str, str], x: FakeX, quick: QuickClock, tmp_path: Path
) -> None:
    [made] = due_tweets(marketer, 1)
    x.trouble(POST, Trouble(delay_s=20, effect=True))
    log = tmp_path / "worker.log"
    with worker({**environ, **x.environ}, quick, log) as process:
        wait_until(lambda: len(x.asked(POST)) == 1)
        assert end(process, signal.SIGINT) < 8
    assert tweet_of(marketer, made.tweet.id).state == "sending"


def end(process: "subprocess.Popen[bytes]", number: int) -> float:
    """How many seconds it took to end, with 0."""
    began = time.monotonic()
    process.send_signal(number)
    assert process.wait(10) == 0
    return time.monotonic() - began
