"""Sheets: lines of CSV as people paste and save them, read by the names of their columns."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from campaigns.kernel.errors import Fault

SEPARATORS = ",;\t"
MOST_FAULTS = 200
"""Of the lines that are wrong, so many are told one by one; the others are counted."""


@dataclass(frozen=True)
class Row:
    """A line with its number in the file; `cells` by column, empty where the file has none."""

    line: int
    cells: dict[str, str]


@dataclass(frozen=True)
class Wrong:
    """What is wrong with a line, a fault at a time."""

    line: int
    fault: Fault


def text_of(content: bytes) -> str:
    """A file's text: UTF-8, or what spreadsheets write on Windows.

    >>> text_of("é".encode("utf-8-sig")), text_of("é".encode("cp1252")), text_of("é".encode("utf-16"))
    ('é', 'é', 'é')
    """
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16", "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def rows(text: str, columns: Sequence[str], wrong: list[Wrong]) -> Iterator[Row]:
    """The lines of a file by its columns' names. What can't be read ends it, and is told."""
    text = text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    head = text.lstrip("\n").partition("\n")[0]
    separator = max(SEPARATORS, key=head.count)
    reader = csv.reader(io.StringIO(text), delimiter=separator, strict=True)
    names: list[str] | None = None
    line = 1
    try:
        for cells in reader:
            begins, line = line, reader.line_num + 1
            if not any(cell.strip() for cell in cells) or (names is None and cells[0].lower() == "sep="):
                continue  # nothing, or what tells Excel the separator
            if names is None:
                names = [cell.strip().lower() for cell in cells]
                if not _check_names(names, columns, begins, wrong):
                    return
            elif len(cells) > len(names) and any(cell.strip() for cell in cells[len(names) :]):
                wrong.append(Wrong(begins, Fault(None, "cells_too_many")))
            else:
                yield Row(begins, dict.fromkeys(columns, "") | dict(zip(names, cells, strict=False)))
    except csv.Error:
        wrong.append(Wrong(line, Fault(None, "links_unreadable")))


def _check_names(names: list[str], columns: Sequence[str], line: int, wrong: list[Wrong]) -> bool:
    """Whether the first line names columns that there are, each once."""
    if not set(names) & set(columns):
        wrong.append(Wrong(line, Fault(None, "links_unreadable")))
        return False
    for name in dict.fromkeys(names):
        if name not in columns:
            wrong.append(Wrong(line, Fault(None, "column_unknown", {"name": name[:60]})))
        elif names.count(name) > 1:
            wrong.append(Wrong(line, Fault(None, "column_twice", {"name": name})))
    return not wrong
