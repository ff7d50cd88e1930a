"""The reader's side of the spool: which files are drained, adopted, swept, put aside."""

import contextlib
import fcntl
import os
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


def test_a_dead_processs_file_is_read_to_its_end_and_then_removed(folder: Path, spooled: Spooled) -> None:
    subprocess.run([sys.executable, "-c", KILLED, str(folder), "group"], cwd=ROOT, check=False, timeout=30)
    [segment] = spooled.segments()
    rows = segment.read(0, 100)
    assert [row.code for _, row in rows] == [f"code{n}" for n in range(50)]
    assert not spooled.remove(segment, rows[-2][0], 0)
    assert spooled.remove(segment, rows[-1][0], 0)
    assert list(folder.iterdir()) == []


def test_a_file_that_is_being_written_stays_however_far_it_is_drained(folder: Path, spooled: Spooled) -> None:
    with spooling(folder) as made:
        assert made.put(raw())
        [segment] = spooled.segments()
        assert not spooled.remove(segment, segment.last(), 0)
        assert made.put(raw(1))
        assert segment.waiting(0)[0] == 2


def test_a_file_whose_losses_are_not_told_stays(folder: Path, spooled: Spooled) -> None:
    with spooling(folder) as made:
        assert made.put(raw())
        assert made._segment
        made._segment.lose(3)
    [segment] = spooled.segments()
    assert segment.lost()[0] == 3
    assert not spooled.remove(segment, segment.last(), 2)
    assert spooled.remove(segment, segment.last(), 3)


def test_one_drainer_a_node(folder: Path) -> None:
    one, other = Spooled(folder), Spooled(folder)
    with one.alone() as first, other.alone() as second:
        assert (first, second) == (True, False)
    with other.alone() as second:
        assert second


def test_a_file_that_is_no_segment_is_put_aside_and_told(folder: Path, spooled: Spooled) -> None:
    closed(folder)
    [path] = folder.glob("*.spool")
    path.write_bytes(b"not a segment" * 100)
    closed(folder)
    with capture_logs() as logs:
        assert len(spooled.segments()) == 1
        assert len(spooled.segments()) == 1
    assert [(line["event"], line["file"]) for line in logs] == [("spool_broken", path.name)]
    assert path.with_suffix(".broken").exists()
    assert segments.depth(folder).broken == 1


@pytest.mark.parametrize("torn", [b"\0" * 50, b"\xff" * 120, b"x\ny\n", b"\0" * 3_000_000])
def test_what_a_power_cut_made_of_some_lines_costs_no_others(folder: Path, spooled: Spooled, torn: bytes) -> None:
    closed(folder, rows=9)
    [path] = folder.glob("*.spool")
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:4], torn, *lines[5:]]))
    [segment] = spooled.segments()
    with capture_logs() as logs:
        rows = segment.read(0, 100)
        assert segment.read(rows[1][0], 3) == rows[2:5]
    assert {"code0", "code1", "code2", "code5", "code6", "code7", "code8"} <= {row.code for _, row in rows}
    assert "code3" not in {row.code for _, row in rows}
    assert [line["event"] for line in logs] == ["spool_torn"]
    assert spooled.remove(segment, segment.last(), 0)
    assert [each.suffix for each in folder.iterdir()] == [".broken"]


def test_a_row_that_was_cut_off_is_none_and_its_file_goes(folder: Path, spooled: Spooled) -> None:
    closed(folder)
    [path] = folder.glob("*.spool")
    path.write_bytes(path.read_bytes()[:-1])
    [segment] = spooled.segments()
    rows = segment.read(0, 100)
    assert [row.code for _, row in rows] == ["code0", "code1", "code2", "code3"]
    assert segment.waiting(0)[0] == 4
    assert spooled.remove(segment, rows[-1][0], 0)
    assert list(folder.iterdir()) == []


def test_what_a_process_left_before_it_had_made_its_segment_is_swept_after_a_minute(
    folder: Path, spooled: Spooled
) -> None:
    closed(folder)
    empty = folder / "0190-empty.spool"
    empty.touch()
    assert len(spooled.segments()) == 1
    assert empty.exists()
    old = time.time() - 61
    os.utime(empty, (old, old))
    with empty.open("rb+") as written:  # its process lives, and its disk hangs
        fcntl.flock(written, fcntl.LOCK_EX)
        assert len(spooled.segments()) == 1
        assert empty.exists()
    assert len(spooled.segments()) == 1
    assert not empty.exists()


def test_what_cannot_be_opened_holds_up_no_other(folder: Path, spooled: Spooled) -> None:
    closed(folder)
    (folder / "0190.spool").mkdir()
    with capture_logs() as logs:
        [segment] = spooled.segments()
    assert segment.waiting(0)[0] == 5
    assert [line["event"] for line in logs] == ["spool_unread"]
    assert segments.depth(folder)[:2] == (5, 2)


def test_looking_at_a_file_that_was_removed_makes_no_new_one(folder: Path) -> None:
    folder.mkdir()
    with pytest.raises(FileNotFoundError):
        Segment(folder / "gone.spool")
    assert list(folder.iterdir()) == []


def test_the_depth_is_what_is_not_drained_and_how_old_it_is(folder: Path, spooled: Spooled) -> None:
    assert segments.depth(folder) == segments.Depth(0, 0, None, 0, 0, 0)
    closed(folder, rows=7)
    with spooling(folder) as made:
        assert made.put(raw(100))
        first, second = spooled.segments()
        assert segments.depth(folder)[:3] == (8, 2, AT_US)
        first.note(first.read(0, 4)[-1][0])
        assert segments.depth(folder)[:3] == (4, 2, AT_US + 4)
        first.note(first.last())
        second.note(second.last())
        assert segments.depth(folder)[:3] == (0, 2, None)
        assert (first.drained(), second.drained(), first.lost()) == (first.last(), second.last(), (0, 0))


def test_a_folder_with_odd_characters_is_a_folder(tmp_path: Path) -> None:
    odd = tmp_path / "s?p#o%20o l'é"
    closed(odd)
    with contextlib.closing(Spooled(odd)) as spooled:
        [segment] = spooled.segments()
        assert segment.waiting(0)[0] == 5
