"""How often something may be tried: counters that survive a restart and are shared by processes.

Public forms count in a file of this node (they must work while the main database is away); sign-in and coupon
tries count in the main database (an attacker who is balanced over nodes stays one attacker).
"""

import contextlib
import sqlite3
import threading
from datetime import datetime
from pathlib import Path

from sqlalchemy import BigInteger, delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from campaigns.kernel.db import Base, conflict_insert


class Try(Base):
    """How many tries of a key fell into a window. Key: what and who, hashed where it is personal."""

    __tablename__ = "tries"

    key: Mapped[str] = mapped_column(primary_key=True)
    window: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    count: Mapped[int]


def _window(now: datetime, window_s: int) -> int:
    # the window's end as seconds, so that old rows can be told from any length of window
    return (int(now.timestamp()) // window_s + 1) * window_s


def count_try(session: Session, key: str, window_s: int, now: datetime) -> int:
    """Count one try and give how many there are in this window, this one included."""
    window = _window(now, window_s)
    statement = conflict_insert(session, Try).values(key=key, window=window, count=1)
    session.execute(statement.on_conflict_do_update(index_elements=["key", "window"], set_={"count": Try.count + 1}))
    return session.scalars(select(Try.count).where(Try.key == key, Try.window == window)).one()


def tries(session: Session, key: str, window_s: int, now: datetime) -> int:
    """How many tries this window has seen."""
    statement = select(Try.count).where(Try.key == key, Try.window == _window(now, window_s))
    return session.scalars(statement).one_or_none() or 0


def forgive_try(session: Session, key: str, window_s: int, now: datetime) -> None:
    """Take one try back: it was the right password, and only wrong ones count."""
    mine = update(Try).where(Try.key == key, Try.window == _window(now, window_s), Try.count > 0)
    session.execute(mine.values(count=Try.count - 1).execution_options(synchronize_session=False))


def wait_s(window_s: int, now: datetime) -> int:
    """Seconds until this window ends and tries count from zero again."""
    return _window(now, window_s) - int(now.timestamp())


def forget_tries(session: Session, now: datetime) -> None:
    """Delete the windows that ended."""
    session.execute(delete(Try).where(Try.window < int(now.timestamp())))


class LocalLimits:
    """Counters of this node, in a small SQLite file.

    A counter that can't be written must not refuse a lead: `count` then answers 0.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(self._path, timeout=0.5, isolation_level=None)
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=OFF")
            connection.execute(
                "CREATE TABLE IF NOT EXISTS tries (key TEXT, window INTEGER, count INTEGER NOT NULL,"
                " PRIMARY KEY (key, window)) WITHOUT ROWID"
            )
            self._local.connection = connection
        return connection

    def count(self, key: str, window_s: int, now: datetime) -> int:
        """Count one try and give how many there are in this window, this one included."""
        window = _window(now, window_s)
        with contextlib.suppress(sqlite3.OperationalError):
            connection = self._connection()
            row = connection.execute(
                "INSERT INTO tries VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET count = count + 1 RETURNING count",
                (key, window),
            ).fetchone()
            if row[0] == 1:
                connection.execute("DELETE FROM tries WHERE window < ?", (int(now.timestamp()),))
            return int(row[0])
        return 0
