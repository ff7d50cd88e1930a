"""Answers kept for machines: the same Idempotency-Key and body gives the same answer, once."""

import hashlib
import json
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from campaigns.kernel.columns import ID
from campaigns.kernel.db import Base, changed, insert_once
from campaigns.kernel.errors import problem

MAX_KEY_LENGTH = 255
KEPT = timedelta(hours=48)
"""How long the same request is answered alike."""


class KeptAnswer(Base):
    """The answer to a request, kept in the transaction of its effect. `status` 0: claimed, not answered yet."""

    __tablename__ = "kept_answers"
    __table_args__ = (Index("ix_kept_answers_created", "created_at"),)  # those to forget, each minute

    token_id: Mapped[str] = mapped_column(ID, ForeignKey("api_tokens.id"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    request_hash: Mapped[str]
    status: Mapped[int]
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]


def check_key(key: str) -> str:
    """Raises invalid (`malformed`) for a key that isn't 1 to 255 printable ASCII characters."""
    if not 0 < len(key) <= MAX_KEY_LENGTH or not (key.isascii() and key.isprintable()):
        raise problem("invalid", "malformed", "Idempotency-Key", expected="Idempotency-Key")
    return key


def request_hash(path: str, body: Any) -> str:
    """What two requests must share to be the same: where they go and what they say, however it is spaced.

    >>> request_hash("/a", {"x": 1, "y": 2}) == request_hash("/a", {"y": 2, "x": 1})
    True
    >>> request_hash("/a", None) == request_hash("/b", None)
    False
    """
    return hashlib.sha256(json.dumps([path, body], sort_keys=True).encode()).hexdigest()


def claim(session: Session, token_id: str, key: str, wanted: str, now: datetime) -> KeptAnswer | None:
    """The answer that was given to this request before; None when it is the first, which now holds the key.

    A second one at the same moment waits here until the first has committed, and then finds its answer. Raises
    conflict (`key_reused`) when the key came with another request. 1-2 queries.
    """
    first = insert_once(
        session, KeptAnswer, token_id=token_id, key=key, request_hash=wanted, status=0, body=None, created_at=now
    )
    if first:
        return None
    kept = session.scalars(select(KeptAnswer).where(KeptAnswer.token_id == token_id, KeptAnswer.key == key)).one()
    if kept.request_hash != wanted:
        raise problem("conflict", "key_reused", "Idempotency-Key")
    return kept


def keep(session: Session, token_id: str, key: str, status: int, body: bytes) -> None:
    """Keep the answer with its effect. A refusal isn't kept: its transaction is undone, the key with it."""
    mine = update(KeptAnswer).where(KeptAnswer.token_id == token_id, KeptAnswer.key == key)
    session.execute(mine.values(status=status, body=body))


def forget(session: Session, now: datetime) -> int:
    """Delete the answers that are two days old; how many."""
    return changed(session, delete(KeptAnswer).where(KeptAnswer.created_at < now - KEPT))
