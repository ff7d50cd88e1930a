"""The writer's side of the spool: what `put` promises, and when the disk doesn't keep up."""

import contextlib
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from campaigns.kernel.codes import id_bytes
from campaigns.settings import Durability
from campaigns.tracking import segments, spool
from campaigns.tracking.spool import Raw, Spool
from tests.rules.tree import ROOT

AT_US = 1_800_000_000_000_000


def raw(n: int = 0, **more: object) -> Raw:
    """A hit that came n microseconds after the others."""
    at = AT_US + n
    plain = Raw("hit", id_bytes(at), at, None, f"code{n}", "GET", "Firefox", None, None, None, "link", 0, None)
    return plain._replace(**more)  # type: ignore[arg-type]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "spool"


@contextlib.contextmanager
def spooling(folder: Path, durability: Durability = "group", rows: int = spool.SEGMENT_ROWS) -> Iterator[Spool]:
    made = Spool(folder, durability, rows)
    try:
        yield made
    finally:
        made.close()


def kept(folder: Path) -> list[str]:
    """The codes of all rows in the files, whoever writes them."""
    found = []
    for path in sorted(folder.glob("*.spool")):
        with contextlib.closing(segments.Segment(path)) as segment:
            found += [row.code for _, row in segment.read(0, 100_000)]
    return found


def test_nothing_is_opened_before_the_first_row(folder: Path) -> None:
    with spooling(folder):
        assert not folder.exists()


def test_put_is_back_after_the_row_is_written(folder: Path) -> None:
    with spooling(folder) as made:
        for n in range(5):
            assert made.put(raw(n))
            assert kept(folder) == [f"code{each}" for each in range(n + 1)]


def test_many_threads_put_and_each_finds_its_row(folder: Path) -> None:
    def put(n: int) -> bool:
        return made.put(raw(n)) and f"code{n}" in kept(folder)

    with spooling(folder) as made, ThreadPoolExecutor(16) as threads:
        assert all(threads.map(put, range(200)))
    assert sorted(kept(folder)) == sorted(f"code{n}" for n in range(200))


def test_a_full_segment_is_let_go_and_the_next_one_begun(folder: Path) -> None:
    with spooling(folder, rows=10) as made:
        for n in range(25):
            assert made.put(raw(n))
        assert len(list(folder.glob("*.spool"))) == 3
        spooled = segments.Spooled(folder)
        first, second, third = spooled.segments()
        assert [each.waiting(0)[0] for each in (first, second, third)] == [10, 10, 5]
        assert [spooled.remove(each, each.last(), 0) for each in (first, second, third)] == [True, True, False]
        spooled.close()


def test_after_the_end_nothing_is_taken(folder: Path) -> None:
    with spooling(folder) as made:
        assert made.put(raw())
    assert not made.put(raw(1))
    assert kept(folder) == ["code0"]


def test_two_processes_write_two_files(folder: Path) -> None:
    with spooling(folder) as one, spooling(folder) as other:
        assert one.put(raw(1))
        assert other.put(raw(2))
        assert len(list(folder.glob("*.spool"))) == 2


KILLED = """
import os, signal, sys
from pathlib import Path
from campaigns.tracking.spool import Spool
from tests.campaigns.tracking.test_spool import raw
made = Spool(Path(sys.argv[1]), sys.argv[2])
for n in range(50):
    assert made.put(raw(n))
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("durability", ["process", "group", "strict"])
def test_what_was_taken_survives_kill_9(folder: Path, durability: Durability) -> None:
    command = [sys.executable, "-c", KILLED, str(folder), durability]
    killed = subprocess.run(command, cwd=ROOT, check=False, timeout=30)
    assert killed.returncode == -signal.SIGKILL
    assert kept(folder) == [f"code{n}" for n in range(50)]


@contextlib.contextmanager
def full_disk(bytes_: int) -> Iterator[None]:
    """No file of this process may grow beyond so many bytes, as on a disk without room."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)


def test_a_disk_that_takes_not_one_byte_ends_no_writer_and_the_loss_is_told_later(folder: Path) -> None:
    with capture_logs(), spooling(folder) as made:
        assert made.put(raw(0))
        with full_disk(0):
            assert [made.put(raw(n)) for n in range(1, 4)] == [False] * 3
        assert segments.depth(folder).lost == 0
        assert made.put(raw(4))
        assert segments.depth(folder).lost == made.lost == 3
    assert kept(folder) == ["code0", "code4"]


@pytest.mark.parametrize("bytes_", [0, 1, 63])
def test_a_disk_too_full_for_a_new_file_is_not_littered(folder: Path, bytes_: int) -> None:
    with capture_logs(), spooling(folder) as made:
        with full_disk(bytes_):
            assert not made.put(raw(0))
        assert list(folder.iterdir()) == []


def test_what_finds_no_room_is_counted_told_and_survives_the_process(folder: Path) -> None:
    agent = "x" * 500
    with capture_logs() as logs, spooling(folder) as made:
        assert made.put(raw(0))
        with full_disk(100_000):
            told = [made.put(raw(n, agent=agent)) for n in range(1, 400)]
        after = made.put(raw(400))
    lost = told.count(False)
    assert 0 < lost < 399
    assert after
    assert made.lost == lost
    assert len(kept(folder)) == 401 - lost
    assert segments.depth(folder).lost == lost
    assert [line["event"] for line in logs] == ["hits_lost"]


def test_a_folder_without_room_loses_hits_and_takes_them_again_once_there_is(folder: Path) -> None:
    folder.write_text("a file stands where the folder should")
    with capture_logs() as logs, spooling(folder) as made:
        assert [made.put(raw(n)) for n in range(3)] == [False] * 3
        folder.unlink()
        deadline = threading.Event()
        while not made.put(raw(9)):
            assert not deadline.wait(0.1)
            assert made.lost < 50
        lost = made.lost
    assert segments.depth(folder).lost == lost
    assert "code9" in kept(folder)
    assert len(logs) <= 3


@given(
    st.builds(
        Raw, st.sampled_from(["hit", "visit"]), st.binary(min_size=16, max_size=16), st.integers(0, 2**62),
        st.none() | st.text(), st.text(), st.text(), st.text(), st.none() | st.text(), st.none(),
        st.none() | st.binary(min_size=16, max_size=16), st.just("link"), st.integers(0, 3), st.none() | st.text(),
    )
)  # fmt: skip
def test_a_row_comes_out_as_it_went_in(row: Raw) -> None:
    line = spool.line_of(17, spool.body_of(row))
    assert line.count(b"\n") == 1
    assert segments._row(line[:-1]) == row
    assert segments._row(line[:-2]) is None
