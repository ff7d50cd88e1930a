"""Every route is documented with what it is for, and nothing that isn't there."""

import re
from pathlib import Path

from flask import Flask

ROOT = Path(__file__).parents[2]


def documented() -> dict[str, str]:
    text = (ROOT / "docs/routes.md").read_text()
    return dict(re.findall(r"^\| `([^`]+)` \| (.+?) \|$", text, re.MULTILINE))


def served(app: Flask) -> set[str]:
    return {
        f"{method} {rule.rule}"
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if not rule.rule.startswith("/api/v1/")  # described by /api/openapi.json
    }


def test_every_route_is_documented_and_every_documented_route_is_there(app: Flask) -> None:
    assert set(documented()) == served(app)
