"""Logs: one line an event on standard error, UTC, without secrets."""

import logging
import re
import sys
import time
from collections.abc import MutableMapping
from typing import Any

import structlog

QUIET = ("tweepy", "stripe", "urllib3", "requests", "requests_oauthlib", "oauthlib", "alembic", "apscheduler", "PIL")
"""Libraries that log addresses, headers or bodies below WARNING: tweepy the whole Authorization header."""

SECRET_NAMES = re.compile(r"secret|password|token|authorization|cookie|api_key|email", re.IGNORECASE)
SECRET_TEXTS = re.compile(
    r"(sk|rk|whsec|pch)_[A-Za-z0-9_-]{6,}|(?<=://)[^/\s:@]+:[^/\s@]+(?=@)|[\w.+-]+@[\w-]+\.[\w.-]+"
    # what a mail or a page gives its reader to open: downloads, invitations, passwords, sign-in links, thanks, visits
    r"|(?:(?<=/d/)|(?<=/join/)|(?<=/password/)|(?<=/sign-in/)|(?<=/approve/)|(?<=/feed/)|(?<=/r/)|(?<=/weekly/)|(?<=claim=)|(?<=via=))[\w.-]{20,}"
)


class Seldom:
    """Lets something be told at most once in a while: an outage fails a hundred times a second."""

    def __init__(self, every_s: float = 1.0) -> None:
        self._every_s = every_s
        self._told_at = float("-inf")

    def is_due(self) -> bool:
        """Whether it is to be told now; from then on it isn't for a while."""
        now = time.monotonic()
        if now - self._told_at < self._every_s:
            return False
        self._told_at = now
        return True


def redact(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Blank what looks like a secret or an address, by its name or by its form."""
    for name, value in event.items():
        event[name] = "…" if SECRET_NAMES.search(name) else _blanked(value)
    return event


def _blanked(value: Any) -> Any:
    if isinstance(value, str):
        return SECRET_TEXTS.sub("…", value)
    if isinstance(value, dict):
        return {name: "…" if SECRET_NAMES.search(str(name)) else _blanked(each) for name, each in value.items()}
    return [_blanked(each) for each in value] if isinstance(value, list | tuple) else value


def configure(level: str) -> None:
    """Set logging up for a process."""
    before: list[Any] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redact,
    ]
    structlog.configure(
        processors=[*before, structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"])],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=before,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"]),
            ],
        )
    )
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
