import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from structlog.testing import capture_logs
from structlog.typing import EventDict

from campaigns import worker
from campaigns.flows import plan_tweet
from campaigns.world import World
from tests.makers.publishing import make_tweet, tweet_of


@pytest.fixture
def logged() -> Iterator[list[EventDict]]:
    structlog.reset_defaults()
    with capture_logs() as events:
        yield events


def test_a_failure_is_told_once_in_a_while_and_ends_nothing(logged: list[EventDict]) -> None:
    answers: list[Exception | None] = [OSError("the disk is full")] * 5 + [None, OSError("again")]

    def flow() -> None:
        if fault := answers.pop(0):
            raise fault

    job = worker.Job("publish_due", flow, 1)
    for _ in range(6):
        job()
    assert [(event["event"], event.get("fault")) for event in logged] == [
        ("failed", "OSError('the disk is full')"),
        ("works again", None),
    ]
    job()
    assert len(logged) == 2  # ten seconds aren't over
    assert answers == []


def test_each_flow_runs_one_at_a_time() -> None:
    at_once, most, runs = 0, 0, 0
    done = threading.Event()

    def flow() -> None:
        nonlocal at_once, most, runs
        at_once += 1
        most = max(most, at_once)
        done.wait(1.1)
        at_once -= 1
        runs += 1

    scheduler = worker.start([worker.Job("slow", flow, 1)])
    done.wait(2.4)
    assert worker.leave(scheduler)
    assert (most, runs >= 1) == (1, True)


def test_a_deed_that_hangs_is_left_behind() -> None:
    begun, free = threading.Event(), threading.Event()

    def hang() -> None:
        begun.set()
        free.wait(10)

    scheduler = worker.start([worker.Job("hangs", hang, 1)])
    assert begun.wait(3)
    assert not worker.leave(scheduler, wait_s=0.2)
    free.set()


def test_a_clock_that_jumped_back_does_not_stop_the_worker() -> None:
    scheduler = BackgroundScheduler(timezone=UTC)
    scheduler.start(paused=True)
    job = scheduler.add_job(len, "interval", ([],), seconds=60)
    later = datetime.now(UTC) + timedelta(hours=1)
    job.modify(next_run_time=later)  # what a jump of an hour back leaves
    worker.plan_anew(scheduler)
    [planned] = scheduler.get_jobs()
    assert planned.next_run_time < later - timedelta(minutes=58)
    scheduler.shutdown()


def test_a_worker_does_what_there_is_to_do(world: World) -> None:
    made = make_tweet(world)
    plan_tweet.publish(world, made.tweet.id, who="Léa")
    todo = worker.jobs(world, "w", lambda: False)
    assert [job.name for job in todo] == [
        "keep_house", "drain_hits", *(f"publish_due_{n}" for n in range(4)), "send_pictures", "send_films",
        "send_outbox", "tell_sales", "tell_trouble", "read_results",
        "send_reposts", "count_followers", "send_weekly", "pack_conversions",
        "check_packs",
    ]  # fmt: skip
    for job in todo:
        job()
    assert tweet_of(world, made.tweet.id).state == "sent"
