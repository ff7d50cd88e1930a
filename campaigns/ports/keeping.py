"""Mail that goes out, and files that stay."""

from collections.abc import Iterator
from email.message import EmailMessage
from typing import Protocol


class Mailer(Protocol):
    """Outgoing mail. Raises Refused, Later, Unknown."""

    rehearses: bool

    def send(self, letter: EmailMessage) -> None: ...

    def check(self) -> None:
        """Talk to the server without sending anything."""


class Files(Protocol):
    """Where papers and pictures are kept; keys are ours, never a visitor's or an upload's name."""

    def put(self, key: str, content: bytes) -> None:
        """Keep the content whole or not at all."""

    def get(self, key: str) -> bytes:
        """The content; raises Problem missing (`file_missing`)."""

    def stream(self, key: str) -> tuple[int, Iterator[bytes]]:
        """Its size and its chunks; raises Problem missing (`file_missing`)."""

    def delete(self, key: str) -> None:
        """Forget it; absent already is no error."""
