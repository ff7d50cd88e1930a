"""Visitors who click without end, and remember what each was told."""

import http.client
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

from sqlalchemy import func, select

from campaigns.tracking import visits
from campaigns.tracking.hits import Hit
from campaigns.tracking.rollups import CLASSES, LinkHour, Loss
from campaigns.world import World
from tests.makers.tracking import FIREFOX
from tests.rigs.nodes import Node
from tests.rigs.workers import wait_until

THREADS = 8


class Clickers:
    """What the visitors saw: redirects (their hits' tokens), other answers, requests that were cut or refused."""

    def __init__(self, nodes: list[Node], codes: list[str], pause_s: float) -> None:
        self.nodes, self.codes, self.pause_s = nodes, codes, pause_s
        self.tried = 0
        self.tokens: list[str] = []
        self.others: list[int] = []
        self.cut = self.refused = 0
        self.waits: list[tuple[float, float]] = []  # when it began, how long it took
        self._stop = threading.Event()
        self._mutex = threading.Lock()
        self._threads = [threading.Thread(target=self._click, args=(n,), daemon=True) for n in range(THREADS)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(30)

    def slowest(self, since: float, until: float, share: float = 0.99) -> float:
        """So many of the requests of that time were quicker, in seconds."""
        waits = sorted(wait for began, wait in self.waits if since <= began < until)
        assert waits
        return waits[int(len(waits) * share)]

    def _click(self, number: int) -> None:
        node = self.nodes[number % len(self.nodes)]
        connection = http.client.HTTPConnection("127.0.0.1", node.port, timeout=10)
        turn = 0
        while not self._stop.is_set():
            turn += 1
            code = self.codes[turn % len(self.codes)]
            headers = {"User-Agent": FIREFOX, "X-Forwarded-For": f"10.{number}.{turn // 250 % 250}.{turn % 250}"}
            began = time.monotonic()
            try:
                with self._mutex:
                    self.tried += 1
                connection.request("GET", f"/l/{code}", headers=headers)
                answer = connection.getresponse()
                answer.read()
            except (OSError, http.client.HTTPException) as failed:
                connection.close()
                with self._mutex:
                    self.refused += isinstance(failed, ConnectionRefusedError)
                    self.cut += not isinstance(failed, ConnectionRefusedError)
                self._stop.wait(0.05)
                continue
            self._remember(began, answer)
            self._stop.wait(self.pause_s)
        connection.close()

    def _remember(self, began: float, answer: http.client.HTTPResponse) -> None:
        with self._mutex:
            self.waits.append((began, time.monotonic() - began))
            if answer.status == 302:
                self.tokens += parse_qs(urlsplit(answer.headers["Location"]).query)["via"]
            else:
                self.others.append(answer.status)

    def hit_ids(self, world: World) -> list[str]:
        """The hits of all redirects that were answered."""
        vias = [visits.read(world.signer, token, datetime.now(UTC), 90) for token in self.tokens]
        return [via.hit_id for via in vias if via]


@contextmanager
def clicking(nodes: list[Node], codes: list[str], pause_s: float = 0.002) -> Iterator[Clickers]:
    """Visitors who click until the block ends."""
    visitors = Clickers(nodes, codes, pause_s)
    visitors.start()
    try:
        yield visitors
    finally:
        visitors.stop()


def wait_drained(*nodes: Node, seconds: float = 30) -> None:
    """Until the workers have brought everything into the database."""
    wait_until(lambda: all(node.readyz().get("spool", {}).get("rows") == 0 for node in nodes), seconds)


def check_books(world: World, visitors: Clickers) -> dict[str, int]:
    """What was acknowledged is stored, once, or told as lost; nothing is there untried; rollups are the hits' sums."""
    with world.db.read() as session:
        stored = list(session.scalars(select(Hit.id)))
        sums = session.execute(select(*(func.sum(getattr(LinkHour, each)) for each in CLASSES))).one()
        lost = int(session.scalar(select(func.coalesce(func.sum(Loss.hits), 0))) or 0)
    acknowledged = visitors.hit_ids(world)
    assert len(acknowledged) == len(visitors.tokens)
    assert len(set(acknowledged)) == len(acknowledged)
    assert len(set(stored)) == len(stored)
    assert len(set(acknowledged) - set(stored)) == lost
    assert len(stored) <= visitors.tried
    assert sum(int(each or 0) for each in sums) == len(stored)
    return {
        "acknowledged": len(acknowledged),
        "stored": len(stored),
        "cut": visitors.cut,
        "refused": visitors.refused,
        "lost": lost,
    }
