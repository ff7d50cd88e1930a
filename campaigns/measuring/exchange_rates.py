"""Exchange rates, as the European Central Bank publishes them: how much of a currency was one euro, by the day.

They are stored, never fetched while somebody waits: a report of last year says today what it said then.
"""

import csv
import hashlib
import io
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from sqlalchemy import BigInteger, Date, Index, func, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from campaigns.capturing.conversions import Conversion
from campaigns.crediting.exchange import EURO, MILLION, Exchange
from campaigns.kernel.columns import KEPT_BY_KEY
from campaigns.kernel.db import Base, conflict_insert
from campaigns.kernel.errors import problem
from campaigns.kernel.money import currencies, decimals, known_currency

SINCE_1970 = date(1970, 1, 1).toordinal()
NO_RATE = {"", "N/A", "-"}
MOST = 10**9
MOST_ROWS = 500_000
MONEY = ("sale", "refund", "dispute")


class ExchangeRate(Base):
    """Millionths of a currency's unit that were one euro on a day."""

    __tablename__ = "exchange_rates"
    __table_args__ = (Index("ix_exchange_rates_day", "day"), KEPT_BY_KEY)

    currency: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    millionths: Mapped[int] = mapped_column(BigInteger)


@dataclass(frozen=True)
class Rate:
    """A line's cell."""

    currency: str
    day: date
    millionths: int


@dataclass(frozen=True)
class Known:
    """Which rates are stored: those of the last day, and which day that is; None: none."""

    last: date | None
    currencies: list[str]


def read(text: str) -> list[Rate]:
    """The rates in a file of the bank: a first line `Date,USD,JPY,…`, then a line a day, `N/A` where there was none.

    Raises invalid (`rates_unreadable`, `rate_unreadable` with its line, `currency_unknown`, `rates_too_many`).
    """
    try:
        lines = [
            line for line in csv.reader(io.StringIO(text.lstrip("\ufeff")), strict=True) if any(map(str.strip, line))
        ]
    except csv.Error:
        raise problem("invalid", "rates_unreadable", "rates") from None
    if len(lines) < 2 or lines[0][0].strip().lower() != "date":
        raise problem("invalid", "rates_unreadable", "rates")
    names = [known_currency(name, "rates") if name.strip() else "" for name in lines[0][1:]]
    if len(names) * len(lines) > MOST_ROWS:
        raise problem("invalid", "rates_too_many", "rates", most=MOST_ROWS)
    return [rate for number, line in enumerate(lines[1:], 2) for rate in _of_line(number, line, names)]


def _of_line(number: int, line: list[str], names: list[str]) -> Iterator[Rate]:
    try:
        day = date.fromisoformat(line[0].strip())
    except ValueError:
        raise problem("invalid", "rate_unreadable", "rates", line=number) from None
    for name, cell in zip(names, line[1:], strict=False):
        if not name or cell.strip().upper() in NO_RATE:
            continue
        try:
            millionths = round(Decimal(cell.strip()) * MILLION)
        except (InvalidOperation, ValueError, OverflowError):
            millionths = 0
        if not 0 < millionths <= MOST * MILLION:
            raise problem("invalid", "rate_unreadable", "rates", line=number)
        if name != EURO:
            yield Rate(name, day, millionths)


def keep(session: Session, rates: Collection[Rate]) -> int:
    """Store them; those that are there take the newer value. How many are new or other. Queries: 1, and 1 for these."""
    days = [rate.day for rate in rates]
    there = select(ExchangeRate.currency, ExchangeRate.day, ExchangeRate.millionths).where(
        ExchangeRate.day.between(min(days), max(days))
    )
    before = {(name, day): millionths for name, day, millionths in session.execute(there)}
    # a file may have a day twice: the last one stands
    told = {(rate.currency, rate.day): rate.millionths for rate in rates}
    rows = [
        {"currency": name, "day": day, "millionths": millionths}
        for (name, day), millionths in told.items()
        if before.get((name, day)) != millionths
    ]
    if rows:
        put = conflict_insert(session, ExchangeRate)
        newer = {"millionths": put.excluded.millionths}
        session.execute(put.on_conflict_do_update(index_elements=["currency", "day"], set_=newer), rows)
    return len(rows)


def known(session: Session) -> Known:
    """What is stored. Queries: 2."""
    last = session.scalar(select(func.max(ExchangeRate.day)))
    there = select(ExchangeRate.currency).where(ExchangeRate.day == last).order_by(ExchangeRate.currency)
    return Known(last, [EURO, *session.scalars(there)] if last else [])


def exchange(session: Session, currency: str, campaign_ids: Collection[str | None]) -> Exchange:
    """What tells the money of these campaigns in one currency. Raises invalid (`currency_without_rates`). Queries: 3.

    | argument | meaning |
    |---|---|
    | campaign_ids | None among them: money that names none of ours |
    """
    there = select(ExchangeRate.day).where(*[ExchangeRate.currency == currency] if currency != EURO else []).limit(1)
    if session.scalar(there) is None:
        raise problem("invalid", "currency_without_rates", "currency", currency=currency)
    named = [each for each in campaign_ids if each]
    nobodys = [Conversion.campaign_id.is_(None)] if None in campaign_ids else []
    whose = or_(Conversion.campaign_id.in_(named), *nobodys)
    paid = select(Conversion.currency).where(whose, Conversion.kind.in_(MONEY)).distinct()
    wanted = {each for each in session.scalars(paid) if each and each in currencies()} | {currency}
    rows = session.execute(
        select(ExchangeRate.currency, ExchangeRate.day, ExchangeRate.millionths)
        .where(ExchangeRate.currency.in_(wanted)).order_by(ExchangeRate.currency, ExchangeRate.day)
    )  # fmt: skip
    rates: dict[str, tuple[list[int], list[int]]] = {}
    told = hashlib.sha256()
    for name, day, millionths in rows:
        days, values = rates.setdefault(name, ([], []))
        days.append(day.toordinal() - SINCE_1970)
        values.append(millionths)
        told.update(f"{name}{days[-1]}:{millionths};".encode())
    return Exchange(currency, told.hexdigest()[:16], rates, {each: decimals(each) for each in wanted | {EURO}})
