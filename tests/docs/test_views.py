"""The views that are promised to other tools: the documents name each with its columns, in their order."""

import re
from pathlib import Path

from sqlalchemy import inspect

from campaigns.world import World

ROOT = Path(__file__).parents[2]


def test_the_architecture_names_every_view_with_its_columns(world: World) -> None:
    text = (ROOT / "docs/architecture.md").read_text()
    documented = {
        name: columns.split(", ") for name, columns in re.findall(r"^\| `(v_\w+)` \| (.+) \|$", text, re.MULTILINE)
    }
    found = inspect(world.db.engine)
    there = {name: [column["name"] for column in found.get_columns(name)] for name in found.get_view_names()}
    assert documented == there
    [granted] = re.findall(r"GRANT SELECT ON (.+) TO reader", text)
    assert granted.split(", ") == sorted(there)
