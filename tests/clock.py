"""A clock that stands until a test moves it."""

from datetime import UTC, datetime, timedelta


class HandClock:
    def __init__(self, at: datetime = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)) -> None:
        self._at = at

    def now(self) -> datetime:
        return self._at

    def set(self, at: datetime) -> datetime:
        self._at = at
        return at

    def advance(self, **kwargs: float) -> datetime:
        """advance(hours=1, seconds=5): and gives the new now."""
        return self.set(self._at + timedelta(**kwargs))
