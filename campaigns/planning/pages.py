"""Pages: the landing page of an offer, one a locale or an audience."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from campaigns.kernel.columns import ID, Pk
from campaigns.kernel.db import Base


class Page(Base):
    """A landing page.

    | column | meaning |
    |---|---|
    | body, body_html | the Markdown as written, and its sanitised HTML made when it was saved |
    | summary | one sentence for the card on X and for search engines |
    | fields | [{name, label, kind, required, options?}], see planning.fields |
    | consents | [{purpose, text, sha256}]; the texts are kept for ever in consent_texts |
    | revision | raised at each change: a submission tells which one it saw |
    | published_at, closed_at | online while the first is set and the second isn't |
    """

    __tablename__ = "pages"

    id: Mapped[Pk]
    offer_id: Mapped[str] = mapped_column(ID, ForeignKey("offers.id"), index=True)
    slug: Mapped[str] = mapped_column(unique=True)
    locale: Mapped[str]
    headline: Mapped[str]
    summary: Mapped[str]
    body: Mapped[str]
    body_html: Mapped[str]
    button: Mapped[str]  # empty: the locale's own words
    theme: Mapped[str]
    picture_key: Mapped[str | None]
    picture_alt: Mapped[str]
    fields: Mapped[list[dict[str, Any]]]
    consents: Mapped[list[dict[str, Any]]]
    revision: Mapped[int]
    published_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class ConsentText(Base):
    """A consent's exact words, immutable: its key is the hash of purpose, locale and text."""

    __tablename__ = "consent_texts"

    sha256: Mapped[str] = mapped_column(primary_key=True)
    purpose: Mapped[str]
    locale: Mapped[str]
    text: Mapped[str]
    created_at: Mapped[datetime]
