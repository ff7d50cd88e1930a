"""Hits: every request for a link, kept and classified; clicks are those judged human."""

from datetime import datetime
from typing import Literal

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from campaigns.kernel.columns import ID, Pk
from campaigns.kernel.db import Base

HitClass = Literal["human", "bot", "preview", "prefetch", "duplicate", "internal", "dead_link"]
Evidence = Literal["link+x", "link", "link+other", "code", "utm", "x_unknown", "referrer", "said", "direct"]


class Hit(Base):
    """A request for a link, raw. No foreign keys: hits live alone, and come in faster than anything else.

    `visitor` is the keyed hash of the day's salt, address and agent; no address is kept. A dead link's hit has a
    code and no link.
    """

    __tablename__ = "hits"
    __table_args__ = (
        Index("ix_hits_link_at", "link_id", "at"),  # a link's last hits
        Index("ix_hits_visitor", "link_id", "visitor", "at"),  # was this visitor here within 30 minutes?
    )

    id: Mapped[Pk]
    at: Mapped[datetime]
    link_id: Mapped[str | None] = mapped_column(ID)
    code: Mapped[str]
    method: Mapped[str]
    klass: Mapped[HitClass]
    classifier: Mapped[int]  # the version of the rules that judged it
    evidence: Mapped[Evidence]
    referrer: Mapped[str | None]  # the host only
    agent_id: Mapped[int | None]
    visitor: Mapped[str | None]


class Agent(Base):
    """A user agent's text, kept once."""

    __tablename__ = "agents"

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str | None]  # a bot's, when one knows it


class Salt(Base):
    """The random salt of a UTC day; destroyed after 48 hours, so that no visitor can be recognised any more."""

    __tablename__ = "salts"

    day: Mapped[str] = mapped_column(primary_key=True)
    salt: Mapped[str]
    created_at: Mapped[datetime]


class LinkHour(Base):
    """Hits of a link in an hour, by class: what reports read. Denormalised from hits, in the same transaction."""

    __tablename__ = "link_hours"

    link_id: Mapped[str] = mapped_column(ID, primary_key=True)
    hour: Mapped[datetime] = mapped_column(primary_key=True)
    klass: Mapped[HitClass] = mapped_column(primary_key=True)
    hits: Mapped[int]
