"""What schemathesis is to know of the API beyond its document."""

from __future__ import annotations

from typing import Any

import schemathesis
from hypothesis import strategies as st

from tests.makers.planning import pdf_bytes

schemathesis.openapi.media_type("application/pdf", st.one_of(st.just(pdf_bytes()), st.binary(max_size=3_000)))


@schemathesis.serializer("application/pdf")
def pdf(_context: Any, value: Any) -> Any:
    """A body that is no JSON goes as it is."""
    return value if isinstance(value, bytes) else str(value).encode()


def _has_blank(value: Any) -> bool:
    # lists and objects with nothing in them, or with an empty key, are sent as `limit=` too
    if isinstance(value, dict):
        return not value or any(_has_blank(each) for each in (*value, *value.values()))
    if isinstance(value, list | tuple):
        return not value or any(_has_blank(each) for each in value)
    return value is None or value == ""


@schemathesis.hook
def filter_case(_context: Any, case: Any) -> bool:
    """An empty parameter is none, as the document says: it refuses nothing, so it isn't sent as an invalid one."""
    return not any(_has_blank(value) for value in (case.query or {}).values())
