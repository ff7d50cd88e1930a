"""Migrations: up, down, up; the schema is the models'; many processes may start at once."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect

from campaigns import schema
from campaigns.kernel.codes import new_id
from campaigns.kernel.db import Database
from campaigns.tables import metadata
from tests.postgres import Cluster


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.db'}"
    cluster: Cluster = request.getfixturevalue("cluster")
    return cluster.create_database("e" + new_id().replace("-", ""))


def _tables(db: Database) -> list[str]:
    return sorted(inspect(db.engine).get_table_names())


def _ours(name: str | None, kind: str, _parents: object) -> bool:
    # the months of hits are made and dropped as time goes by
    return not (kind == "table" and (name or "").startswith("hits_"))


def test_up_down_and_up_again_leaves_what_up_leaves(empty: str) -> None:
    db = Database(empty)
    schema.migrate(db)
    once = _tables(db)
    schema.migrate(db, "base")
    assert _tables(db) == ["alembic_version"]
    schema.migrate(db)
    assert _tables(db) == once
    assert schema.is_ready(db)
    db.close()


def test_the_migrated_schema_is_the_models(empty: str) -> None:
    db = Database(empty)
    schema.migrate(db)
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_name": _ours})
        assert compare_metadata(context, metadata) == []
    db.close()


def test_several_processes_may_migrate_at_once(empty: str) -> None:
    databases = [Database(empty) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(schema.migrate, databases))
    for db in databases:
        assert schema.is_ready(db)
        db.close()
