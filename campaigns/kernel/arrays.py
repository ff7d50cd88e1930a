"""Arrays: thousands of values handed to a query as one parameter each column, since writing them into it takes longer
than answering it.
"""

import json
from collections.abc import Callable, Collection, Sequence
from typing import Any

from sqlalchemy import ARRAY, BindParameter, ColumnElement, bindparam, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from campaigns.kernel.db import Base, conflict_insert

Later = Callable[[Any], dict[str, Any]]


def among(session: Session, column: InstrumentedAttribute[Any], values: Collection[str]) -> ColumnElement[bool]:
    """`column IN values`, for texts and ids."""
    if _is_postgresql(session):
        return column == func.any(_array(column, list(values)))
    # not by its type: a text is a text here, and JSON has no other
    told = func.json_each(bindparam(None, json.dumps(list(values)))).table_valued("value")
    return column.in_(select(told.c.value))


def merge(
    session: Session, table: type[Base], rows: Sequence[dict[str, Any]], keys: list[str], later: Later | None = None
) -> None:
    """Insert rows; where there is one with the same keys, change it. Each key once in `rows`. Queries: 1.

    `later`: from the row that wanted in, what to set in the one that is there; None: nothing.
    """
    if not rows:
        return
    new = conflict_insert(session, table)
    if _is_postgresql(session):
        columns = [getattr(table, name) for name in rows[0]]
        arrays = [func.unnest(_array(column, [row[column.key] for row in rows])) for column in columns]
        new = new.from_select([column.key for column in columns], select(*arrays))
    merged = (
        new.on_conflict_do_update(index_elements=keys, set_=later(new.excluded))
        if later else new.on_conflict_do_nothing()
    )  # fmt: skip
    if _is_postgresql(session):
        session.execute(merged)
    else:
        session.connection().execute(merged, rows)


def _is_postgresql(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"


def _array(column: InstrumentedAttribute[Any], values: list[Any]) -> BindParameter[Any]:
    return bindparam(None, values, type_=ARRAY(column.type))
