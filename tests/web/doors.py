"""What the tests of the frame walk: every route with an address, and a page's CSRF token."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from flask import Flask
from flask.testing import FlaskClient

UUID = "0193a1b2-0000-7000-8000-00000000000a"
STAFF = ("account", "marketer", "sales", "rehearsal")
CHANGING = ("POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True)
class Door:
    """One method of one route, with an address that it answers."""

    endpoint: str
    method: str
    path: str

    @property
    def audience(self) -> str:
        return self.endpoint.partition(".")[0]

    def __str__(self) -> str:
        return f"{self.method} {self.path} ({self.endpoint})"


def doors(app: Flask) -> Iterator[Door]:
    """Every route and method of the app."""
    for rule in app.url_map.iter_rules():
        path = re.sub(r"<(?:(\w+):)?\w+>", lambda found: {"uuid": UUID, "int": "1"}.get(found[1], "x"), rule.rule)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield Door(rule.endpoint, method, path)


def csrf(client: FlaskClient) -> str:
    """The token of a member's pages."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/account").text)
    assert found, "the page has no token"
    return found.group(1)


def heading(page: str) -> str:
    """The page's h1, as it is read: where it may break is no part of it."""
    found = re.search(r"<h1>(.*?)</h1>", page, re.DOTALL)
    assert found, "the page has no h1"
    return found.group(1).replace("<wbr>", "").strip()
