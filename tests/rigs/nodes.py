"""A node as it is shipped: the server and the worker in processes of their own, to be killed, starved and asked."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.message import Message
from pathlib import Path
from typing import Any

from tests.rigs.workers import ROOT, wait_until


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Node:
    """`serve` and `worker` of one data folder; `lines`: what they logged; `ended`: what ended by itself."""

    def __init__(self, environ: dict[str, str], **more: str) -> None:
        self.port = free_port()
        kept = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"}
        # each client is a visitor of its own, behind a proxy
        plain = {"PORT": str(self.port), "PERCHOIR_TRUSTED_PROXIES": "1", "PERCHOIR_FORM_MIN_S": "0"}
        self.environ = kept | environ | plain | more
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.lines: list[str] = []
        self.ended: list[str] = []

    def start(self, name: str) -> None:
        """serve or worker."""
        process = subprocess.Popen(
            [sys.executable, "-m", "campaigns", name], cwd=ROOT, env=self.environ, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        self.processes[name] = process
        threading.Thread(target=self._listen, args=(process,), daemon=True).start()

    def _listen(self, process: "subprocess.Popen[bytes]") -> None:
        assert process.stdout
        for line in process.stdout:
            self.lines.append(line.decode("utf-8", "replace").rstrip())
        process.stdout.close()

    def kill(self, name: str) -> None:
        """SIGKILL to the process and its children, at once."""
        process = self.processes.pop(name)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)

    def end(self, name: str) -> tuple[int, float]:
        """SIGTERM; its exit code, and the seconds that it took."""
        process, began = self.processes.pop(name), time.monotonic()
        process.send_signal(signal.SIGTERM)
        return process.wait(15), time.monotonic() - began

    def web_children(self) -> list[int]:
        """The web processes that serve."""
        parent = self.processes["serve"].pid
        found = []
        for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split():
            with suppress(FileNotFoundError):  # it ended meanwhile
                if b"resource_tracker" not in Path(f"/proc/{pid}/cmdline").read_bytes():  # multiprocessing's own
                    found.append(int(pid))
        return found

    def ask(self, method: str, path: str, timeout: float = 5, **more: Any) -> tuple[int, Message, bytes]:
        """One request on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, path, **more)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def readyz(self) -> dict[str, Any]:
        """What it says of itself; {} when nobody answers."""
        try:
            return dict(json.loads(self.ask("GET", "/readyz")[2]))
        except (OSError, ValueError, http.client.HTTPException):
            return {}

    def keep_up(self) -> None:
        """Start what ended, as a supervisor does: the server gives up when two of its processes die within 5.5 s."""
        for name, process in list(self.processes.items()):
            if process.poll() is not None:
                self.ended.append(name)
                self.start(name)

    def wait(self, status: str = "ready", seconds: float = 30) -> None:
        def is_so() -> bool:
            self.keep_up()
            return self.readyz().get("status") == status

        wait_until(is_so, seconds)


@contextmanager
def node(environ: dict[str, str], *names: str, **more: str) -> Iterator[Node]:
    """A node that runs until the block ends."""
    made = Node(environ, **more)
    try:
        for name in names or ("serve", "worker"):
            made.start(name)
        if "serve" in made.processes:
            made.wait()
        yield made
    finally:
        for name in list(made.processes):
            made.kill(name)
