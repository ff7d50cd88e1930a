"""What isn't meant to be seen: usual paths, methods, and what we must not keep of a visitor."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from campaigns.world import World
from tests.attacks.dump import dump, files
from tests.attacks.house import ADDRESS, House
from tests.attacks.reading import dangers

PATHS = [
    "/.env", "/.git/config", "/.git/HEAD", "/.svn/entries", "/admin", "/admin/login", "/phpinfo.php", "/wp-login.php",
    "/console", "/debug", "/__debugger__", "/?__debugger__=yes&cmd=resource&f=style.css", "/metrics", "/server-status",
    "/actuator/env", "/backup.sql", "/perchoir.db", "/data/perchoir.db", "/secret_key", "/data/secret_key",
    "/rehearsal.db", "/config.json", "/robots.txt~", "/static", "/static/", "/static/0/../../wsgi.py",
    "/static/0/..%2f..%2fwsgi.py", "/static/0/%2e%2e/%2e%2e/campaigns/settings.py", "/static/0//etc/passwd",
    "/static/0/css/../../../.env", "/static/0/css\\..\\..\\settings.py", "/static/0/\x00", "/api/v1/users",
    "/api/v1/tokens", "/api/swagger", "/graphql", "/files", "/data", "/d/", "/d/../data/secret_key", "/tests",
]  # fmt: skip


INSIDE = (b"SECRET", b"root:", b"import ", b"SQLite format", b"Traceback", b"Werkzeug", b"[core]")


def test_the_usual_paths_show_nothing(client: FlaskClient) -> None:
    stranger = {"X-Forwarded-For": "203.0.113.9"}  # as through a proxy: this machine itself may read /metrics
    for path in PATHS:
        answer = client.get(path.replace("\x00", "%00"), headers=stranger, follow_redirects=True)
        assert answer.status_code in (401, 403, 404) or answer.request.path == "/sign-in", path
        assert [word for word in INSIDE if word in answer.data] == [], path


def test_no_method_but_those_of_a_page_does_anything(app: Flask, client: FlaskClient) -> None:
    assert not app.debug
    for path in ("/", "/p/x", "/l/x", "/sign-in", "/api/v1/campaigns", "/healthz"):
        for method in ("TRACE", "TRACK", "CONNECT", "PROPFIND", "DEBUG", "PUT", "PATCH", "DELETE"):
            assert client.open(path, method=method).status_code in (302, 401, 403, 404, 405), (method, path)


def test_a_method_in_a_field_or_header_changes_nothing(house: House, staff: Callable[..., FlaskClient]) -> None:
    before = dump(
        house.world,
        {"hits", "link_hours", "link_days", "agents", "member_visitors", "salts", "sessions", "user_sessions"},
    )
    for path in (f"/campaigns/{house.ids['campaign_id']}", f"/tweets/{house.ids['tweet_id']}"):
        staff("marketer", email=f"{len(path)}@a.example").get(
            path, query_string={"_method": "DELETE"}, headers={"X-HTTP-Method-Override": "DELETE"}
        )
    after = dump(
        house.world,
        {"hits", "link_hours", "link_days", "agents", "member_visitors", "salts", "sessions", "user_sessions", "users"},
    )
    assert {name: rows for name, rows in before.items() if name != "users"} == after


@pytest.mark.both_databases
def test_a_visitors_address_is_nowhere_afterwards(house: House, world: World) -> None:
    house.stranger().post("/sign-in", data={"email": "tom@feuillet.example", "password": "wrong"})
    house.stranger().post("/password", data={"email": "tom@feuillet.example"})
    house.stranger().get("/l/nowhere", headers={"X-Forwarded-For": ADDRESS})
    assert [name for name, rows in dump(world).items() if any(ADDRESS in row for row in rows)] == []
    kept = files(world.settings.data_dir)
    assert len(kept) > 3
    assert [name for name, content in kept.items() if ADDRESS.encode() in content] == []


def test_public_answers_set_no_cookie_and_ask_no_third_party(house: House) -> None:
    for method in ("GET", "POST"):
        for endpoint, path in house.doors("prospect", "ops", method=method):
            answer = house.stranger().open(path, method=method, data={"email": "zoe@ecole.example"})
            assert "Set-Cookie" not in answer.headers, endpoint
            if answer.mimetype == "text/html":
                assert dangers(answer.text) == [], endpoint


def test_a_bug_shows_no_traceback_and_no_words_of_ours(app: Flask, world: World) -> None:
    app.testing = False
    app.config["PROPAGATE_EXCEPTIONS"] = False
    app.view_functions["ops.healthz"] = lambda: 1 / 0  # type: ignore[assignment]
    answer = app.test_client().get("/healthz")
    assert answer.status_code == 500
    assert "ZeroDivision" not in answer.text
    assert "Traceback" not in answer.text


REACHING = {"requests", "urllib3", "http", "socket", "httpx", "aiohttp", "ftplib", "smtplib", "telnetlib", "subprocess"}


def test_nothing_but_an_adapter_can_reach_out() -> None:
    """No server-side request to an address that somebody typed: there is nothing to make it with."""
    root, found = Path(__file__).parents[2], set()
    for path in (*(root / "campaigns").rglob("*.py"), *(root / "web").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            modules = [each.name for each in node.names] if isinstance(node, ast.Import) else []
            modules += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if any(name.partition(".")[0] in REACHING or name == "urllib.request" for name in modules):
                found.add(str(path.relative_to(root)))
    # adapters reach X, Stripe and SMTP; the command line starts its own processes; a worker is called by its host
    ours = {"campaigns/__main__.py", "campaigns/worker.py"}
    assert {name for name in found if not name.startswith("campaigns/adapters/")} <= ours
