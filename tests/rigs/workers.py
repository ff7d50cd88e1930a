"""Workers as processes of their own, to be ended in every way."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.rigs.quick_clock import QuickClock

ROOT = Path(__file__).parents[2]


@contextmanager
def worker(environ: dict[str, str], clock: QuickClock, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A worker that runs until the block ends, unless it was ended before."""
    command = [sys.executable, "-m", "tests.rigs.quick_worker", str(clock.began_at), str(clock.speed)]
    own = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore", **environ}
    with log.open("ab") as out:
        process = subprocess.Popen(command, cwd=ROOT, env=own, stdout=out, stderr=out)
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def wait_until(is_so: Callable[[], bool], seconds: float = 20) -> None:
    """Return when it is so; fail when it isn't in time."""
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)
