"""Two hundred slow visitors of four kinds at the server as it is shipped: everybody else is served as before."""

import http.client
import selectors
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from campaigns.world import World
from tests.makers.publishing import make_tweet
from tests.rigs.nodes import Node, node

EACH = 50
HEAD = b"%s HTTP/1.1\r\nHost: localhost\r\nUser-Agent: slow\r\n"
BEGINNINGS = {
    "says nothing": b"",
    "sends its headers one by one": HEAD % b"GET /sign-in",
    "sends its form byte by byte": HEAD % b"POST /sign-in" + b"Content-Length: 50000\r\n\r\nemail=",
    "never reads what it asked for": HEAD % b"GET /static/x/css/base.css" + b"Connection: keep-alive\r\n\r\n",
}
MORE = {"sends its headers one by one": b"X-More: 1\r\n", "sends its form byte by byte": b"a"}


def come(running: Node, kind: str) -> socket.socket:
    """One more slow visitor."""
    made = socket.create_connection(("127.0.0.1", running.port), 10)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    made.sendall(BEGINNINGS[kind] * (40 if kind.startswith("never") else 1))
    made.setblocking(False)
    return made


def go_on(there: dict[str, list[socket.socket]], stop: threading.Event) -> None:
    """A little more of it each second."""
    while not stop.wait(1):
        for each, more in [(each, more) for kind, more in MORE.items() for each in there[kind]]:
            with suppress(OSError):  # shown the door
                each.send(more)


@contextmanager
def slow(running: Node) -> Iterator[dict[str, list[socket.socket]]]:
    """They come, and go on as slowly until the block ends."""
    stop = threading.Event()
    there = {kind: [come(running, kind) for _ in range(EACH)] for kind in BEGINNINGS}
    thread = threading.Thread(target=go_on, args=(there, stop), daemon=True)
    thread.start()
    try:
        yield there
    finally:
        stop.set()
        thread.join()
        for each in [each for sockets in there.values() for each in sockets]:
            each.close()


def is_open(sockets: list[socket.socket]) -> int:
    """How many of them the server still listens to."""
    with selectors.DefaultSelector() as selector:
        for each in sockets:
            selector.register(each, selectors.EVENT_READ)
        return len(sockets) - len(selector.select(0))


def served(running: Node, paths: list[str], seconds: float) -> tuple[list[float], int]:
    """How long each request of ordinary visitors took, and how many had no good answer."""
    waits, bad, turn, until = [], 0, 0, time.monotonic() + seconds
    while time.monotonic() < until:
        turn += 1
        began = time.monotonic()
        try:
            status, _, _ = running.ask("GET", paths[turn % len(paths)], timeout=10)
        except (OSError, http.client.HTTPException):
            status = 0
        bad += status not in (200, 302)
        waits.append(time.monotonic() - began)
        time.sleep(0.02)
    return sorted(waits), bad


@pytest.mark.audit
def test_two_hundred_slow_visitors_keep_nobody_waiting(world: World, environ: dict[str, str]) -> None:
    code = make_tweet(world).link.code
    with node(environ) as running:
        paths = [f"/l/{code}", "/sign-in", "/healthz"]
        before, _ = served(running, paths, 5)
        with slow(running) as there:
            assert sum(map(len, there.values())) == 4 * EACH
            waits, bad = served(running, paths, 40)
            still = {kind: is_open(sockets) for kind, sockets in there.items()}
    p99 = waits[int(len(waits) * 0.99)]
    print(f"{len(waits)} requests, {bad} bad, p99 {1000 * p99:.0f} ms, alone {1000 * before[-1]:.0f} ms; open: {still}")
    assert bad <= len(waits) * 0.01
    assert p99 <= 1
