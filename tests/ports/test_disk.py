"""What reaches the disk, and when: the calls that the spool makes, counted."""

import os
import time
from pathlib import Path

import pytest

from campaigns.tracking.spool import Spool
from tests.campaigns.tracking.test_spool import raw


@pytest.mark.parametrize("durability,synced", [("process", 0), ("group", 1), ("strict", 0)])
def test_only_group_brings_the_log_to_the_disk_by_itself_and_within_its_50_ms(
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
    [log] = tmp_path.glob("*.db-wal")
    written = log.stat().st_ino
    time.sleep(0.2)
    own = [at for at, inode in done if inode == written]  # another test's spool may be at its last one
    assert len(own) == synced
    assert all(at - put_at < 0.15 for at in own)  # 50 ms, and a busy machine's own time
    time.sleep(0.2)
    assert sum(inode == written for _, inode in done) == synced  # an idle spool syncs nothing
    made.close()
