"""Visitors: somebody within one day, recognised without anything on their device; after 48 hours by nobody.

The address goes into a keyed hash and nowhere else.
"""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from campaigns.kernel.codes import new_secret
from campaigns.kernel.db import changed, insert_once
from campaigns.tracking.hits import Salt

SALT_LIFE = timedelta(hours=48)


def day_of(now: datetime) -> str:
    """The UTC day that a salt is for."""
    return now.astimezone(UTC).date().isoformat()


def salt_of(session: Session, now: datetime) -> str:
    """Today's salt, the same for every process. Queries: 1; on the first hit of a day 3."""
    day = day_of(now)
    query = select(Salt.salt).where(Salt.day == day)
    if found := session.scalar(query):
        return found
    insert_once(session, Salt, day=day, salt=new_secret(), created_at=now)
    return session.scalars(query).one()


def hash_of(salt: str, address: str, agent: str) -> str:
    """The visitor: 128 bits of HMAC-SHA256 over address and agent.

    >>> hash_of("salt", "192.0.2.1", "Firefox") == hash_of("another day", "192.0.2.1", "Firefox")
    False
    """
    return hmac.new(salt.encode(), f"{address}\n{agent}".encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:32]


def forget_salts(session: Session, now: datetime) -> int:
    """Destroy the salts that are 48 hours old; how many. From then on no visitor of those days can be recognised."""
    return changed(session, delete(Salt).where(Salt.created_at <= now - SALT_LIFE))
