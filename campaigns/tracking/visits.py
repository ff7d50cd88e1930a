"""Visits: the signed token that a redirect puts into the landing page's address, and the visits that were confirmed.

The page's HTML stays the same for everybody and no cookie is needed. A token that is missing, forged or too old never
refuses a form: it leaves the lead unattributed.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, get_args
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from campaigns.kernel.codes import Signer, id_text
from campaigns.kernel.columns import ID, KEPT_BY_KEY, Pk
from campaigns.kernel.db import Base
from campaigns.kernel.errors import Problem
from campaigns.tracking.hits import Evidence

PARAMETER = "via"
PURPOSE = "via"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EVIDENCE: tuple[Evidence, ...] = get_args(Evidence)
AHEAD = timedelta(minutes=5)
"""A token from so far ahead is taken: clocks of two nodes differ."""

_CODES = {evidence: bytes([place]) for place, evidence in enumerate(EVIDENCE)}


class Visit(Base):
    """A landing page that was really seen: its script or its form said so.

    | column | meaning |
    |---|---|
    | id | the click's hit, or an id of its own without a link of ours |
    | source | where it came from, without a link of ours |
    | browser | who agreed to be recognised, see tracking.browsers |
    | counted | it is in the hour of its click: the click was a person's and is stored |
    """

    __tablename__ = "visits"
    __table_args__ = (
        Index(
            "ix_visits_browser", "browser", "at",  # what a person saw before sending the form
            sqlite_where=text("browser IS NOT NULL"), postgresql_where=text("browser IS NOT NULL"),
        ),
        Index("ix_visits_page", "page_id", "at"),  # how often a page was seen in a period
        KEPT_BY_KEY,
    )  # fmt: skip

    id: Mapped[Pk]
    at: Mapped[datetime]
    link_id: Mapped[str | None] = mapped_column(ID)
    page_id: Mapped[str | None] = mapped_column(ID)
    evidence: Mapped[Evidence]
    source: Mapped[str]
    browser: Mapped[str | None]
    counted: Mapped[bool]


@dataclass(frozen=True)
class Via:
    """The click that a visit began with.

    | field | meaning |
    |---|---|
    | hit_id | the hit's id; its row may be stored after the lead |
    | at | the moment of the click, to the millisecond |
    | evidence | what the request said, see tracking.sources |
    | referrer | the referring host, or None |
    """

    link_id: str
    hit_id: str
    at: datetime
    evidence: Evidence
    referrer: str | None


class Click(NamedTuple):
    """A click as the redirect has it: ids of 16 bytes, of which the hit's tells the moment."""

    hit: bytes
    link: bytes
    evidence: Evidence
    referrer: str | None

    def sign(self, signer: Signer) -> str:
        """The token, about 75 characters: it stands in an address that people share."""
        hit, link, evidence, referrer = self
        return signer.seal(PURPOSE, hit + link + _CODES[evidence] + (referrer or "").encode())


def read(signer: Signer, token: str | None, now: datetime, lookback_days: int) -> Via | None:
    """The visit of a token; None when it is missing, forged, or older than the lookback."""
    if not token or len(token) > 500:
        return None
    try:
        raw = signer.unseal(PURPOSE, token)
        via = _via(raw)
    except (Problem, ValueError, IndexError, OverflowError):
        return None
    return via if timedelta(0) - AHEAD <= now - via.at <= timedelta(days=lookback_days) else None


def _via(raw: bytes) -> Via:
    return Via(
        link_id=str(UUID(bytes=raw[16:32])),
        hit_id=id_text(raw[:16]),
        at=moment_of(raw[:16]),
        evidence=EVIDENCE[raw[32]],
        referrer=raw[33:].decode() or None,
    )


def moment_of(hit: bytes) -> datetime:
    """When an id was made, to the millisecond.

    >>> moment_of(bytes.fromhex("0193a1b2c3d4" + "70008000000000000000")).isoformat()
    '2024-12-07T18:06:01.940000+00:00'
    """
    return EPOCH + timedelta(milliseconds=int.from_bytes(hit[:6], "big"))
