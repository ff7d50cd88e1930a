"""The tables of a page as CSV and JSON: the page's own address with table=… and format=csv or json."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask import Response, abort, request

from campaigns.kernel.money import Money, decimals
from campaigns.measuring.exports import Line
from campaigns.measuring.spreadsheets import WRITINGS, csv_row, csv_text
from web.marketer.rates import Rate
from web.request import locale

Cell = str | int | float | None | Rate | Sequence[Money]


@dataclass(frozen=True)
class Table:
    """A table as it is shown: names of columns for machines, and values that aren't written out yet."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]


def asked_for(tables: Mapping[str, Callable[[], Table]], name: str) -> Response | None:
    """The table that the address asks for, as a file; None when it asks for the page. 404 for one that isn't."""
    kind = request.args.get("format", "")
    if kind not in ("csv", "json"):
        return None
    which = request.args.get("table", "")
    if which not in tables:
        abort(404)
    table = tables[which]()
    if kind == "json":
        told = json.dumps([_plain(table.columns, row) for row in table.rows], ensure_ascii=False)
        return _file(told.encode(), "application/json", f"{name}-{which}.json")
    writing = WRITINGS[locale()]
    text = csv_text(
        [csv_row(Line([_written(each) for each in line], frozenset()), writing) for line in _lines(table)], writing
    )
    mark = b"\xef\xbb\xbf" if writing.mark else b""
    return _file(mark + text, "text/csv; charset=utf-8", f"{name}-{which}.csv")


def _written(cell: Any) -> Any:
    """As spreadsheets' writer takes it: exact figures, to ten digits."""
    return Decimal(f"{cell:.10g}") if isinstance(cell, float) else cell


def _file(content: bytes, content_type: str, name: str) -> Response:
    response = Response(content, content_type=content_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _plain(columns: Sequence[str], row: Sequence[Cell]) -> dict[str, Any]:
    return {name: _json(cell) for name, cell in zip(columns, row, strict=True)}


def _json(cell: Cell) -> Any:
    if isinstance(cell, Rate):
        return {"n": cell.n, "rate": cell.rate, "low": cell.low, "high": cell.high}
    if isinstance(cell, list | tuple):
        return [{"amount": money.amount, "currency": money.currency} for money in cell]
    return cell


def _lines(table: Table) -> list[list[Any]]:
    """A rate is four columns, sums of money one for each currency: what a spreadsheet can count with."""
    spread = [_spread(name, [row[n] for row in table.rows]) for n, name in enumerate(table.columns)]
    head = [name for names, _ in spread for name in names]
    return [head, *([each for _, cells in spread for each in cells[n]] for n in range(len(table.rows)))]


def _spread(name: str, cells: Sequence[Cell]) -> tuple[list[str], list[list[Any]]]:
    if any(isinstance(cell, Rate) for cell in cells):
        told = [[c.n, c.rate, c.low, c.high] if isinstance(c, Rate) else [None] * 4 for c in cells]
        return [f"{name}_n", name, f"{name}_low", f"{name}_high"], told
    if any(isinstance(cell, list | tuple) for cell in cells):
        sums = [_by_currency(cell) if isinstance(cell, list | tuple) else {} for cell in cells]
        known = sorted({currency for each in sums for currency in each})
        return [f"{name}_{currency}" for currency in known], [
            [each.get(currency) for currency in known] for each in sums
        ]
    return [name], [[cell] for cell in cells]


def _by_currency(sums: Sequence[Money]) -> dict[str, Decimal]:
    """Exact: a float would lose cents of very large sums."""
    return {money.currency: Decimal(money.amount).scaleb(-decimals(money.currency)) for money in sums}
