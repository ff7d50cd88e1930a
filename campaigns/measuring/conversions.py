"""The touch that a lead or a sale is owed to by the default model, in SQL: for lists, whose rows are as many as the
report's count. The views v_leads and v_sales say the same with a lookback of 90 days.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, String, and_, cast, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from campaigns.capturing.touches import Touch

Where = Sequence[ColumnElement[bool]]


def last_touch(
    session: Session, person: InstrumentedAttribute[Any], moment: InstrumentedAttribute[Any], lookback_days: int
) -> ColumnElement[Any]:
    """The id of a person's last touch that isn't direct, within the lookback before a moment. Index: person_at."""
    inner = aliased(Touch)
    inside = and_(inner.at <= moment, inner.at >= _since(session, moment, lookback_days))
    return (
        select(inner.id)
        .where(inner.person_id == person, inner.evidence != "direct", inside)
        .order_by(inner.at.desc(), inner.id.desc())
        .limit(1)
        .correlate(person.class_)
        .scalar_subquery()
    )


def _since(session: Session, moment: InstrumentedAttribute[Any], days: int) -> ColumnElement[Any]:
    """A moment less some days, to the microsecond on both databases."""
    if session.get_bind().dialect.name == "postgresql":
        return moment - func.make_interval(0, 0, 0, 0, days * 24)
    # SQLite counts in milliseconds: the fraction is taken over as text
    text = cast(moment, String)
    whole = func.strftime("%Y-%m-%d %H:%M:%S", func.substr(text, 1, 19), f"-{days} days", type_=String)
    return whole.concat(func.substr(text, 20, type_=String))
