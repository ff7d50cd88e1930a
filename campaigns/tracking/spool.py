"""The spool: where a process keeps hits until the drainer has brought them into the database.

A file for each process: a head, then a line for each row with its checksum, appended before `put` is back. What one
write leaves to the kernel outlives the process; when it is on the disk, the durability says. No engine stands between:
a row costs a microsecond instead of a thread's sleep and wake for a commit, and works while the database is away. A
file is a segment: its writer holds a lock as long as it lives, goes on to a new one when it is full, and never deletes.
Who reads them: tracking.segments.
"""

import contextlib
import fcntl
import json
import os
import struct
import threading
import time
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

import structlog

from campaigns.kernel.codes import new_id
from campaigns.logs import Seldom
from campaigns.settings import Durability
from campaigns.tracking.hits import Purpose

SYNC_EVERY_S = 0.05
SEGMENT_ROWS = 50_000
TRY_AGAIN_S = 1.0
WAIT_S = 5.0
SUFFIX = ".spool"

# A segment's head, written when it is made: bytes that exist already when the disk is full.
MAGIC = b"perchoir spool 1"
LOST = struct.Struct("<QQ")  # rows that found no room, and the second of the last one
LOST_AT = len(MAGIC)
DRAINED = struct.Struct("<Q")  # up to which byte its rows are in the database, as its drainer notes it
DRAINED_AT = LOST_AT + LOST.size
HEAD_BYTES = 64
HEAD = MAGIC.ljust(HEAD_BYTES - 1, b"\0") + b"\n"

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
BYTES_FIELDS = [Raw._fields.index(name) for name in ("id", "visitor", "about")]
_json = json.JSONEncoder(separators=(",", ":"), check_circular=False, default=bytes.hex).encode


def body_of(row: Raw) -> bytes:
    """A row as its line holds it, behind its number: a checksum, and its fields as JSON, bytes in hex.

    >>> row = Raw("hit", bytes(16), 0, None, "a1", "GET", "", None, None, None, "link", 0, None)
    >>> body_of(row)[:60]
    b'aa2b07f7["hit","00000000000000000000000000000000",0,null,"a1'
    """
    text = _json(row).encode()
    return b"%08x%b" % (crc32(text), text)


def line_of(number: int, body: bytes) -> bytes:
    """A line of a segment: the row's number in it, from 1, and the row."""
    return b"%x %b\n" % (number, body)


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
        self._counting = threading.Lock()
        self._segment: _Writing | None = None
        self._logged_at = self._lost_at = float("-inf")
        self._tried_at = float("-inf")
        self._is_closed = False

    def put(self, row: Raw) -> bool:
        """Keep a row: True once it is written (strict: on the disk); False when it found no room or the disk hangs."""
        body = body_of(row)
        if not self._mutex.acquire(timeout=WAIT_S):
            self._lose(OSError("the disk hangs"))
            return False
        try:
            if self._is_closed:
                return False
            segment = self._segment = self._segment or self._begin()
            end = segment.add(body)
            if self._untold:
                self._tell(segment)
            if segment.rows >= self._segment_rows:
                self._segment = None
                segment.close()
        # Whatever is wrong with the disk, the visitor goes on to the page; what is lost is counted and told.
        except Exception as failed:  # noqa: BLE001
            self._lose(failed)
            if self._segment:
                self._tell(self._segment)
            return False
        finally:
            self._mutex.release()
        return self._durability != "strict" or self._is_on_disk(segment, end)

    def is_losing(self, lately_s: float) -> bool:
        """Whether a row found no room in the last so many seconds."""
        return time.monotonic() - self._lost_at < lately_s

    def close(self) -> None:
        """Let the segment go; what is in it stays for the drainer."""
        with self._mutex:
            self._is_closed = True
            if self._segment:
                self._segment.close()
                self._segment = None

    def _begin(self) -> "_Writing":
        if time.monotonic() - self._tried_at < TRY_AGAIN_S:
            raise OSError("no room a moment ago")
        self._tried_at = time.monotonic()
        made = _Writing(self.folder, self._durability)
        self._tried_at = float("-inf")
        return made

    def _is_on_disk(self, segment: "_Writing", end: int) -> bool:
        try:
            segment.sync(end)
        except OSError as failed:
            self._lose(failed)
            return False
        return True

    def _lose(self, failed: Exception) -> None:
        with self._counting:
            self.lost += 1
            self._untold += 1
            self._lost_at = time.monotonic()
            is_due = self._lost_at - self._logged_at >= 1
            if is_due:
                self._logged_at = self._lost_at
        if is_due:
            log.error("hits_lost", lost=self.lost, reason=repr(failed)[:300])

    def _tell(self, segment: "_Writing") -> None:
        """Write down what found no room; on a disk that takes nothing at all, once it does."""
        with self._counting, contextlib.suppress(OSError):
            segment.lose(self._untold)
            self._untold = 0


class _Writing:
    """A segment that is being written."""

    def __init__(self, folder: Path, durability: Durability) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / f"{new_id()}{SUFFIX}"
        self.rows = 0
        self.end = self._synced = HEAD_BYTES
        self._syncing = threading.Lock()
        self._fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _write(self._fd, HEAD, 0)
        except BaseException:
            self.path.unlink()  # or a full disk fills with them, one a second
            os.close(self._fd)
            raise
        self._is_synced = durability != "process"
        self._syncer = _Syncer(self) if durability == "group" else None

    def add(self, body: bytes) -> int:
        """Append a row; where it ends. Raises OSError when there is no room for all of it, and leaves nothing of it."""
        line = line_of(self.rows + 1, body)
        try:
            _write(self._fd, line, self.end)
        except OSError:
            os.ftruncate(self._fd, self.end)
            raise
        self.end += len(line)
        self.rows += 1
        if self._syncer:
            self._syncer.note()
        return self.end

    def sync(self, end: int) -> None:
        """Bring all up to there to the disk; those who wait meanwhile find theirs done."""
        with self._syncing:
            if self._synced < end:
                reached = self.end
                os.fdatasync(self._fd)
                self._synced = reached

    def lose(self, rows: int) -> None:
        before, _ = LOST.unpack(os.pread(self._fd, LOST.size, LOST_AT))
        os.pwrite(self._fd, LOST.pack(before + rows, int(time.time())), LOST_AT)  # noqa: TID251 the disk's

    def close(self) -> None:
        if self._syncer:
            self._syncer.close()
        with self._syncing:
            with contextlib.suppress(OSError):  # its rows are written, whatever syncing says
                if self._is_synced:
                    os.fdatasync(self._fd)
                self._synced = self.end
            os.close(self._fd)


def _write(fd: int, content: bytes, at: int) -> None:
    if os.pwrite(fd, content, at) < len(content):
        raise OSError("no room for all of it")


class _Syncer:
    """Brings a segment to the disk every 50 ms while rows come in."""

    def __init__(self, segment: _Writing) -> None:
        self._segment = segment
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

    def _run(self) -> None:
        while not self._ended.is_set():
            self._dirty.wait()
            self._ended.wait(SYNC_EVERY_S)
            self._dirty.clear()
            try:
                self._segment.sync(self._segment.end)
            except OSError as failed:
                if self._seldom.is_due():
                    log.error("spool_not_synced", reason=repr(failed))
