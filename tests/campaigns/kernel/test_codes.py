"""Ids of hits: as many as are asked for, whichever process makes them."""

import subprocess
import sys

from campaigns.kernel.codes import id_bytes
from tests.rules.tree import ROOT

FORKS = """
import os
from campaigns.kernel.codes import id_bytes
id_bytes(0)  # random bytes are drawn ahead from here on
for _ in range(3):
    if not os.fork():
        print(id_bytes(0).hex(), flush=True)
        os._exit(0)
    os.wait()
"""


def test_a_thousand_ids_of_one_moment_are_a_thousand() -> None:
    assert len({id_bytes(1_700_000_000_000_000) for _ in range(1_000)}) == 1_000


def test_processes_that_are_forked_make_ids_of_their_own() -> None:
    made = subprocess.run([sys.executable, "-c", FORKS], cwd=ROOT, capture_output=True, text=True, check=True)
    assert len(set(made.stdout.split())) == 3
