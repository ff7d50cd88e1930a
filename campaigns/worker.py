"""The worker: which flow runs how often. Rows are the truth, so any number of workers may run, and any may die.

SIGTERM and SIGINT end it between two deeds; one that hangs is left behind after 7 s, as a crash would leave it.
"""

import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from campaigns.flows.count_followers import count_followers
from campaigns.flows.drain_hits import drain_hits, drainer
from campaigns.flows.keep_house import keep_house
from campaigns.flows.pack_conversions import check_packs, pack_conversions
from campaigns.flows.publish_due import publish_due
from campaigns.flows.read_results import read_results
from campaigns.flows.repost import send_reposts
from campaigns.flows.send_media import FILMS, PICTURES, send_media
from campaigns.flows.send_outbox import send_outbox
from campaigns.flows.send_weekly import send_weekly
from campaigns.flows.tell_sales import tell_sales
from campaigns.flows.tell_trouble import tell_trouble
from campaigns.kernel.codes import new_code
from campaigns.world import World

PUBLISHERS = 4
AT_ONCE = 0.2
EVERY_SECOND = 1
EVERY_MINUTE = 60
EVERY_TEN_MINUTES = 600
HALF_A_MINUTE = 30
LEAVE_AFTER_S = 7
REPEAT_LOG_AFTER_S = 10
JUMP_S = 5

log = structlog.get_logger("worker")


@dataclass
class Job:
    """A flow that runs again and again. Its failure is told, at most once in 10 s, and never ends the worker."""

    name: str
    flow: Callable[[], object]
    every_s: float
    _told_at: float = field(default=float("-inf"), init=False)
    _failing: bool = field(default=False, init=False)

    def __call__(self) -> None:
        """Run once."""
        try:
            self.flow()
        # Whatever went wrong with one thing, the others must go on: this loop is the last one to catch it.
        except Exception as fault:  # noqa: BLE001
            self._tell(fault)
            self._failing = True
            return
        if self._failing:
            log.info("works again", job=self.name)
            self._failing = False

    def _tell(self, fault: Exception) -> None:
        now = time.monotonic()
        if now - self._told_at >= REPEAT_LOG_AFTER_S:
            # the way it went is told once, not for each second of an outage
            log.error("failed", job=self.name, fault=repr(fault), exc_info=None if self._failing else fault)
            self._told_at = now


def jobs(world: World, worker: str, is_stopping: Callable[[], bool]) -> list[Job]:
    """What a worker does, in the order in which it begins."""
    return [
        Job("keep_house", partial(keep_house, world), EVERY_MINUTE),
        # a click is in the reports before whoever made it looks there
        Job("drain_hits", partial(drain_hits, world, drainer(world), is_stopping), AT_ONCE),
        # several at once, as if they were several workers: an account whose answers take long holds up no other's
        *(
            Job(f"publish_due_{n}", partial(publish_due, world, f"{worker}{n}", is_stopping), EVERY_SECOND)
            for n in range(PUBLISHERS)
        ),
        Job("send_pictures", partial(send_media, world, worker, PICTURES, is_stopping), EVERY_SECOND),
        Job("send_films", partial(send_media, world, worker, FILMS, is_stopping), EVERY_SECOND),
        Job("send_outbox", partial(send_outbox, world, worker, is_stopping), EVERY_SECOND),
        Job("tell_sales", partial(tell_sales, world), EVERY_MINUTE),
        Job("tell_trouble", partial(tell_trouble, world), EVERY_MINUTE),
        Job("read_results", partial(read_results, world), EVERY_MINUTE),
        Job("send_reposts", partial(send_reposts, world, is_stopping), EVERY_SECOND),
        Job("count_followers", partial(count_followers, world), EVERY_TEN_MINUTES),
        Job("send_weekly", partial(send_weekly, world), EVERY_MINUTE),
        Job("pack_conversions", partial(pack_conversions, world, is_stopping), HALF_A_MINUTE),
        Job("check_packs", partial(check_packs, world, is_stopping), EVERY_TEN_MINUTES),
    ]


def run(world: World) -> None:
    """Work in the foreground until SIGTERM or SIGINT; back within 8 s after it."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stopping.set())
    worker = f"{socket.gethostname()}:{os.getpid()}:{new_code(4)}"
    todo = jobs(world, worker, stopping.is_set)
    todo[0]()  # the house first: what was planned for the rehearsal must not go out
    scheduler = start(todo)
    log.info("worker started", worker=worker, rehearsing=",".join(world.rehearsing))
    watch(scheduler, stopping)
    if not leave(scheduler):
        log.warning("left a deed behind", worker=worker)
        # its thread would keep the process; what it may have done is looked up by whoever comes next
        os._exit(0)
    world.close()
    log.info("worker ended", worker=worker)


def start(todo: list[Job]) -> BackgroundScheduler:
    """Start the clock: each job one at a time, a run that was missed is made up for by one."""
    # it warns each second of a job that takes longer than one
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    scheduler = BackgroundScheduler(
        executors={"default": ThreadPoolExecutor(len(todo))},
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": 3600},
        timezone=UTC,
    )
    for job in todo:
        scheduler.add_job(job, "interval", seconds=job.every_s, id=job.name)
    scheduler.start()
    return scheduler


def watch(scheduler: BackgroundScheduler, stopping: threading.Event) -> None:
    """Wait for the end. When the machine's clock jumps back, plan anew: the scheduler would wait until it caught up."""
    before = _clocks()
    while not stopping.wait(EVERY_SECOND):
        now = _clocks()
        if abs((now[0] - before[0]) - (now[1] - before[1])) > JUMP_S:
            plan_anew(scheduler)
        before = now


def plan_anew(scheduler: BackgroundScheduler) -> None:
    """Let each job count its interval from now."""
    for job in scheduler.get_jobs():
        job.reschedule("interval", seconds=job.trigger.interval.total_seconds())


def leave(scheduler: BackgroundScheduler, wait_s: float = LEAVE_AFTER_S) -> bool:
    """End the clock and wait for the deeds at hand; False when one takes too long."""
    ending = threading.Thread(target=scheduler.shutdown, kwargs={"wait": True}, daemon=True)
    ending.start()
    ending.join(wait_s)
    return not ending.is_alive()


def _clocks() -> tuple[float, float]:
    # not the World's: APScheduler goes by the machine's
    return datetime.now(UTC).timestamp(), time.monotonic()  # noqa: TID251
