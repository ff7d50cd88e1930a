"""Everything that an installation keeps, as text."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from sqlalchemy import MetaData, select

from campaigns.world import World


def dump(world: World, without: Collection[str] = ()) -> dict[str, list[str]]:
    """Every row of every table, sorted, as its text."""
    tables = MetaData()
    tables.reflect(world.db.engine)
    with world.db.read() as session:
        return {
            name: sorted(str(tuple(row)) for row in session.execute(select(table)))
            for name, table in tables.tables.items()
            if name not in without
        }


def files(folder: Path) -> dict[str, bytes]:
    """Every file of the data folder, the counters and the rehearsal's among them."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
