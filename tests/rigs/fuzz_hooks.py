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


@schemathesis.hook
def filter_query(_context: Any, query: Any) -> bool:
    """An empty parameter is none, as the document says: it refuses nothing, so it isn't sent as an invalid one."""
    return not query or "" not in query.values()


@schemathesis.hook
def filter_case(_context: Any, case: Any) -> bool:
    """As above, where the whole request was made at once."""
    return not case.query or "" not in case.query.values()
