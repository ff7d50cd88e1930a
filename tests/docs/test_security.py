"""docs/security.md names a test for each class of attack, and each of them exists."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| (S\d+) .*\| `(tests/[\w/]+\.py)::(test_\w+)` \|$", re.MULTILINE)


def test_each_class_has_its_defence_and_a_test_that_exists() -> None:
    rows = ROW.findall((ROOT / "docs/security.md").read_text())
    assert [name for name, _, _ in rows] == [f"S{number}" for number in range(1, 31)]
    lost = [
        f"{name}: {path}::{test}" for name, path, test in rows
        if f"def {test}(" not in (ROOT / path).read_text().replace("(\n", "(")
    ]  # fmt: skip
    assert lost == []
