"""The file that all rehearsal adapters of all processes share: what would have left the machine."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from campaigns.kernel.db import forbid_open

SCHEMA = """
CREATE TABLE IF NOT EXISTS posts (
    x_id INTEGER PRIMARY KEY, text TEXT NOT NULL, posted_at TEXT NOT NULL,
    author TEXT NOT NULL DEFAULT 'perchoir_rehearsal', reply_to INTEGER,
    media TEXT NOT NULL DEFAULT '[]'
);
CREATE TABLE IF NOT EXISTS media (
    id INTEGER PRIMARY KEY, content_type TEXT NOT NULL, category TEXT NOT NULL, alt TEXT NOT NULL, content BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS reposts (
    x_id INTEGER NOT NULL, author TEXT NOT NULL, reposted_at TEXT NOT NULL, PRIMARY KEY (author, x_id)
);
CREATE TABLE IF NOT EXISTS mails (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, recipient TEXT NOT NULL, subject TEXT NOT NULL,
    sent_at TEXT NOT NULL, raw BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS coupons (id TEXT PRIMARY KEY, title TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS codes (
    id TEXT PRIMARY KEY, code TEXT NOT NULL UNIQUE COLLATE NOCASE, coupon_id TEXT NOT NULL, expires_at TEXT
);
CREATE TABLE IF NOT EXISTS checkouts (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, key TEXT NOT NULL UNIQUE, state TEXT NOT NULL,
    title TEXT NOT NULL, currency TEXT NOT NULL, price INTEGER NOT NULL, due INTEGER NOT NULL,
    refunded INTEGER NOT NULL DEFAULT 0, code TEXT NOT NULL, code_id TEXT NOT NULL, email TEXT NOT NULL,
    reference TEXT NOT NULL, metadata TEXT NOT NULL, success_url TEXT NOT NULL, cancel_url TEXT NOT NULL,
    opened_at TEXT NOT NULL, paid_at TEXT, expired_at TEXT
);
"""

LATER_COLUMNS = {
    "author": "ALTER TABLE posts ADD COLUMN author TEXT NOT NULL DEFAULT 'perchoir_rehearsal'",
    "reply_to": "ALTER TABLE posts ADD COLUMN reply_to INTEGER",
    "media": "ALTER TABLE posts ADD COLUMN media TEXT NOT NULL DEFAULT '[]'",
}


class RehearsalFile:
    """An SQLite file of its own, made when it is first used; a connection lives as long as its transaction."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._making = threading.Lock()
        self._made = False

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """A snapshot."""
        with self._transaction("BEGIN") as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """A transaction that takes its turn and is kept when the block ends well."""
        with self._transaction("BEGIN IMMEDIATE") as connection:
            yield connection

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[sqlite3.Connection]:
        forbid_open()
        self._make()
        with closing(self._connect()) as connection:
            connection.execute(begin)
            yield connection  # an exception leaves here: closing rolls back
            connection.execute("COMMIT")

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=5, isolation_level=None)
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA synchronous=NORMAL")
        return connection

    def _make(self) -> None:
        with self._making:
            if self._made and self._path.exists():
                return
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with closing(self._connect()) as connection:
                _switch_to_wal(connection)
                connection.executescript(SCHEMA)
                _add_columns(connection)
            self._made = True


def _add_columns(connection: sqlite3.Connection) -> None:
    """Those that a file of an earlier version lacks."""
    connection.execute("BEGIN IMMEDIATE")  # several processes start at once
    known = {row["name"] for row in connection.execute("PRAGMA table_info(posts)")}
    for name, statement in LATER_COLUMNS.items():
        if name not in known:
            connection.execute(statement)
    connection.execute("COMMIT")


def _switch_to_wal(connection: sqlite3.Connection) -> None:
    # Several processes start at once: the switch needs the file alone and doesn't wait for it by itself.
    for attempt in range(50):
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError:
            if attempt == 49:
                raise
            time.sleep(0.05)
