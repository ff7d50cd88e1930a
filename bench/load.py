"""A load tool: connections kept open, one request on each at a time, epoll. Counts only what was answered whole.

It stops sending at the end and waits for the answers on their way, so that what is counted is what was acknowledged.
"""

import os
import select
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import cycle

PATIENCE_S = 10.0


@dataclass
class Load:
    """What came back: answers by status, and seconds from request to answer."""

    answers: dict[str, int] = field(default_factory=dict)
    waits_s: list[float] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def total(self) -> int:
        return len(self.waits_s)

    @property
    def per_second(self) -> float:
        return self.total / self.seconds

    def wait_ms(self, share: float) -> float:
        """The wait that this share of the answers stayed under."""
        waits = sorted(self.waits_s)
        return waits[min(int(len(waits) * share), len(waits) - 1)] * 1e3


def load(port: int, requests: Sequence[bytes], connections: int, seconds: float) -> Load:
    """Send these requests in turn over so many connections for so long."""
    opened = [_open(port) for _ in range(connections)]
    try:
        return _Loading({one.fileno(): one for one in opened}, requests).run(seconds)
    finally:
        for one in opened:
            one.close()


def _open(port: int) -> socket.socket:
    one = socket.create_connection(("127.0.0.1", port))
    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return one


class _Loading:
    def __init__(self, sockets: dict[int, socket.socket], requests: Sequence[bytes]) -> None:
        self._sockets, self._following = sockets, cycle(requests)
        self._parts = dict.fromkeys(sockets, b"")
        self._sent: dict[int, float] = {}
        self._told = Load()

    def run(self, seconds: float) -> Load:
        poll, now = select.epoll(), time.perf_counter
        for number in self._sockets:
            poll.register(number, select.EPOLLIN)
        began = now()
        for number in self._sockets:
            self._send(number, now())
        while self._sent:
            ready = poll.poll(PATIENCE_S)
            if not ready:
                raise RuntimeError(f"{len(self._sent)} requests got no answer in {PATIENCE_S:.0f} s")
            for number, _ in ready:
                at = now()
                if self._took(number, at) and at < began + seconds:
                    self._send(number, at)
        self._told.seconds = now() - began
        poll.close()
        return self._told

    def _send(self, number: int, at: float) -> None:
        self._sockets[number].sendall(next(self._following))
        self._sent[number] = at

    def _took(self, number: int, at: float) -> bool:
        """Whether the answer is whole now."""
        raw = self._parts[number] + self._sockets[number].recv(65536)
        if not _is_whole(raw):
            self._parts[number] = raw
            return False
        status, told = raw[9:12].decode(), self._told
        told.answers[status] = told.answers.get(status, 0) + 1
        told.waits_s.append(at - self._sent.pop(number))
        self._parts[number] = b""
        return True


def _is_whole(raw: bytes) -> bool:
    head, ended, body = raw.partition(b"\r\n\r\n")
    if not ended:
        if not raw:
            raise RuntimeError("the server closed a connection")
        return False
    _, _, rest = head.lower().partition(b"content-length:")
    return len(body) >= int(rest.partition(b"\r")[0] or 0)


def tree(pid: int) -> list[int]:
    """A process and all below it."""
    found = [pid]
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/children") as children:
            found += [each for child in children.read().split() for each in tree(int(child))]
    return found


def cpu_s(pids: Sequence[int]) -> float:
    """CPU seconds of processes so far, all their threads, their own and the kernel's for them."""
    ticks = 0
    for pid in pids:
        with open(f"/proc/{pid}/stat") as told:
            fields = told.read().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")
