"""Files of 400 lines and functions of 50 at most: the tail decides how a codebase reads."""

from __future__ import annotations

from tests.rules.tree import PRODUCT, files, functions, name_of

FILE_LINES = 400
FUNCTION_LINES = 50


def long_functions(source: str) -> list[str]:
    """Each function over the limit, with its length from `def` to its last line."""
    found = ((each.name, (each.end_lineno or each.lineno) - each.lineno + 1) for each in functions(source))
    return [f"{name}: {lines} lines" for name, lines in found if lines > FUNCTION_LINES]


# A migration is left out of both: it says one change from start to end, and is never edited again.
def test_no_file_is_longer_than_400_lines() -> None:
    lengths = {
        name_of(path): len(path.read_text().splitlines())
        for suffix in (".py", ".html", ".js")
        for path in files(*PRODUCT, "tests", "bench", "tools", suffix=suffix)
        if "vendor" not in path.parts
    }
    assert {name: lines for name, lines in lengths.items() if lines > FILE_LINES} == {}


def test_no_function_is_longer_than_50_lines() -> None:
    faults = {
        name_of(path): found
        for path in files(*PRODUCT, "tests", "bench", "tools", suffix=".py")
        if (found := long_functions(path.read_text()))
    }
    assert faults == {}


def test_a_function_of_51_lines_is_found() -> None:
    body = "    a = 1\n"
    assert long_functions("def short():\n" + body * 49) == []
    assert long_functions("class A:\n def long(self):\n" + ("  a = 1\n" * 50)) == ["long: 51 lines"]
