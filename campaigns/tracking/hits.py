"""Hits: every request for a link, kept and classified; clicks are those judged human.

Raw hits live alone, without foreign keys: old ones are deleted in small batches, PostgreSQL keeps them by month.
Reports read tracking.rollups instead.
"""

from datetime import datetime
from typing import Any, Literal, get_args

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from campaigns.kernel.columns import ID, KEPT_BY_KEY
from campaigns.kernel.db import Base

HitClass = Literal["human", "bot", "preview", "prefetch", "duplicate", "internal", "dead_link"]
Evidence = Literal["link+x", "link", "link+other", "code", "utm", "x_unknown", "referrer", "said", "direct"]
EVIDENCES: tuple[Evidence, ...] = get_args(Evidence)
Purpose = Literal["prefetch", "preview"]


class Hit(Base):
    """A request for a link, with what it takes to judge it again.

    | column | meaning |
    |---|---|
    | link_id, code | a dead link's hit has a code, and a link when there is one |
    | klass, classifier | what it was judged to be, by which version of the rules |
    | purpose | what the browser said: nobody looks yet |
    | member | it carried a member's session |
    | visitor | keyed hash of the day's salt, address and agent; None: unknown, or asked not to be followed |
    | country | two letters, when the operator brought a database; no address is kept |
    """

    __tablename__ = "hits"
    __table_args__ = (
        Index("ix_hits_link", "link_id", "at"),  # a link's last hits
        {"postgresql_partition_by": "RANGE (at)", **KEPT_BY_KEY},  # a partitioned table's key holds the moment
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    at: Mapped[datetime] = mapped_column(primary_key=True)
    link_id: Mapped[str | None] = mapped_column(ID)
    code: Mapped[str]
    method: Mapped[str]
    klass: Mapped[HitClass]
    classifier: Mapped[int]
    evidence: Mapped[Evidence]
    referrer: Mapped[str | None]  # the host only
    agent_id: Mapped[int | None]
    visitor: Mapped[str | None]
    purpose: Mapped[Purpose | None]
    member: Mapped[bool]
    country: Mapped[str | None]


class Agent(Base):
    """A user agent's text, kept once, with what it says of the device.

    | column | meaning |
    |---|---|
    | name | a bot's, when one knows it |
    | classifier | the version of the dictionary that says so |
    | before | what earlier versions said: hits that they judged are counted by it. `until`: the last of them |
    """

    __tablename__ = "agents"

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str | None]
    device: Mapped[str | None]
    browser: Mapped[str | None]
    system: Mapped[str | None]
    classifier: Mapped[int]
    before: Mapped[list[dict[str, Any]] | None]
