"""Segments: the files of a node's spool, as its drainer reads them, and as anybody tells how full it is.

The drainer reads any segment, and removes those that are drained and unlocked: full ones and a dead process's are the
same to it. A place in a segment is the byte at which a row ends.
"""

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

import structlog

from campaigns.logs import Seldom
from campaigns.tracking.spool import (
    BYTES_FIELDS,
    DRAINED,
    DRAINED_AT,
    HEAD_BYTES,
    LOST,
    LOST_AT,
    MAGIC,
    SUFFIX,
    Raw,
)

BLOCK_BYTES = 1 << 20
TAIL_BYTES = 1 << 16  # more than the longest line
FORSAKEN_S = 60
"""After so long nobody makes a segment of a file any more that isn't one yet."""

log = structlog.get_logger("spool")


class Broken(Exception):
    """A file that is no segment."""


class Segment:
    """A file of the spool. `name` tells it from all others of all nodes; `torn`: lines that are no rows were met in it.

    Raises OSError when it can't be opened now, Broken when it is no segment, EOFError while its head is being written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = path.stem
        self.torn = False
        self._fd = os.open(path, os.O_RDWR)
        try:
            self._head = os.pread(self._fd, HEAD_BYTES, 0)
            if not MAGIC.startswith(self._head[: len(MAGIC)]):
                raise Broken(f"it begins with {self._head[:16]!r}")
            if len(self._head) < HEAD_BYTES:
                raise EOFError
        except BaseException:
            os.close(self._fd)
            raise

    def read(self, after: int, most: int) -> list[tuple[int, Raw]]:
        """Rows behind a place (0: the first ones) in the order in which they came, each with the place where it ends.

        What a power cut left of a line, or made of it, is no row: told once, and left out.
        """
        rows: list[tuple[int, Raw]] = []
        place = max(after, HEAD_BYTES)
        while len(rows) < most and (lines := self._lines(place)):
            for line in lines[: most - len(rows)]:
                place += len(line) + 1
                if row := _row(line):
                    rows.append((place, row))
                if not row or not line[:1].isalnum():  # what is left of another may stand before a row
                    self._tear(place)
        return rows

    def last(self) -> int:
        """The place behind its last whole line."""
        size = os.fstat(self._fd).st_size
        tail = os.pread(self._fd, TAIL_BYTES, max(size - TAIL_BYTES, 0))
        return size - len(tail) + tail.rfind(b"\n") + 1

    def waiting(self, after: int) -> tuple[int, int | None]:
        """How many rows stand behind a place, by their numbers, and when the first came, in microseconds since 1970."""
        first = next(iter(self.read(after, 1)), None)
        if first is None:
            return 0, None
        place, row = first
        end = self.last()
        begin = max(end - TAIL_BYTES, place)
        later = os.pread(self._fd, end - begin, begin)
        try:
            rows = _number(later[:-1].rpartition(b"\n")[2]) - _number(self._lines(max(after, HEAD_BYTES))[0]) + 1
        except ValueError:  # a torn line, or only this one
            rows = 1
        return rows, row.at

    def lost(self) -> tuple[int, int]:
        """Rows that found no room in it, and the second of the last one."""
        return LOST.unpack(os.pread(self._fd, LOST.size, LOST_AT))

    def drained(self) -> int:
        """The place up to which it is in the database, as its drainer noted it; the database knows better."""
        return int(DRAINED.unpack(os.pread(self._fd, DRAINED.size, DRAINED_AT))[0])

    def note(self, drained: int) -> None:
        """Write down how far it is drained, for those who tell how full the spool is."""
        with contextlib.suppress(OSError):
            os.pwrite(self._fd, DRAINED.pack(drained), DRAINED_AT)

    def take(self) -> bool:
        """Whether its writer is gone; nobody else takes it then until it is closed."""
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def close(self) -> None:
        os.close(self._fd)

    def _tear(self, place: int) -> None:
        if not self.torn:
            log.error("spool_torn", file=self.path.name, before=place)
        self.torn = True

    def _lines(self, place: int) -> list[bytes]:
        """Whole lines from a place on; none at the end. What has no end yet is being written, or never was."""
        block = os.pread(self._fd, BLOCK_BYTES, place)
        end = block.rfind(b"\n")
        if end < 0 and len(block) == BLOCK_BYTES:
            return [block[:-1]]  # no line is so long
        return block[:end].split(b"\n") if end >= 0 else []


def _number(line: bytes) -> int:
    return int(line.partition(b" ")[0], 16)


def _row(line: bytes) -> Raw | None:
    """The row of a line, or None when it isn't whole."""
    _, _, body = line.partition(b" ")
    text = body[8:]
    if b"%08x" % crc32(text) != body[:8]:
        return None
    fields = json.loads(text)
    for each in BYTES_FIELDS:
        if fields[each] is not None:
            fields[each] = bytes.fromhex(fields[each])
    return Raw(*fields[: len(Raw._fields)])


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
        """All that are there, oldest first. What is no segment is put aside, told, and kept."""
        there = set(self._folder.glob(f"*{SUFFIX}"))
        for gone in self._open.keys() - there:
            self._open.pop(gone).close()
        for path in there - self._open.keys():
            self._take(path)
        return [self._open[path] for path in sorted(self._open)]

    def _take(self, path: Path) -> None:
        try:
            self._open[path] = Segment(path)
        except EOFError:  # its writer makes it just now, or died while it did
            _sweep(path)
        except Broken as broken:
            _put_aside(path, broken)
        except OSError as failed:
            if path.exists() and self._seldom.is_due():
                log.warning("spool_unread", file=path.stem, reason=repr(failed))

    def remove(self, segment: Segment, drained: int, lost: int) -> bool:
        """Delete a file whose writer is gone, whose rows are drained and whose losses are told; whether it is gone.

        One with torn lines is put aside instead: somebody may want to look at it.
        """
        if not segment.take() or segment.read(drained, 1) or segment.lost()[0] > lost:
            return False
        if segment.torn:
            _put_aside(segment.path, Broken("some of its lines are no rows"))
        else:
            segment.path.unlink(missing_ok=True)
        self._open.pop(segment.path).close()
        return True

    def close(self) -> None:
        while self._open:
            self._open.popitem()[1].close()


def _sweep(path: Path) -> None:
    """Remove what a process left that died before it had made its segment: no row was ever in it."""
    with contextlib.suppress(OSError), path.open("rb+") as left:  # its writer lives, or it is gone
        fcntl.flock(left, fcntl.LOCK_EX | fcntl.LOCK_NB)
        known = os.fstat(left.fileno())
        if known.st_size < HEAD_BYTES and time.time() - known.st_mtime > FORSAKEN_S:  # noqa: TID251 the disk's time
            path.unlink()


def _put_aside(path: Path, reason: Exception) -> None:
    log.error("spool_broken", file=path.name, reason=str(reason)[:300])
    with contextlib.suppress(FileNotFoundError):
        path.rename(path.with_suffix(".broken"))


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
    rows, oldest, told = 0, [], [(0, 0)]
    paths = list(folder.glob(f"*{SUFFIX}"))
    for path in paths:
        with (
            contextlib.suppress(OSError, EOFError, Broken),  # gone, or just made
            contextlib.closing(Segment(path)) as segment,
        ):
            told.append(segment.lost())
            waiting, at = segment.waiting(segment.drained())
            rows += waiting
            if at is not None:
                oldest.append(at)
    lost, lost_at = zip(*told, strict=True)
    broken = len(list(folder.glob("*.broken")))
    return Depth(rows, len(paths), min(oldest, default=None), sum(lost), max(lost_at), broken)
