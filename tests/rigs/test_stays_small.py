"""Ten minutes of clicks and pages: memory, descriptors and threads stay what they were."""

import threading
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from campaigns.planning import pages
from campaigns.world import World
from tests.makers.publishing import make_place, make_tweet
from tests.rigs.clickers import check_books, clicking, wait_drained
from tests.rigs.nodes import Node, node

WARM_S, LONG_S = 60, 600
PAGE_EVERY_S = 0.02  # and redirects for the rest of 200 requests a second
MB_A_MINUTE = 2
WORKER_THREADS = 20
"""Three of its own, and one for each of its seventeen jobs: begun when several of them first fall together, which may
take a quarter of an hour. Each has a connection to the database, of two descriptors and with what it keeps in memory.
"""
MB_A_THREAD = 5


@dataclass(frozen=True)
class Size:
    """What processes hold."""

    rss_mb: float
    descriptors: int
    threads: int


def size_of(pids: list[int]) -> Size:
    status = ["".join(Path(f"/proc/{pid}/status").read_text()) for pid in pids]
    figures = [dict(line.split(":", 1) for line in text.splitlines()) for text in status]
    return Size(
        sum(int(each["VmRSS"].split()[0]) for each in figures) / 1024,
        sum(len(list(Path(f"/proc/{pid}/fd").iterdir())) for pid in pids),
        sum(int(each["Threads"]) for each in figures),
    )


def look(running: Node, path: str, stop: threading.Event) -> None:
    """The landing page, again and again, as new visitors."""
    turn = 0
    while not stop.wait(PAGE_EVERY_S):
        turn += 1
        address = f"10.9.{turn // 250 % 250}.{turn % 250}"
        assert running.ask("GET", path, headers={"X-Forwarded-For": address})[0] == 200


@pytest.mark.audit
@pytest.mark.timeout(LONG_S + WARM_S + 120)
def test_ten_minutes_of_traffic_leave_nothing_behind(world: World, environ: dict[str, str]) -> None:
    place = make_place(world)
    codes = [make_tweet(world, place, f"Le chiffre {n} : {{link}}").link.code for n in range(20)]
    with world.db.read() as session:
        slug = pages.find(session, place.page_id).slug
    with node(environ) as running:
        web, worker = running.web_children(), [running.processes["worker"].pid]
        stop = threading.Event()
        visitor = threading.Thread(target=look, args=(running, f"/p/{slug}", stop), daemon=True)
        with clicking([running], codes, pause_s=0.05) as visitors:
            visitor.start()
            time.sleep(WARM_S)
            before, tried, began = [size_of(web), size_of(worker)], visitors.tried, time.monotonic()
            time.sleep(LONG_S)
            after, minutes = [size_of(web), size_of(worker)], (time.monotonic() - began) / 60
            rate = (visitors.tried - tried) / minutes / 60 + 1 / PAGE_EVERY_S
            stop.set()
        visitor.join()
        wait_drained(running)
        told = check_books(world, visitors)
    print(before, after, f"{rate:.0f}/s", told)
    assert rate > 150
    assert after[0].threads == before[0].threads
    assert after[1].threads <= WORKER_THREADS
    begun = after[1].threads - before[1].threads
    grown = sum(each.rss_mb for each in after) - sum(each.rss_mb for each in before)
    assert grown <= MB_A_MINUTE * minutes + MB_A_THREAD * begun
    opened = sum(each.descriptors for each in after) - sum(each.descriptors for each in before)
    assert opened <= 2 * begun + 8  # a connection or a segment that happens to be open
    assert told["lost"] == 0
