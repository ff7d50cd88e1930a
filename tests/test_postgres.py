"""The throw-away PostgreSQL: what tests may count on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import sqlalchemy

from tests.postgres import start

pytestmark = pytest.mark.postgres
ROOT = Path(__file__).parents[1]


def test_a_copy_has_the_rows_of_its_template_and_a_life_of_its_own() -> None:
    with start() as cluster:
        one = sqlalchemy.create_engine(cluster.create_database("one"))
        with one.begin() as connection:
            connection.execute(sqlalchemy.text("create table birds as select 'tit' as name"))
        one.dispose()
        two = sqlalchemy.create_engine(cluster.create_database("two", template="one"))
        with two.begin() as connection:
            connection.execute(sqlalchemy.text("insert into birds values ('owl')"))
            assert connection.scalar(sqlalchemy.text("select count(*) from birds")) == 2
        with one.begin() as connection:
            assert connection.scalar(sqlalchemy.text("select count(*) from birds")) == 1
        two.dispose()
        one.dispose()


def test_it_leaves_nothing_when_it_is_stopped() -> None:
    cluster = start()
    assert cluster.folder.is_dir()
    cluster.stop()
    assert not cluster.folder.exists()


def test_a_killed_test_run_leaves_no_server_and_no_folder() -> None:
    run = subprocess.Popen(
        [sys.executable, "-c", "from tests.postgres import start; print(start().folder, flush=True); input()"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with run:
        assert run.stdout is not None
        folder = Path(run.stdout.readline().strip())
        server = int((folder / "data" / "postmaster.pid").read_text().split()[0])
        run.send_signal(signal.SIGKILL)
    assert gone_within_10_s(folder)
    with pytest.raises(ProcessLookupError):
        os.kill(server, 0)


def gone_within_10_s(folder: Path) -> bool:
    """Whether the folder disappears."""
    until = time.monotonic() + 10
    while folder.exists() and time.monotonic() < until:
        time.sleep(0.02)
    return not folder.exists()
