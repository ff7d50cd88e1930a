"""The database: one engine, two kinds of transaction, and the insert that tells whether it was first.

`read()` and `write()` are the only places that begin, commit or roll back. A transaction that is open is known to
this thread, so nesting one is an error, and so is calling a port inside one (`forbid_open`, used by the adapters).
"""

import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from time import monotonic
from typing import Any, Literal

import psycopg
from sqlalchemy import Connection, Engine, Enum, MetaData, create_engine, event, func, make_url, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DatabaseError, DataError, DBAPIError, IntegrityError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import DeclarativeBase, Session, make_transient_to_detached
from sqlalchemy.pool import ConnectionPoolEntry

from campaigns.kernel.columns import type_annotations
from campaigns.kernel.errors import problem

_open: ContextVar[str | None] = ContextVar("open_transaction", default=None)

HANGS_S = 3.0
"""A database that has not answered for so long is away: it is frozen, or the network swallows what is sent."""

LOCK_WAIT_MS = 500
"""Whoever waits to have a table for itself holds up all who come after: no longer than this, see `wait_briefly`."""

TURNED = "turned"
"""The mark of a session that changed what the public sees, see kernel.editions."""


class Base(DeclarativeBase):
    """The root of every table."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    # A Literal is kept as text without a CHECK: a state added later needs no rebuild of the table.
    type_annotation_map = {**type_annotations, Literal: Enum("-", native_enum=False, length=24)}


class InUse(Exception):
    """Others held for too long what this transaction had to have for itself; nothing of it was done."""


def forbid_open() -> None:
    """Refuse to go on while this thread holds a transaction: what a port does can't be rolled back."""
    if _open.get():
        raise RuntimeError(f"a port was called inside a {_open.get()} transaction")


class Database:
    """An engine and its transactions.

    | argument | meaning |
    |---|---|
    | url | sqlite:///path or postgresql+psycopg://… |
    | pool_size | connections kept open; as many again may be opened under load |
    """

    def __init__(self, url: str, pool_size: int = 16) -> None:
        self.url = make_url(url)
        self.engine = _engine(url, pool_size)
        self._reader = self.engine.execution_options(
            **({} if self.is_sqlite else {"postgresql_readonly": True, "isolation_level": "REPEATABLE READ"})
        )
        self._writer = self.engine.execution_options(writes=True)
        self.asked_at: float | None = None  # since when tracking.directory's look at it waits for an answer
        self.turns = 0  # how often this process changed what the public sees: its copies needn't ask to know

    @property
    def is_sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A snapshot to read from: nothing is written, everything seen belongs together."""
        with self._transaction("read", self._reader) as session:
            # ended by close(): rollback() would expire what was read, and nothing could look at it afterwards
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A transaction that commits when the block ends and rolls back when it raises."""
        with self._transaction("write", self._writer) as session:
            yield session
            session.commit()
            if session.info.get(TURNED):
                self.turns += 1

    @contextmanager
    def _transaction(self, kind: str, engine: Engine) -> Iterator[Session]:
        if _open.get():
            raise RuntimeError(f"a {kind} transaction inside a {_open.get()} transaction")
        if self.asked_at is not None and monotonic() - self.asked_at > HANGS_S:
            # whoever joined in the waiting would hold one of the threads that short links need
            raise problem("later", "database_away")
        token = _open.set(kind)
        try:
            # close() rolls back what was neither committed nor rolled back
            with Session(engine, expire_on_commit=False) as session:
                yield session
        # psycopg's own: it went away in the middle of a COPY
        except (DatabaseError, PoolTimeout, psycopg.OperationalError) as away:
            if isinstance(getattr(away, "orig", away), psycopg.errors.LockNotAvailable):
                raise InUse from away
            if not is_away(away):
                raise
            raise problem("later", "database_away") from away
        finally:
            _open.reset(token)

    def inside(self, session: Session) -> "Database":
        """A database whose transactions are parts of one that is open: what keeps an answer with its effect."""
        return _Inside(self, session)

    def close(self) -> None:
        self.engine.dispose()


class _Inside(Database):
    """Gives an open session out again and leaves the end to whoever opened it."""

    def __init__(self, whole: Database, session: Session) -> None:
        self.url, self.engine, self._session = whole.url, whole.engine, session

    @contextmanager
    def read(self) -> Iterator[Session]:
        yield self._session

    @contextmanager
    def write(self) -> Iterator[Session]:
        yield self._session
        self._session.flush()


SQLITE_AWAY = ("database is locked", "unable to open", "disk I/O error", "database or disk is full")
SQLITE_UNREADABLE = ("file is not a database", "database disk image is malformed")


def is_away(error: Exception) -> bool:
    """Whether the database isn't there or can't take it right now, rather than a query being wrong."""
    if not isinstance(error, DatabaseError) or error.connection_invalidated:
        return True
    if isinstance(error.orig, sqlite3.Error):
        return is_unreadable(error) or any(told in str(error.orig) for told in SQLITE_AWAY)
    return isinstance(error.orig, psycopg.OperationalError)


def is_unreadable(error: BaseException | None) -> bool:
    """Whether SQLite found a file that is none of its own, or a damaged one."""
    orig = error.orig if isinstance(error, DatabaseError) else None
    return isinstance(orig, sqlite3.DatabaseError) and any(told in str(orig) for told in SQLITE_UNREADABLE)


REFUSALS = (StatementError, psycopg.Error, ValueError, TypeError, LookupError)
"""What storing a row may raise beside a Problem, see `is_refusal`."""


def is_refusal(error: Exception) -> bool:
    """Whether one of REFUSALS is about the values of a row, rather than about a table, a query or the machine."""
    if isinstance(error, DBAPIError | psycopg.Error):
        return isinstance(error, DataError | IntegrityError | psycopg.DataError | psycopg.IntegrityError)
    return True


def _engine(url: str, pool_size: int) -> Engine:
    if make_url(url).get_backend_name() == "sqlite":
        engine = create_engine(
            url,
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_timeout=5,
            connect_args={"isolation_level": None, "timeout": 5, "check_same_thread": False},
        )
        event.listen(engine, "connect", _sqlite_connected)
        event.listen(engine, "begin", _sqlite_begins)
        return engine
    return create_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=2,
        # A pooled connection whose server went away is found out before it is used, not by a visitor.
        pool_pre_ping=True,
        connect_args={
            "connect_timeout": 2,
            # a server that is gone without a word is given up after 5 s, not after the kernel's two hours
            "tcp_user_timeout": 5000,
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 2,
            "options": "-c statement_timeout=30000 -c idle_in_transaction_session_timeout=60000 -c timezone=UTC",
        },
    )


def _sqlite_connected(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    # FULL: an acknowledged lead survives a power cut; NORMAL would lose the last ones.
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _sqlite_begins(connection: Connection) -> None:
    # A transaction that reads first and writes later can't wait for another writer, it fails at once
    # (181 of 480 with eight threads); IMMEDIATE takes its turn from the start (0 of 480).
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def insert_once(session: Session, table: type[Base], **values: Any) -> bool:
    """Insert a row unless a unique key forbids it; tell whether it went in.

    An IntegrityError can't be caught instead: it would abort PostgreSQL's whole transaction.
    """
    session.flush()  # what was added before may be what this row refers to
    connection = session.connection()
    told = connection.execute(
        _insert_once(table, connection.dialect.name),
        values,
        # without it SQLAlchemy forgets an INSERT's count on PostgreSQL and says -1, which is true
        execution_options={"preserve_rowcount": True},
    )
    return told.rowcount == 1


def put_once(session: Session, row: Base) -> bool:
    """As `insert_once`, for a new object: once it went in it belongs to the session as if it had been read."""
    if not insert_once(session, type(row), **{name: kept for name, kept in vars(row).items() if name[0] != "_"}):
        return False
    make_transient_to_detached(row)
    session.add(row)
    return True


@cache
def _insert_once(table: type[Base], dialect: str) -> postgresql.Insert | sqlite.Insert:
    """Kept: a statement takes longer to write than to execute, and a form makes ten of them."""
    insert = sqlite.insert if dialect == "sqlite" else postgresql.insert
    # a table's own INSERT: through its class it would take the ORM's long way
    return insert(table.metadata.tables[table.__tablename__]).on_conflict_do_nothing()


def conflict_insert(session: Session, table: type[Base]) -> postgresql.Insert | sqlite.Insert:
    """An INSERT that knows `on_conflict_do_…`, in the session's own dialect."""
    if session.get_bind().dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)


def changed(session: Session, statement: Any) -> int:
    """Execute an UPDATE or DELETE and tell how many rows it touched: the way work is claimed."""
    return int(session.execute(statement).rowcount)  # type: ignore[attr-defined]


def take_turns(session: Session, name: str) -> None:
    """Wait until no other transaction stands between this call of the same name and its end.

    For a value that must be free before it is taken by an UPDATE, which no `insert_once` can tell. SQLite's writers
    take turns anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(1, zlib.crc32(name.encode()) - 2**31)))


def wait_briefly(session: Session) -> None:
    """From here to its end this transaction gives up, with `InUse`, rather than wait for whom it would hold up.

    PostgreSQL lets nobody, not even a reader, past one who waits to change a table. SQLite's writers take turns anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.set_config("lock_timeout", str(LOCK_WAIT_MS), True)))
