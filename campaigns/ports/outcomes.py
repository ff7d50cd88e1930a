"""How a call ends that doesn't return, and the time."""

from datetime import datetime
from typing import Protocol


class Refused(Exception):
    """The other side said no, for good.

    `code` is a key of the words for faults (`x_duplicate`, `x_forbidden`, `x_text_too_long`, `x_unauthorized`,
    `stripe_refused`, `mail_refused` …); `detail` what it said, without secrets.
    """

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code, detail)
        self.code, self.detail = code, detail


class Later(Exception):
    """Not now; nothing happened. `until` when the other side named a moment."""

    def __init__(self, code: str, detail: str = "", until: datetime | None = None) -> None:
        super().__init__(code, detail)
        self.code, self.detail, self.until = code, detail, until


class Unknown(Exception):
    """No answer that could be read: it may or may not have happened."""

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail)
        self.detail = detail


class Clock(Protocol):
    """The time."""

    def now(self) -> datetime:
        """Aware, UTC."""
