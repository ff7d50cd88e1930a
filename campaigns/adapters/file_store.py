"""Papers and pictures in the data folder."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from obstore.store import LocalStore

from campaigns.kernel.db import forbid_open
from campaigns.kernel.errors import problem

if TYPE_CHECKING:
    from obstore import GetResult

CHUNK_BYTES = 256 * 1024


class FileStore:
    """Files below a folder. The store writes beside and renames, so a reader never meets half a file.

    | argument | meaning |
    |---|---|
    | folder | made when it isn't there; keys may not leave it (obstore refuses `..`) |
    """

    def __init__(self, folder: Path) -> None:
        self._store = LocalStore(folder.resolve(), mkdir=True)

    def put(self, key: str, content: bytes) -> None:
        forbid_open()
        self._store.put(key, content)

    def get(self, key: str) -> bytes:
        return bytes(self._open(key).bytes())

    def stream(self, key: str) -> tuple[int, Iterator[bytes]]:
        found = self._open(key)
        return found.meta["size"], (bytes(chunk) for chunk in found.stream(CHUNK_BYTES))

    def delete(self, key: str) -> None:
        forbid_open()
        try:
            self._store.delete(key)
        except FileNotFoundError:
            return

    def _open(self, key: str) -> "GetResult":
        forbid_open()
        try:
            return self._store.get(key)
        except FileNotFoundError:
            raise problem("missing", "file_missing") from None
