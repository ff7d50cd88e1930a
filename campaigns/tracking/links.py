"""Links: a code, where it leads, and the tweet it belongs to. The link is the identity: the referrer can't be."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from campaigns.kernel.columns import ID, Pk
from campaigns.kernel.db import Base


class Link(Base):
    """A short link. One a tweet, offer and channel, made with the tweet and never used again for another.

    `target` empty: the offer's page that is online. `content` is utm_content (t-<tweet key>), `medium` utm_medium.
    """

    __tablename__ = "links"

    id: Mapped[Pk]
    code: Mapped[str] = mapped_column(unique=True)
    campaign_id: Mapped[str] = mapped_column(ID, ForeignKey("campaigns.id"), index=True)
    offer_id: Mapped[str] = mapped_column(ID, ForeignKey("offers.id"), index=True)
    tweet_id: Mapped[str | None] = mapped_column(ID, ForeignKey("tweets.id"), unique=True)
    target: Mapped[str | None]
    medium: Mapped[str]
    content: Mapped[str]
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]
