"""Everything started at one moment on an empty database: one migrates, the others wait, all are up."""

import contextlib
from pathlib import Path

import pytest

from tests.postgres import Cluster
from tests.rigs.nodes import Node

TIMES = 20


def start_together(folder: Path, database_url: str) -> int:
    """Four servers and two workers; how many are up in the end."""
    environ = {"PERCHOIR_DATA_DIR": str(folder), "PERCHOIR_DATABASE_URL": database_url}
    with contextlib.ExitStack() as ends:
        nodes = []
        for number in range(4):
            made = Node(environ)
            nodes.append(made)
            for name in ("serve", "worker") if number < 2 else ("serve",):
                made.start(name)
                ends.callback(made.kill, name)
        for each in nodes:
            each.wait(seconds=60)
        assert [name for each in nodes for name in each.ended] == []
        return sum(process.poll() is None for each in nodes for process in each.processes.values())


@pytest.mark.audit
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_four_servers_and_two_workers_start_twenty_times(tmp_path: Path, cluster: Cluster, kind: str) -> None:
    for turn in range(TIMES):
        name = f"starts_{turn}"
        url = cluster.create_database(name) if kind == "postgres" else ""
        assert start_together(tmp_path / name, url) == 6
        if url:
            cluster.drop_database(name)
