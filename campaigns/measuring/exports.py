"""Exports: who downloaded which leads, when, with which filter; and the rows of such a download."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, Index, and_, exists, or_, select
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from campaigns.capturing import submissions
from campaigns.capturing.leads import Lead
from campaigns.capturing.submissions import Consent
from campaigns.kernel import money
from campaigns.kernel.codes import new_id
from campaigns.kernel.columns import ID, Pk
from campaigns.kernel.db import Base
from campaigns.measuring import desk
from campaigns.measuring.desk import Row, View
from campaigns.planning.offers import Offer
from campaigns.planning.pages import Page
from campaigns.publishing.tweets import Tweet
from campaigns.selling.sales import EARNED, Sale

BATCH = 500
TAIL = timedelta(seconds=60)
"""A lead may be committed this much later than it says it was made: what is younger is told apart by its id."""

Cell = str | int | bool | Decimal | datetime | None


class Export(Base):
    """A download of leads.

    | column | meaning |
    |---|---|
    | upto | the moment up to which it held leads: the next "new since" starts there |
    | filter | the view that was asked for; `tail`: the ids of its leads of the last minute before upto |
    | rows | how many leads; none: it was cut off, or is on its way |
    """

    __tablename__ = "exports"
    __table_args__ = (Index("ix_exports_user", "user_id", "at"),)  # my last one

    id: Mapped[Pk]
    user_id: Mapped[str | None] = mapped_column(ID, ForeignKey("users.id"))
    who: Mapped[str]
    at: Mapped[datetime]
    upto: Mapped[datetime]
    filter: Mapped[dict[str, Any]]
    format: Mapped[str]
    rows: Mapped[int | None]


@dataclass(frozen=True)
class Batch:
    """Which leads a download holds. `after`: only those that the download before didn't; `upto`: none younger."""

    view: View
    lookback_days: int
    upto: datetime
    after: Export | None = None


@dataclass(frozen=True)
class Columns:
    """What a download's columns are, beside those that each has: names of fields, purposes of consents."""

    answers: tuple[str, ...]
    purposes: tuple[str, ...]


BEFORE = ("lead_id", "person_id", "created_at", "state", "campaign_id", "campaign", "email")
AFTER = (
    "evidence", "first_tweet_id", "first_tweet_text", "first_tweet_url", "tweet_id", "tweet_text", "tweet_url",
    "sales", "sale_amount", "sale_net", "sale_currency", "sale_state", "page", "locale", "rehearsed",
)  # fmt: skip


def asked(view: View) -> dict[str, Any]:
    """A view as it is kept: what was set of it."""
    told: dict[str, Any] = {}
    for field in fields(view):
        value = getattr(view, field.name)
        if value not in (None, ""):
            told[field.name] = value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value
    return told


def write_down(session: Session, batch: Batch, kind: str, *, who: str, user_id: str | None) -> Export:
    """Write down that somebody downloads leads, before the first of them leaves."""
    export = Export(
        id=new_id(), user_id=user_id, who=who, at=batch.upto, upto=batch.upto, filter=asked(batch.view), format=kind,
        rows=None,
    )  # fmt: skip
    session.add(export)
    session.flush()
    return export


def finish(session: Session, export_id: str, rows: int, tail: Sequence[str]) -> None:
    """It went out whole."""
    export = session.get_one(Export, export_id)
    export.rows, export.filter = rows, export.filter | {"tail": list(tail)}


def last(session: Session, user_id: str, view: View) -> Export | None:
    """A member's last whole download of the same view. Looks at the last hundred. Queries: 1."""
    wanted = select(Export).where(Export.user_id == user_id, Export.rows.is_not(None))
    for export in session.scalars(wanted.order_by(Export.at.desc(), Export.id.desc()).limit(100)):
        if {name: value for name, value in export.filter.items() if name != "tail"} == asked(view):
            return export
    return None


def list_latest(session: Session, limit: int = 10) -> list[Export]:
    """Who downloaded leads lately, newest first."""
    # by id, which sorts by the time it was made
    return list(session.scalars(select(Export).order_by(Export.id.desc()).limit(limit)))


def conditions(session: Session, batch: Batch) -> list[ColumnElement[bool]]:
    """The leads of a download as SQL: those of the view but who took a consent back. Raises as desk.conditions."""
    found = [*desk.conditions(session, batch.view, batch.lookback_days), Lead.created_at <= batch.upto, ~_withdrawn()]
    if batch.after:
        tail = batch.after.filter.get("tail", [])
        found += [Lead.created_at > batch.after.upto - TAIL, Lead.id.not_in(tail)]
    return found


def _withdrawn() -> ColumnElement[bool]:
    """Whether a person's last word on some purpose is that it holds no more. Index: consents_person."""
    said, later = aliased(Consent), aliased(Consent)
    after = or_(later.at > said.at, and_(later.at == said.at, later.id > said.id))
    again = exists().where(later.person_id == said.person_id, later.purpose == said.purpose, after).correlate(said)
    return exists().where(said.person_id == Lead.person_id, said.state == "withdrawn", ~again).correlate(Lead)


def count(session: Session, batch: Batch, most: int = desk.MOST_COUNTED) -> int:
    """How many leads it will hold; most + 1 says that there are more than that. Queries: 1."""
    return len(session.scalars(select(Lead.id).where(*conditions(session, batch)).limit(most + 1)).all())


Place = tuple[datetime, str]


def _next(session: Session, batch: Batch, place: Place | None) -> list[ColumnElement[bool]]:
    """The download's leads after a place in it, oldest first: what comes in meanwhile doesn't move them."""
    found = conditions(session, batch)
    if place is None:
        return found
    at, lead_id = place
    return [*found, or_(Lead.created_at > at, and_(Lead.created_at == at, Lead.id > lead_id))]


def asked_fields(session: Session, batch: Batch) -> dict[str, None]:
    """The fields that pages of the view ask for now, in their order. Queries: 1.

    With them, a form that comes in while the download runs finds its columns there.
    """
    wanted = select(Page.fields).join(Offer, Offer.id == Page.offer_id)
    if batch.view.campaign_id:
        wanted = wanted.where(Offer.campaign_id == batch.view.campaign_id)
    found: dict[str, None] = {}
    for asked_for in session.scalars(wanted.order_by(Page.created_at, Page.id)):
        found |= dict.fromkeys(each["name"] for each in asked_for)
    return found


def answered_fields(session: Session, batch: Batch, place: Place | None) -> tuple[dict[str, None], Place | None]:
    """The fields that the next leads answered, and the place after them; None at the end. Queries: 1."""
    wanted = select(Lead.created_at, Lead.id, Lead.answers).where(*_next(session, batch, place))
    rows = session.execute(wanted.order_by(Lead.created_at, Lead.id).limit(BATCH)).all()
    names = dict.fromkeys(answer["name"] for row in rows for answer in row.answers)
    return names, (rows[-1].created_at, rows[-1].id) if len(rows) == BATCH else None


def purposes(session: Session, batch: Batch) -> tuple[str, ...]:
    """What the view's leads were asked to agree to, by name. Queries: 1."""
    wanted = select(Consent.purpose).join(Lead, Lead.id == Consent.lead_id).where(*conditions(session, batch))
    return tuple(sorted(session.scalars(wanted.distinct())))


def header(columns: Columns) -> list[str]:
    """The names of the columns: they stay the same whatever the language, so that another program can go by them.

    >>> header(Columns(("school", "state"), ("news",)))[6:12]
    ['email', 'school', 'answer_state', 'consent_news', 'consent_news_at', 'evidence']
    """
    consents = [name for each in columns.purposes for name in (f"consent_{each}", f"consent_{each}_at")]
    taken, answers = {*BEFORE, *AFTER, *consents}, []
    for name in columns.answers:
        while name in taken:
            name = f"answer_{name}"
        taken.add(name)
        answers.append(name)
    return [*BEFORE, *answers, *consents, *AFTER]


@dataclass(frozen=True)
class Line:
    """A lead of a download: its cells, in the order of the header; which of them are checked phone numbers."""

    cells: list[Cell]
    phones: frozenset[int]


def lines(
    session: Session, batch: Batch, columns: Columns, place: Place | None
) -> tuple[list[Line], list[Row], Place | None]:
    """The next lines, the rows they are of, and the place after them; None at the end. Queries: 6."""
    wanted = desk.listed().where(*_next(session, batch, place)).order_by(Lead.created_at, Lead.id).limit(BATCH)
    rows = desk.rows_of(session, session.execute(wanted).all(), batch.lookback_days)
    ids = [row.lead.id for row in rows]
    consents = submissions.consents_of(session, ids)
    sold: dict[str, list[Sale]] = {}
    sales = select(Sale).where(Sale.lead_id.in_(ids), Sale.state.in_(EARNED)).order_by(Sale.paid_at, Sale.id)
    for sale in session.scalars(sales):
        sold.setdefault(sale.lead_id or "", []).append(sale)
    made = [_line(row, columns, consents.get(row.lead.id, {}), sold.get(row.lead.id, [])) for row in rows]
    return made, rows, (rows[-1].lead.created_at, ids[-1]) if len(rows) == BATCH else None


def _line(row: Row, columns: Columns, consents: dict[str, Consent], sold: list[Sale]) -> Line:
    lead = row.lead
    told = {answer["name"]: answer for answer in lead.answers}
    phones = {
        len(BEFORE) + n for n, name in enumerate(columns.answers) if told.get(name, {}).get("kind") == "phone"
    }  # fmt: skip
    before: list[Cell] = [
        lead.id,
        lead.person_id,
        lead.created_at,
        lead.state,
        lead.campaign_id,
        row.campaign,
        row.email,
    ]
    answers: list[Cell] = [told[name]["value"] if name in told else None for name in columns.answers]
    agreed = (consents.get(purpose) for purpose in columns.purposes)
    said: list[Cell] = [cell for each in agreed for cell in ((each.state, each.at) if each else (None, None))]
    after: list[Cell] = [
        row.credit.evidence, *_tweet(row.credit.first_tweet_id, row.first), *_tweet(row.credit.tweet_id, row.tweet),
        *_sold(sold), row.page, lead.locale, lead.rehearsed,
    ]  # fmt: skip
    return Line([*before, *answers, *said, *after], frozenset(phones))


def _tweet(tweet_id: str | None, tweet: Tweet | None) -> Iterator[Cell]:
    yield tweet_id
    yield (tweet.posted_text or tweet.text) if tweet else None
    yield tweet.x_url if tweet else None


def _sold(sold: list[Sale]) -> list[Cell]:
    """How many sales, what was paid, what is left of it, the currency, the state. Currencies are never added."""
    if not sold:
        return [0, None, None, None, None]
    states = " + ".join(dict.fromkeys(sale.state for sale in sold))
    paid = money.total(money.Money(sale.amount, sale.currency) for sale in sold)
    net = money.total(money.Money(sale.net, sale.currency) for sale in sold)
    currencies = " + ".join(each.currency for each in paid)
    return [len(sold), _amounts(paid), _amounts(net), currencies, states]


def _amounts(sums: list[money.Money]) -> Cell:
    exact = [Decimal(each.amount).scaleb(-money.decimals(each.currency)) for each in sums]
    return exact[0] if len(exact) == 1 else " + ".join(str(each) for each in exact)
