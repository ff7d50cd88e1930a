"""The schema: brought to its newest state under a lock, so that any number of processes may start at once."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.exc import DatabaseError

from campaigns.kernel.db import Database, is_away
from campaigns.kernel.errors import problem

ROOT = Path(__file__).parent.parent
LOCK_ID = 0x70657263  # "perc", PostgreSQL's advisory lock of migrations


def _config(connection: Connection | None = None) -> Config:
    config = Config(toml_file=ROOT / "pyproject.toml")
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.attributes["connection"] = connection
    return config


def newest() -> str:
    """The revision that this code wants."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


@contextmanager
def _there() -> Iterator[None]:
    """A database that is away is a Problem later (`database_away`), as it is within kernel.db's transactions."""
    try:
        yield
    except DatabaseError as away:
        if not is_away(away):
            raise
        raise problem("later", "database_away") from away


def current(db: Database) -> str | None:
    """The revision that the database has; None when it is empty. Raises later (`database_away`)."""
    with _there(), db.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def migrate(db: Database, revision: str = "head") -> None:
    """Bring the database to a revision: all or nothing, one process at a time; the others wait and find it done.

    Raises later (`database_away`).
    """
    with _there(), _alone(db) as connection:
        down = revision == "base" or revision < (MigrationContext.configure(connection).get_current_revision() or "")
        (command.downgrade if down else command.upgrade)(_config(connection), revision)
        if db.is_sqlite and (broken := connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()):
            raise RuntimeError(f"the migration would leave rows without their parents: {broken[:5]}")


@contextmanager
def _alone(db: Database) -> Iterator[Connection]:
    """One transaction that nobody else migrates beside."""
    if not db.is_sqlite:
        with db.engine.connect() as connection, connection.begin():
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK_ID})")
            yield connection
        return
    # The lock is a file: waiting for BEGIN IMMEDIATE would give up after the busy timeout.
    with Path(f"{db.url.database}.migrate").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with db.engine.connect().execution_options(writes=True) as connection:
            raw = connection.connection.driver_connection
            assert raw is not None
            # Outside the transaction, or it does nothing: rebuilding a table (SQLite's way to alter one) with the
            # keys enforced would delete its children's rows.
            raw.execute("PRAGMA foreign_keys=OFF")
            try:
                with connection.begin():
                    yield connection
            finally:
                raw.execute("PRAGMA foreign_keys=ON")


def is_ready(db: Database) -> bool:
    """Whether the database has the schema that this code wants."""
    return current(db) == newest()
