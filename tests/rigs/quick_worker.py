"""python -m tests.rigs.quick_worker BEGAN_AT SPEED: the worker as it is, by a clock that runs faster."""

import os
import sys

from campaigns import compose, logs, worker
from campaigns.settings import Settings
from tests.rigs.quick_clock import QuickClock

if __name__ == "__main__":
    settings = Settings.read(os.environ)
    logs.configure(settings.log_level)
    worker.run(compose.world(settings, QuickClock(float(sys.argv[1]), float(sys.argv[2]))))
