"""The reader's side of the spool: which files are drained, adopted, swept, put aside."""

import contextlib
import os
import resource
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from campaigns.tracking import segments
from campaigns.tracking.segments import Segment, Spooled
from tests.campaigns.tracking.test_spool import AT_US, KILLED, folder, raw, spooling
from tests.rules.tree import ROOT

__all__ = ["folder"]


@pytest.fixture
def spooled(folder: Path) -> Iterator[Spooled]:
    made = Spooled(folder)
    yield made
    made.close()


def files(folder: Path) -> list[str]:
    return sorted({path.suffix for path in folder.iterdir()})


def closed(folder: Path, rows: int = 5) -> None:
    """A segment whose writer is gone."""
    with spooling(folder) as made:
        for n in range(rows):
            assert made.put(raw(n))


@contextlib.contextmanager
def full_disk() -> Iterator[None]:
    """No file grows: SQLite can't make the index of a log."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_dead_processs_file_is_read_to_its_end_and_then_removed(folder: Path, spooled: Spooled) -> None:
    subprocess.run([sys.executable, "-c", KILLED, str(folder), "group"], cwd=ROOT, check=False, timeout=30)
    [segment] = spooled.segments()
    rows = segment.read(0, 100)
    assert [row.code for _, row in rows] == [f"code{n}" for n in range(50)]
    assert not spooled.remove(segment, 49, 0)
    assert spooled.remove(segment, 50, 0)
    assert list(folder.iterdir()) == []


def test_a_file_that_is_being_written_stays_however_far_it_is_drained(folder: Path, spooled: Spooled) -> None:
    with spooling(folder) as made:
        assert made.put(raw())
        [segment] = spooled.segments()
        assert not spooled.remove(segment, 1, 0)
        assert made.put(raw(1))
        assert segment.last() == 2


def test_a_file_whose_losses_are_not_told_stays(folder: Path, spooled: Spooled) -> None:
    with spooling(folder) as made:
        assert made.put(raw())
        assert made._segment
        made._segment.lose(3)
    [segment] = spooled.segments()
    assert segment.lost() == 3
    assert not spooled.remove(segment, 1, 2)
    assert spooled.remove(segment, 1, 3)


def test_one_drainer_a_node(folder: Path) -> None:
    one, other = Spooled(folder), Spooled(folder)
    with one.alone() as first, other.alone() as second:
        assert (first, second) == (True, False)
    with other.alone() as second:
        assert second


def test_a_broken_file_is_put_aside_with_its_log_and_told(folder: Path, spooled: Spooled) -> None:
    closed(folder)
    [path] = folder.glob("*.db")
    path.write_bytes(b"not a database" * 100)
    path.with_suffix(".db-wal").write_bytes(b"its log")
    closed(folder)
    with capture_logs() as logs:
        assert len(spooled.segments()) == 1
        assert len(spooled.segments()) == 1
    assert [(line["event"], line["file"]) for line in logs] == [("spool_broken", path.name)]
    assert path.with_suffix(".broken").exists()
    assert Path(f"{path.with_suffix('.broken')}-wal").read_bytes() == b"its log"
    assert segments.depth(folder).broken == 1


def test_what_a_process_left_before_it_had_made_its_segment_is_swept_after_a_minute(
    folder: Path, spooled: Spooled
) -> None:
    closed(folder)
    empty = folder / "0190-empty.db"
    empty.touch()
    empty.with_suffix(".lock").touch()
    assert len(spooled.segments()) == 1
    assert empty.exists()
    old = time.time() - 61
    os.utime(empty, (old, old))
    assert len(spooled.segments()) == 1
    assert not empty.exists()
    assert not empty.with_suffix(".lock").exists()


def test_a_dead_processs_file_that_cannot_be_opened_now_is_not_swept_but_read_later(folder: Path) -> None:
    subprocess.run([sys.executable, "-c", KILLED, str(folder), "group"], cwd=ROOT, check=False, timeout=30)
    [path] = folder.glob("*.db")
    old = time.time() - 61
    os.utime(path, (old, old))
    with contextlib.closing(Spooled(folder)) as spooled:
        with full_disk(), capture_logs() as logs:
            assert spooled.segments() == []
        assert [line["event"] for line in logs] == ["spool_unread"]
        assert path.exists()
        [segment] = spooled.segments()
        assert segment.last() == 50


def test_looking_at_a_file_that_was_removed_makes_no_new_one(folder: Path) -> None:
    folder.mkdir()
    with pytest.raises(sqlite3.OperationalError):
        Segment(folder / "gone.db").last()
    assert list(folder.iterdir()) == []


def test_the_depth_is_what_is_not_drained_and_how_old_it_is(folder: Path, spooled: Spooled) -> None:
    assert segments.depth(folder) == segments.Depth(0, 0, None, 0, 0, 0)
    closed(folder, rows=7)
    with spooling(folder) as made:
        assert made.put(raw(100))
        first, second = spooled.segments()
        assert segments.depth(folder)[:3] == (8, 2, AT_US)
        first.note(4)
        assert segments.depth(folder)[:3] == (4, 2, AT_US + 4)
        first.note(7)
        second.note(1)
        assert segments.depth(folder)[:3] == (0, 2, None)
        assert (first.drained(), second.drained(), first.lost()) == (7, 1, 0)


def test_a_folder_with_odd_characters_is_a_folder(tmp_path: Path) -> None:
    odd = tmp_path / "s?p#o%20o l'é"
    closed(odd)
    with contextlib.closing(Spooled(odd)) as spooled:
        [segment] = spooled.segments()
        assert segment.last() == 5
