"""Tweets: one post on X each, and every change of its state with who, when and why."""

from datetime import datetime
from typing import Literal

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from campaigns.kernel.columns import ID, Pk
from campaigns.kernel.db import Base

TweetState = Literal["draft", "scheduled", "sending", "sent", "failed", "unsure"]


class Tweet(Base):
    """A tweet.

    | column | meaning |
    |---|---|
    | key | utm_content is t-<key>: minted before the tweet exists |
    | text | as written, with {link} once; `posted_text` is what left, the short link in it |
    | local_time, zone | the time as it was typed; scheduled_at is the instant it meant |
    | claimed_by, claimed_at | the worker that is posting it; committed before the request to X |
    | attempts | POSTs made; looks: how often the timeline was looked at since the last one |
    | due_at | when the worker has something to do: post, or look; none: nothing |
    | problem, detail | a code of the words for faults, and what X said |
    | by_hand | posted by a person, its address pasted back |
    | rehearsed | it was put on the rehearsal's wall, not on X; or is planned for it |
    """

    __tablename__ = "tweets"
    __table_args__ = (
        # serves the worker: what is due among the scheduled and the sending, seldom more than a few rows
        Index(
            "ix_tweets_due",
            "due_at",
            sqlite_where=text("due_at IS NOT NULL"),
            postgresql_where=text("due_at IS NOT NULL"),
        ),
        Index("ix_tweets_campaign", "campaign_id", "created_at", "id"),  # the ledger and the list of a campaign
        Index("ix_tweets_created", "created_at", "id"),  # the list of all
    )

    id: Mapped[Pk]
    key: Mapped[str] = mapped_column(unique=True)
    campaign_id: Mapped[str] = mapped_column(ID, ForeignKey("campaigns.id"))
    offer_id: Mapped[str] = mapped_column(ID, ForeignKey("offers.id"), index=True)
    text: Mapped[str]
    posted_text: Mapped[str | None]
    state: Mapped[TweetState]
    local_time: Mapped[str | None]
    zone: Mapped[str | None]
    scheduled_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    claimed_by: Mapped[str | None]
    claimed_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    looks: Mapped[int] = mapped_column(default=0)
    problem: Mapped[str | None]
    detail: Mapped[str | None]
    x_id: Mapped[str | None] = mapped_column(unique=True)
    x_url: Mapped[str | None]
    sent_at: Mapped[datetime | None]
    by_hand: Mapped[bool] = mapped_column(default=False)
    rehearsed: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)
    created_by: Mapped[str | None] = mapped_column(ID)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class TweetChange(Base):
    """A change of a tweet's state: append-only."""

    __tablename__ = "tweet_changes"

    id: Mapped[Pk]
    tweet_id: Mapped[str] = mapped_column(ID, ForeignKey("tweets.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]
    before: Mapped[TweetState | None]
    after: Mapped[TweetState]
    who: Mapped[str]
    why: Mapped[str]
