"""Segments: the files of a node's spool, as its drainer reads them, and as anybody tells how full it is.

The drainer reads any segment, and removes those that are drained and unlocked: full ones and a dead process's are the
same to it.
"""

import contextlib
import fcntl
import os
import sqlite3
import struct
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import structlog

from campaigns.logs import Seldom
from campaigns.tracking.spool import BUSY_S, COLUMNS, COUNTER, Raw, locked

READ = f"SELECT seq, {COLUMNS} FROM rows WHERE seq > ? ORDER BY seq LIMIT ?"  # noqa: S608 our own names
OLDEST = "SELECT at FROM rows WHERE seq > ? ORDER BY seq LIMIT 1"
DRAINED = struct.Struct("<Q")  # behind the COUNTER: the last row that is in the database
FORSAKEN_S = 60
"""After so long nobody makes a segment of a file any more that isn't one yet."""

log = structlog.get_logger("spool")


class Segment:
    """A file of the spool. `name` tells it from all others of all nodes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = path.stem
        # "rw": a file that was removed a moment ago must not be made again
        self._connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=BUSY_S, isolation_level=None,
            check_same_thread=False,
        )  # fmt: skip
        self._connection.execute("PRAGMA query_only=ON")

    def read(self, after: int, most: int) -> list[tuple[int, Raw]]:
        """Rows in the order in which they came, with their numbers. Raises sqlite3.DatabaseError when it is broken."""
        return [(row[0], Raw._make(row[1:])) for row in self._connection.execute(READ, (after, most))]

    def last(self) -> int:
        """The number of its last row."""
        return int(self._connection.execute("SELECT coalesce(max(seq), 0) FROM rows").fetchone()[0])

    def oldest(self, after: int) -> int | None:
        """The microsecond since 1970 of the first row after that one."""
        row = self._connection.execute(OLDEST, (after,)).fetchone()
        return int(row[0]) if row else None

    def lost(self) -> int:
        """Rows that found no room in it."""
        return _told(self.path)[0]

    def drained(self) -> int:
        """The last row that is in the database, as its drainer noted it beside the file; the database knows better."""
        return _told(self.path)[2]

    def note(self, drained: int) -> None:
        """Write down how far it is drained, for those who tell how full the spool is."""
        with contextlib.suppress(OSError), self.path.with_suffix(".lock").open("rb+", buffering=0) as lock:
            os.pwrite(lock.fileno(), DRAINED.pack(drained), COUNTER.size)

    def close(self) -> None:
        self._connection.close()


class Spooled:
    """A node's spool, as its one drainer sees it; kept open between drains."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open: dict[Path, Segment] = {}
        self._seldom = Seldom()

    @contextlib.contextmanager
    def alone(self) -> Iterator[bool]:
        """Whether this is the node's only drainer until the block ends."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / "drainer.lock").open("wb") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True

    def segments(self) -> list[Segment]:
        """All that are there, oldest first. A broken one is put aside, told, and kept."""
        there = set(self._folder.glob("*.db"))
        for gone in self._open.keys() - there:
            self._open.pop(gone).close()
        for path in there - self._open.keys():
            self._take(path)
        return [self._open[path] for path in sorted(self._open)]

    def _take(self, path: Path) -> None:
        segment = None
        try:
            segment = Segment(path)
            segment.last()
        except sqlite3.OperationalError as failed:
            if segment:
                segment.close()
            if "no such table" in str(failed):  # its writer makes it just now, or died while it did
                _sweep(path)
            elif path.exists() and self._seldom.is_due():  # a full disk, no descriptor left: it is read later
                log.warning("spool_unread", file=path.stem, reason=repr(failed))
        except sqlite3.DatabaseError as broken:
            _put_aside(path, broken)
            if segment:
                segment.close()
        else:
            self._open[path] = segment

    def put_aside(self, segment: Segment, reason: Exception) -> None:
        """Rename a file that can't be read, so that the others go on."""
        _put_aside(segment.path, reason)
        self._open.pop(segment.path).close()

    def remove(self, segment: Segment, drained: int, lost: int) -> bool:
        """Delete a file whose writer is gone, whose rows are drained and whose losses are told; whether it was."""
        with contextlib.ExitStack() as held:
            try:
                held.enter_context(locked(segment.path))
            except BlockingIOError:
                return False
            except FileNotFoundError:  # copied here by hand
                pass
            if segment.last() > drained or segment.lost() > lost:
                return False
            self._open.pop(segment.path).close()
            _unlink(segment.path)
            return True

    def close(self) -> None:
        while self._open:
            self._open.popitem()[1].close()


def _unlink(path: Path) -> None:
    # the lock last: a file without one would look like a copy that nobody writes
    for suffix in (".db", ".db-wal", ".db-shm", ".lock"):
        path.with_suffix(suffix).unlink(missing_ok=True)


def _put_aside(path: Path, reason: Exception) -> None:
    """Rename a file and its log, before it is closed: closing may delete the log, which holds its newest rows."""
    log.error("spool_broken", file=path.name, reason=repr(reason)[:300])
    for tail in ("-wal", "-shm", ""):
        with contextlib.suppress(FileNotFoundError):
            Path(f"{path}{tail}").rename(f"{path.with_suffix('.broken')}{tail}")


def _sweep(path: Path) -> None:
    """Remove what a process left that died before it had made its segment: no row was ever in it."""
    try:
        with locked(path):
            if time.time() - path.stat().st_mtime > FORSAKEN_S:  # noqa: TID251 the disk's time
                _unlink(path)
    except OSError:  # its writer lives, or it is gone
        return


def _told(path: Path) -> tuple[int, int, int]:
    """What stands beside a segment: rows lost, the second of the last loss, the last row drained."""
    with contextlib.suppress(OSError, struct.error):
        held = path.with_suffix(".lock").read_bytes().ljust(COUNTER.size + DRAINED.size, b"\0")
        return *COUNTER.unpack_from(held), *DRAINED.unpack_from(held, COUNTER.size)
    return 0, 0, 0


class Depth(NamedTuple):
    """How full a node's spool is.

    | field | meaning |
    |---|---|
    | rows | not in the database yet |
    | segments | files |
    | oldest_us | when the first of those rows came, in microseconds since 1970 |
    | lost, lost_at_s | rows that found no room, in the files that are there; the second of the last one |
    | broken | files that were put aside |
    """

    rows: int
    segments: int
    oldest_us: int | None
    lost: int
    lost_at_s: int
    broken: int


def depth(folder: Path) -> Depth:
    """How full a node's spool is, without its database."""
    rows, oldest, told = 0, [], [(0, 0, 0)]
    paths = list(folder.glob("*.db"))
    for path in paths:
        told.append(_told(path))
        with contextlib.suppress(sqlite3.Error), contextlib.closing(Segment(path)) as segment:  # gone, or just made
            drained = told[-1][2]
            rows += max(segment.last() - drained, 0)
            if (at := segment.oldest(drained)) is not None:
                oldest.append(at)
    lost, lost_at, _ = zip(*told, strict=True)
    broken = len(list(folder.glob("*.broken")))
    return Depth(rows, len(paths), min(oldest, default=None), sum(lost), max(lost_at), broken)
