"""Countries: two letters for an address, when the operator brought a database of them (MMDB: DB-IP, MaxMind).

Looked up while the address is at hand; the address itself is never kept.
"""

from functools import lru_cache
from pathlib import Path

import maxminddb


class Countries:
    """A database of countries, or none. Opens nothing before it is asked."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._reader: maxminddb.Reader | None = None
        self.of = lru_cache(maxsize=10_000)(self._of) if path else self._nowhere

    @staticmethod
    def _nowhere(_address: str) -> str | None:
        return None

    def _of(self, address: str) -> str | None:
        if self._reader is None:
            assert self._path is not None
            self._reader = maxminddb.open_database(self._path)
        try:
            found = self._reader.get(address)
        except ValueError:  # not an address: a socket's, or what a proxy wrote
            return None
        country = found.get("country") if isinstance(found, dict) else None
        code = country.get("iso_code") if isinstance(country, dict) else None
        return str(code)[:2] if code else None
