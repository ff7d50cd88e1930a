"""Column types that every table shares, the same in Python whatever the database."""

from datetime import UTC, datetime
from typing import Annotated, Any

from sqlalchemy import JSON, DateTime, Dialect, String
from sqlalchemy.dialects.postgresql import JSONB, UUID
from sqlalchemy.orm import mapped_column
from sqlalchemy.types import TypeDecorator

ID = String(36).with_variant(UUID(as_uuid=False), "postgresql")
"""A UUIDv7 as its dashed text: the same string in the API, in the views and in both databases."""

KEPT_BY_KEY = {"sqlite_with_rowid": False}
"""For a large table: SQLite keeps its rows in the order of the key, without numbering them and an index beside."""

JSONS = JSON().with_variant(JSONB, "postgresql")


class Moment(TypeDecorator[datetime]):
    """An aware UTC moment. SQLite keeps no zone: without this it gives naive datetimes back."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        moment: datetime = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        return moment


type_annotations: dict[Any, Any] = {
    datetime: Moment(), dict[str, Any]: JSONS, list[dict[str, Any]]: JSONS, list[str]: JSONS,
}  # fmt: skip

Pk = Annotated[str, mapped_column(ID, primary_key=True)]
