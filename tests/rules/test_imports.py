"""What import-linter and ruff can't say about imports; their own contracts stand in pyproject.toml."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

from tests.rules.tree import PRODUCT, ROOT, files, name_of

OURS = {"bench", "campaigns", "tests", "web"}


def imported(source: str) -> set[str]:
    """The first word of everything imported."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {each.name.partition(".")[0] for each in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").partition(".")[0])
    return found


def _layers(contract: str) -> str:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    [found] = [each for each in settings["contracts"] if each["id"] == contract]
    return " ".join(found["layers"])


def test_every_part_of_the_domain_has_its_layer() -> None:
    named = _layers("layers")
    parts = {path.stem for path in (ROOT / "campaigns").iterdir() if _is_python(path)} - {"__init__"}
    assert {part for part in parts if f"(campaigns.{part})" not in named} == set()


def test_every_audience_stands_apart() -> None:
    named = _layers("audiences-apart")
    audiences = {path.name for path in (ROOT / "web").glob("*/") if _is_python(path)}
    assert {each for each in audiences if f"(web.{each})" not in named} == set()


def test_migrations_import_none_of_our_code() -> None:
    # They must do in a year what they do today, whatever the code has become.
    paths = files("migrations/versions", suffix=".py")
    assert [name_of(path) for path in paths if imported(path.read_text()) & OURS] == []


def test_the_product_imports_no_test() -> None:
    paths = files(*PRODUCT, suffix=".py")
    assert [name_of(path) for path in paths if imported(path.read_text()) & {"bench", "pytest", "tests"}] == []


def _is_python(path: Path) -> bool:
    return path.suffix == ".py" or any(path.rglob("*.py"))
