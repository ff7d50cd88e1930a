"""Proposals: a tweet that somebody is asked to let out, and what they answered."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from sqlalchemy import ForeignKey, Index, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from campaigns.kernel.codes import is_id, new_id
from campaigns.kernel.columns import ID, Pk
from campaigns.kernel.db import Base
from campaigns.kernel.errors import problem
from campaigns.publishing.tweets import Tweet

Answer = Literal["accepted", "changes"]


class Proposal(Base):
    """A proposal of a tweet, and of the parts that follow it.

    | column | meaning |
    |---|---|
    | email | who is asked |
    | version | of all parts together, as they were proposed: with another one they aren't what was asked about |
    | made_by, made_by_id | who asks |
    | answered_by | a member by name, or the address that was asked |
    """

    __tablename__ = "proposals"
    __table_args__ = (Index("ix_proposals_tweet", "tweet_id", "created_at"),)  # the last one of a tweet

    id: Mapped[Pk]
    tweet_id: Mapped[str] = mapped_column(ID, ForeignKey("tweets.id", ondelete="CASCADE"))
    email: Mapped[str]
    note: Mapped[str]
    version: Mapped[int]
    made_by: Mapped[str]
    made_by_id: Mapped[str | None] = mapped_column(ID)
    created_at: Mapped[datetime]
    answer: Mapped[Answer | None]
    answered_by: Mapped[str | None]
    answered_at: Mapped[datetime | None]
    answer_note: Mapped[str | None]


def add(
    session: Session, parts: Sequence[Tweet], email: str, note: str, now: datetime, *, who: str, user_id: str | None
) -> Proposal:
    """A new one of a tweet, and of the parts behind it, that were just brought into their state."""
    made = Proposal(
        id=new_id(), tweet_id=parts[0].id, email=email, note=note, version=_version(parts), made_by=who,
        made_by_id=user_id, created_at=now,
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made


def find(session: Session, proposal_id: str) -> Proposal:
    """One. Raises missing (`proposal_missing`)."""
    found = session.get(Proposal, proposal_id) if is_id(proposal_id) else None
    if found is None:
        raise problem("missing", "proposal_missing")
    return found


def last(session: Session, tweet_id: str) -> Proposal | None:
    """A tweet's newest. 1 query."""
    newest = (
        select(Proposal).where(Proposal.tweet_id == tweet_id).order_by(Proposal.created_at.desc(), Proposal.id.desc())
    )
    return session.scalars(newest.limit(1)).one_or_none()


def newest(session: Session, tweet_id: str) -> Proposal:
    """As `last`. Raises missing (`proposal_missing`)."""
    found = last(session, tweet_id)
    if found is None:
        raise problem("missing", "proposal_missing")
    return found


def last_asked(session: Session, user_id: str) -> str:
    """Whom a member asked last; empty: nobody yet. 1 query."""
    mine = select(Proposal.email).where(Proposal.made_by_id == user_id).order_by(Proposal.created_at.desc())
    return session.scalar(mine.limit(1)) or ""


def _version(parts: Sequence[Tweet]) -> int:
    """Each part's only grows, so that their sum is another one as soon as one of them is."""
    return sum(part.version for part in parts)


def check_open(proposal: Proposal, parts: Sequence[Tweet]) -> None:
    """Raises gone (`proposal_over`) when it was answered, or its tweet or a part behind it is another one since."""
    if proposal.answer or parts[0].state != "proposed" or _version(parts) != proposal.version:
        raise problem("gone", "proposal_over")


def answer(proposal: Proposal, told: Answer, note: str, now: datetime, *, who: str) -> None:
    """Its end."""
    proposal.answer, proposal.answered_by, proposal.answered_at, proposal.answer_note = told, who, now, note
