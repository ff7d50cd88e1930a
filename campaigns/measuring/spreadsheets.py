"""Spreadsheets: cells as CSV and as Excel, which open in any program and run in none."""

import csv
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import BinaryIO

import xlsxwriter

from campaigns.measuring.exports import Cell, Line

TRIGGERS = frozenset("=+-@\t\r\n＝＋－＠")
"""What makes a spreadsheet run a cell when it stands first."""

MOST_ROWS = 1_048_576
"""Of a sheet of Excel."""

_E164 = re.compile(r"\+[1-9][0-9]{4,14}")


@dataclass(frozen=True)
class Writing:
    """How CSV is written for a language's Excel. `mark`: a byte order mark, without which it misreads accents."""

    separator: str
    decimal: str
    mark: bool


ENGLISH = Writing(",", ".", mark=False)
WRITINGS = {"en": ENGLISH, "fr": Writing(";", ",", mark=True)}


def csv_cell(text: str) -> str:
    """A cell that no spreadsheet runs: an apostrophe before what would start a formula, and no NUL.

    >>> csv_cell("=1+1"), csv_cell("-2"), csv_cell("École")
    ("'=1+1", "'-2", 'École')
    """
    text = text.replace("\0", "")
    return f"'{text}" if text[:1] in TRIGGERS else text


def csv_text(rows: Iterable[list[str]], writing: Writing) -> bytes:
    """Rows of CSV as RFC 4180 has it: UTF-8, every cell quoted, CRLF."""
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=writing.separator, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(rows)
    return out.getvalue().encode("utf-8", "replace")


def csv_row(line: Line, writing: Writing) -> list[str]:
    """A line's cells; a phone number in E.164 that was checked when it came stays as it is."""
    return [
        text if place in line.phones and _E164.fullmatch(text) else csv_cell(text)
        for place, text in enumerate(_text(cell, writing) for cell in line.cells)
    ]


def _text(cell: Cell, writing: Writing) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, datetime):
        return cell.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return str(cell).replace(".", writing.decimal) if isinstance(cell, Decimal) else str(cell)


class Book:
    """An Excel file written row by row: only the row at hand is in memory. Every cell has a type, none is a formula."""

    def __init__(self, out: BinaryIO, header: list[str]) -> None:
        options = {
            "constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
            "strings_to_numbers": False,
        }  # fmt: skip
        self._book = xlsxwriter.Workbook(out, options)
        self._bold = self._book.add_format({"bold": True})
        self._moment = self._book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self._money = self._book.add_format({"num_format": "#,##0.00"})
        self._header = header
        self._open_sheet()

    def _open_sheet(self) -> None:
        # a sheet that is full is followed by another: nothing is cut off
        self._sheet = self._book.add_worksheet()
        self._sheet.freeze_panes(1, 0)
        self._sheet.set_column(0, len(self._header) - 1, 18)
        for place, name in enumerate(self._header):
            self._sheet.write_string(0, place, name, self._bold)
        self._row = 0

    def add(self, line: Line) -> None:
        """Write a line under the last one."""
        if self._row + 1 == MOST_ROWS:
            self._open_sheet()
        self._row += 1
        for place, cell in enumerate(line.cells):
            self._write(place, cell)

    def _write(self, place: int, cell: Cell) -> None:
        if isinstance(cell, bool):
            self._sheet.write_boolean(self._row, place, cell)
        elif isinstance(cell, datetime):
            self._sheet.write_datetime(self._row, place, cell.astimezone(UTC).replace(tzinfo=None), self._moment)
        elif isinstance(cell, Decimal):
            self._sheet.write_number(self._row, place, float(cell), self._money)
        elif isinstance(cell, int):
            self._sheet.write_number(self._row, place, cell)
        elif cell:
            self._sheet.write_string(self._row, place, cell)

    def close(self) -> None:
        """Put the file together."""
        self._book.close()
