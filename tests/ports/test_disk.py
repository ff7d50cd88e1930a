"""What reaches the disk, and when: the calls that the spool makes, counted."""

import os
import time
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from campaigns.tracking import segments, spool
from campaigns.tracking.spool import Spool
from tests.campaigns.tracking.test_spool import kept, raw, spooling


@pytest.mark.parametrize("durability,synced", [("process", 0), ("group", 1), ("strict", 1)])
def test_rows_come_to_the_disk_when_their_durability_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, durability: str, synced: int
) -> None:
    done: list[tuple[float, int]] = []
    whole = os.fdatasync

    def counted(file: int) -> None:
        whole(file)
        done.append((time.monotonic(), os.fstat(file).st_ino))

    monkeypatch.setattr(os, "fdatasync", counted)
    made = Spool(tmp_path, durability)  # type: ignore[arg-type]
    assert made.put(raw())
    put_at = time.monotonic()
    assert len(done) >= (durability == "strict")
    [log] = tmp_path.glob("*.spool")
    written = log.stat().st_ino
    time.sleep(0.2)
    own = [at for at, inode in done if inode == written]  # another test's spool may be at its last one
    assert len(own) == synced
    assert all(at - put_at < 0.15 for at in own)  # 50 ms, and a busy machine's own time
    time.sleep(0.2)
    assert sum(inode == written for _, inode in done) == synced  # an idle spool syncs nothing
    made.close()


def test_a_disk_that_hangs_holds_nobody_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool, "WAIT_S", 0.05)
    with capture_logs() as logs, spooling(tmp_path) as made:
        assert made.put(raw(0))
        with made._mutex:  # whoever holds it waits for the disk
            assert not made.put(raw(1))
        assert made.put(raw(2))
    assert (made.lost, segments.depth(tmp_path).lost, kept(tmp_path)) == (1, 1, ["code0", "code2"])
    assert [line["event"] for line in logs] == ["hits_lost"]
