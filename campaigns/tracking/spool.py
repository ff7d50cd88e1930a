"""The spool: where a process keeps hits until the drainer has brought them into the database.

An SQLite file (WAL) for each process, written by one thread that commits whatever came in meanwhile: `put` is back
after the commit that holds its row. A real engine's recovery instead of a home-made log, and it works while the main
database is away. A file is a segment: its writer holds a lock as long as it lives, goes on to a new file when it is
full, and never deletes. Who reads them: tracking.segments.
"""

import contextlib
import fcntl
import os
import sqlite3
import struct
import threading
import time
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, NamedTuple

import structlog

from campaigns.kernel.codes import new_id
from campaigns.logs import Seldom
from campaigns.settings import Durability
from campaigns.tracking.hits import Purpose

SYNC_EVERY_S = 0.05
SEGMENT_ROWS = 50_000
BUSY_S = 5.0
TRY_AGAIN_S = 1.0
WAIT_S = 5.0
COUNTER = struct.Struct("<QQ")  # rows that found no room, and the second of the last one
BESIDE_BYTES = 24  # the counter, and what the drainer notes

log = structlog.get_logger("spool")


class Raw(NamedTuple):
    """What happened, as it came in; nothing of it is judged yet.

    | field | meaning |
    |---|---|
    | kind | hit; visit: a landing page was seen |
    | id | 16 bytes; its first 48 bits are the moment in milliseconds |
    | at | microseconds since 1970 |
    | about | a visit's hit (16 bytes) or None |
    | page_id | a visit's page |
    | agent | as it was sent, cut |
    | source | a visit's source without a link of ours |
    | visitor | 16 bytes, or None |
    | flags | MEMBER, DEAD |
    """

    kind: str
    id: bytes
    at: int
    link_id: str | None
    code: str
    method: str
    agent: str
    referrer: str | None
    purpose: Purpose | None
    visitor: bytes | None
    evidence: str
    flags: int
    country: str | None
    about: bytes | None = None
    page_id: str | None = None
    source: str | None = None
    browser: str | None = None


MEMBER, DEAD = 1, 2
COLUMNS = ", ".join(Raw._fields)
ALL_FIELDS = len(Raw._fields)
HIT_FIELDS = ALL_FIELDS - len(Raw._field_defaults)
MOST_AT_ONCE = 128


class _Batch:
    """Rows that are committed together; whoever waits holds on to `done`."""

    __slots__ = ("done", "is_kept", "rows")

    def __init__(self) -> None:
        self.rows: list[Raw] = []
        self.is_kept = False
        self.done = threading.Lock()
        self.done.acquire()


class Spool:
    """This process's part of a node's spool. Opens nothing before the first row.

    | durability | what it survives |
    |---|---|
    | process | kill -9 |
    | group | the same, and a power cut but for the last 50 ms |
    | strict | both |

    `lost`: rows that found no room since this process began.
    """

    def __init__(self, folder: Path, durability: Durability = "group", segment_rows: int = SEGMENT_ROWS) -> None:
        self.folder = folder
        self.lost = 0
        self._untold = 0
        self._durability = durability
        self._segment_rows = segment_rows
        self._mutex = threading.Lock()
        self._batch = _Batch()
        self._wake = threading.Lock()
        self._wake.acquire()
        self._is_idle = True
        self._writer: threading.Thread | None = None
        self._segment: _Writing | None = None
        self._logged_at = self._lost_at = float("-inf")
        self._tried_at = float("-inf")
        self._is_closed = False

    def put(self, row: Raw) -> bool:
        """Keep a row: True after the commit that holds it, False when there is no room for it or the disk hangs."""
        with self._mutex:
            if self._is_closed:
                return False
            batch = self._batch
            batch.rows.append(row)
            if self._is_idle:
                self._is_idle = False
                if self._writer is None:
                    self._start()
                self._wake.release()
        if batch.done.acquire(timeout=WAIT_S):
            batch.done.release()
        return batch.is_kept

    def is_losing(self, lately_s: float) -> bool:
        """Whether a row found no room in the last so many seconds."""
        return time.monotonic() - self._lost_at < lately_s

    def close(self) -> None:
        """Let the segment go; what is in it stays for the drainer."""
        with self._mutex:
            was_idle, writer = self._is_idle, self._writer
            self._is_closed, self._is_idle = True, False
            if was_idle:
                self._wake.release()
        if writer:
            writer.join(BUSY_S)

    def _start(self) -> None:
        self._writer = threading.Thread(target=self._write, name="spool", daemon=True)
        self._writer.start()

    def _write(self) -> None:
        while not self._is_closed:
            self._wake.acquire()
            while True:
                with self._mutex:
                    batch = self._batch
                    if not batch.rows:
                        self._is_idle = True
                        break
                    self._batch = _Batch()
                batch.is_kept = self._keep(batch.rows)
                batch.done.release()
        if self._segment:
            self._segment.close()

    def _keep(self, rows: list[Raw]) -> bool:
        try:
            if self._segment is None:
                if time.monotonic() - self._tried_at < TRY_AGAIN_S:
                    raise OSError("no room a moment ago")
                self._tried_at = time.monotonic()
                self._segment = _Writing(self.folder, self._durability)
            self._segment.add(rows)
            if self._untold:
                self._tell(self._segment)
        # Whatever is wrong with the disk, the visitor goes on to the page; what is lost is counted and told.
        except Exception as failed:  # noqa: BLE001
            self._lose(len(rows), failed)
            return False
        if self._segment.size >= self._segment_rows:
            with contextlib.suppress(sqlite3.Error, OSError):  # its rows are committed, whatever closing says
                self._segment.close()
            self._segment = None
            self._tried_at = float("-inf")
        return True

    def _lose(self, hits: int, failed: Exception) -> None:
        self.lost += hits
        self._untold += hits
        self._lost_at = time.monotonic()
        if self._segment:
            self._tell(self._segment)
        if time.monotonic() - self._logged_at >= 1:
            log.error("hits_lost", lost=self.lost, reason=repr(failed)[:300])
            self._logged_at = time.monotonic()

    def _tell(self, segment: "_Writing") -> None:
        """Write down what found no room; on a disk that takes nothing at all, once it does."""
        with contextlib.suppress(OSError):
            segment.lose(self._untold)
            self._untold = 0


class _Writing:
    """A segment that is being written. Its lock's file holds how many rows found no room: bytes that exist already."""

    def __init__(self, folder: Path, durability: Durability) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / f"{new_id()}.db"
        self.size = 0
        self._lock = locked(self.path, create=True)
        try:
            self._connection = sqlite3.connect(
                self.path, isolation_level=None, check_same_thread=False, cached_statements=MOST_AT_ONCE + 8
            )
            sync = "FULL" if durability == "strict" else "NORMAL"
            for pragma in ("journal_mode=WAL", f"synchronous={sync}", "wal_autocheckpoint=2000"):
                self._connection.execute(f"PRAGMA {pragma}")
            self._connection.execute(f"CREATE TABLE rows (seq INTEGER PRIMARY KEY, {COLUMNS})")
        except BaseException:
            self._lock.close()
            for suffix in (".db", ".db-wal", ".db-shm", ".lock"):  # or a full disk fills with them, one a second
                self.path.with_suffix(suffix).unlink(missing_ok=True)
            raise
        self._syncer = _Syncer(Path(f"{self.path}-wal")) if durability == "group" else None

    def add(self, rows: list[Raw]) -> None:
        # each statement lets another thread go first, which costs more than a row: nearly every batch is one
        if len(rows) <= MOST_AT_ONCE:
            self._insert(rows)
        else:
            with self._transaction():
                for start in range(0, len(rows), MOST_AT_ONCE):
                    self._insert(rows[start : start + MOST_AT_ONCE])
        self.size += len(rows)
        if self._syncer:
            self._syncer.note()

    def _insert(self, rows: list[Raw]) -> None:
        fields = HIT_FIELDS if all(row.kind == "hit" for row in rows) else ALL_FIELDS  # each one counts, even empty
        self._connection.execute(_insert(len(rows), fields), [each for row in rows for each in row[:fields]])

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    def lose(self, hits: int) -> None:
        before, _ = COUNTER.unpack(os.pread(self._lock.fileno(), COUNTER.size, 0))
        os.pwrite(self._lock.fileno(), COUNTER.pack(before + hits, int(time.time())), 0)  # noqa: TID251 the disk's

    def close(self) -> None:
        if self._syncer:
            self._syncer.close()
        self._connection.close()
        self._lock.close()


@lru_cache(maxsize=MOST_AT_ONCE)
def _insert(rows: int, fields: int) -> str:
    places = f"({', '.join('?' * fields)})"
    return f"INSERT INTO rows ({', '.join(Raw._fields[:fields])}) VALUES {', '.join([places] * rows)}"  # noqa: S608


class _Syncer:
    """Brings the write-ahead log to the disk every 50 ms while rows come in."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        self._seldom = Seldom()
        self._dirty = threading.Event()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="spool-sync", daemon=True)
        self._thread.start()

    def note(self) -> None:
        if not self._dirty.is_set():
            self._dirty.set()

    def close(self) -> None:
        self._ended.set()
        self._dirty.set()
        self._thread.join()
        self._file.close()

    def _run(self) -> None:
        while not self._ended.is_set():
            self._dirty.wait()
            self._ended.wait(SYNC_EVERY_S)
            self._dirty.clear()
            try:
                os.fdatasync(self._file.fileno())
            except OSError as failed:
                if self._seldom.is_due():
                    log.error("spool_not_synced", reason=repr(failed))


def locked(path: Path, *, create: bool = False) -> BinaryIO:
    """The lock of a segment, held until it is closed. Raises BlockingIOError while another holds it.

    Its file holds the COUNTER and the drainer's note: bytes that are there already when the disk is full.
    """
    beside = path.with_suffix(".lock")
    held = beside.open("xb+" if create else "rb+", buffering=0)
    try:
        if create:
            held.write(bytes(BESIDE_BYTES))
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BaseException:
        held.close()
        if create:
            beside.unlink()
        raise
    return held
