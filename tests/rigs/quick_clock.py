"""A clock that runs faster, alike in every process that is told the same beginning."""

import time
from datetime import UTC, datetime, timedelta

BEGINNING = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


class QuickClock:
    def __init__(self, began_at: float, speed: float) -> None:
        self.began_at, self.speed = began_at, speed

    def now(self) -> datetime:
        return BEGINNING + timedelta(seconds=(time.time() - self.began_at) * self.speed)
