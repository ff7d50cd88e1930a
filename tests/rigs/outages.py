"""A PostgreSQL of one's own that can be stopped, started and frozen; and a disk that can be filled."""

import os
import resource
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from campaigns import schema
from campaigns.kernel.db import Database
from tests import postgres
from tests.rigs.workers import wait_until


@dataclass
class Server:
    """The server of a cluster, as its operator handles it."""

    cluster: postgres.Cluster
    database: str
    restarted: "subprocess.Popen[bytes] | None" = None

    @property
    def _pid_file(self) -> Path:
        return self.cluster.folder / "data/postmaster.pid"

    def _postmaster(self) -> int:
        return int(self._pid_file.read_text().split()[0])

    def stop(self) -> None:
        """At once, its sessions ended."""
        pid = self._postmaster()
        self._command = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")[:-1]
        self._owner = Path(f"/proc/{pid}").stat().st_uid
        os.kill(pid, signal.SIGINT)
        wait_until(lambda: not self._pid_file.exists())

    def start(self) -> None:
        """Again, on the same data; back when it answers."""
        if self.restarted:
            self.restarted.wait(10)
        self.restarted = subprocess.Popen(
            self._command, cwd="/", user=self._owner if os.geteuid() == 0 else None, env={"LC_ALL": "C"},
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        wait_until(self._answers)

    def _answers(self) -> bool:
        try:
            psycopg.connect(host=str(self.cluster.folder), user="postgres", dbname="postgres").close()
        except psycopg.OperationalError:
            return False
        return True

    def freeze(self) -> None:
        """It takes what it is sent and says nothing."""
        self._signal_all(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal_all(signal.SIGCONT)

    def _signal_all(self, number: int) -> None:
        pid = self._postmaster()
        os.kill(pid, number)
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            os.kill(int(child), number)


@contextmanager
def server() -> Iterator[Server]:
    """A PostgreSQL with a migrated database, nobody else's."""
    with postgres.start() as cluster:
        made = Server(cluster, cluster.create_database("perchoir"))
        db = Database(made.database)
        schema.migrate(db)
        db.close()
        try:
            yield made
        finally:
            if made.restarted:
                made.restarted.send_signal(signal.SIGQUIT)
                made.restarted.wait(10)


@contextmanager
def no_room(pids: list[int]) -> Iterator[None]:
    """No file of these processes grows any more, as on a full disk."""
    before = [resource.prlimit(pid, resource.RLIMIT_FSIZE) for pid in pids]
    for pid, (_, hard) in zip(pids, before, strict=True):
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        for pid, limits in zip(pids, before, strict=True):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)
