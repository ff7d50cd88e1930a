"""Connections: when X, Stripe and mail last worked and last failed, as far as what was done tells."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from campaigns.kernel.outbox import OutboxRow
from campaigns.people import audits
from campaigns.people.audits import Audit
from campaigns.publishing.tweets import Tweet
from campaigns.selling.sales import StripeEvent

CHECKED = "connection.checked"


@dataclass(frozen=True)
class Outcome:
    """Something that went wrong: when, the code of it, and what the other side said."""

    at: datetime
    code: str
    detail: str


@dataclass(frozen=True)
class Connection:
    """One of x, stripe, mail. `checked`: when somebody last pressed the button, and what came of it."""

    name: str
    rehearses: bool
    worked_at: datetime | None
    failed: Outcome | None
    checked: Audit | None


def list_all(session: Session, rehearsing: tuple[str, ...]) -> list[Connection]:
    """X, Stripe, mail: each with what was last done as it is now, for real or rehearsed. Queries: 10."""
    paid = _paid(session, "stripe" in rehearsing)
    worked = {
        "x": _posted(session, "x" in rehearsing), "stripe": _latest(paid, _done(session, "coupon")),
        "mail": _done(session, "mail"),
    }  # fmt: skip
    failed = {
        "x": _refused(session, "x" in rehearsing), "stripe": _failed(session, "coupon"),
        "mail": _failed(session, "mail"),
    }  # fmt: skip
    return [
        Connection(name, name in rehearsing, worked[name], failed[name], audits.last(session, CHECKED, name))
        for name in ("x", "stripe", "mail")
    ]


def _latest(*moments: datetime | None) -> datetime | None:
    return max((moment for moment in moments if moment), default=None)


def _posted(session: Session, rehearsed: bool) -> datetime | None:
    ours = (Tweet.by_hand.is_(False), Tweet.rehearsed.is_(rehearsed))
    return session.scalar(select(func.max(Tweet.sent_at)).where(*ours))


def _refused(session: Session, rehearsed: bool) -> Outcome | None:
    bad = select(Tweet).where(Tweet.problem.isnot(None), Tweet.rehearsed.is_(rehearsed))
    tweet = session.scalars(bad.order_by(Tweet.updated_at.desc()).limit(1)).one_or_none()
    return Outcome(tweet.updated_at, tweet.problem or "", tweet.detail or "") if tweet else None


def _paid(session: Session, rehearsed: bool) -> datetime | None:
    told = select(StripeEvent.received_at).where(StripeEvent.rehearsed.is_(rehearsed))
    return session.scalar(told.order_by(StripeEvent.received_at.desc()).limit(1))


def _done(session: Session, kind: str) -> datetime | None:
    # by id, which sorts by the time it was made: read from the end, the first match is near
    rows = select(OutboxRow.done_at).where(OutboxRow.kind == kind, OutboxRow.done_at.isnot(None))
    return session.scalar(rows.order_by(OutboxRow.id.desc()).limit(1))


def _failed(session: Session, kind: str) -> Outcome | None:
    bad = select(OutboxRow).where(OutboxRow.kind == kind, OutboxRow.problem.isnot(None))
    row = session.scalars(bad.order_by(OutboxRow.id.desc()).limit(1)).one_or_none()
    if row is None:
        return None
    code, _, detail = (row.problem or "").partition(" ")
    return Outcome(row.failed_at or row.created_at, code, detail)
