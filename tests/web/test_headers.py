"""The headers that protect every answer, whatever its status."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from campaigns.world import World
from web import create_app

EVERY = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "private, no-store",
}
POLICY = ("default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'")


def boom() -> str:
    raise RuntimeError("a bug")


ANSWERS: dict[int, Callable[[FlaskClient], TestResponse]] = {
    200: lambda client: client.get("/sign-in"),
    302: lambda client: client.get("/account"),
    403: lambda client: client.get("/sign-in/forged"),
    404: lambda client: client.get("/nothing-here"),
    405: lambda client: client.delete("/sign-in"),
    413: lambda client: client.post("/sign-in", data={"email": "a" * 70_000}),
    422: lambda client: client.post("/sign-in", data={"email": ""}),
    500: lambda client: client.get("/boom"),
}


@pytest.fixture
def broken(app: Flask) -> FlaskClient:
    app.add_url_rule("/boom", view_func=boom)
    return app.test_client()


@pytest.mark.parametrize("status", ANSWERS)
def test_every_answer_is_protected(broken: FlaskClient, status: int) -> None:
    response = ANSWERS[status](broken)
    assert response.status_code == status
    assert {name: response.headers.get(name) for name in EVERY} == EVERY
    policy = response.headers["Content-Security-Policy"]
    assert all(line in policy for line in POLICY)
    assert "unsafe" not in policy
    assert "camera=()" in response.headers["Permissions-Policy"]
    assert "Strict-Transport-Security" not in response.headers  # over http it would say nothing


@pytest.mark.parametrize("path", ["/api/v1/campaigns", "/api/v1/nothing", "/healthz", "/static/x/nothing.css"])
def test_machines_and_files_are_protected_too(client: FlaskClient, path: str) -> None:
    response = client.get(path)
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]


def test_over_https_browsers_keep_to_it_for_a_year(environ: dict[str, str], world: World) -> None:
    settings = world.settings.model_copy(update={"base_url": "https://p.example"})
    client = create_app(type(world)(**(vars(world) | {"settings": settings}))).test_client()
    for path in ("/sign-in", "/nothing-here", "/l/nothing"):
        response = client.get(path, base_url="https://p.example")
        assert "max-age=31536000" in response.headers["Strict-Transport-Security"], path


@pytest.mark.parametrize("method", ["TRACE", "TRACK", "CONNECT", "PROPFIND"])
@pytest.mark.parametrize("path", ["/sign-in", "/account", "/api/v1/campaigns", "/healthz"])
def test_methods_that_nobody_needs_are_refused(client: FlaskClient, method: str, path: str) -> None:
    response = client.open(path, method=method, headers={"Cookie": "perchoir=secret"})
    assert response.status_code == 405
    assert "secret" not in response.text


def test_no_answer_names_the_program_and_its_version(broken: FlaskClient) -> None:
    for ask in ANSWERS.values():
        response = ask(broken)
        assert not {"Server", "X-Powered-By"} & set(response.headers.keys())
        assert "Werkzeug" not in response.text
        assert "Traceback" not in response.text


def test_private_pages_vary_by_their_cookie(client: FlaskClient, staff: Callable[..., FlaskClient]) -> None:
    for who in (client, staff("admin")):
        assert "Cookie" in who.get("/account").headers["Vary"]


@pytest.mark.parametrize(
    "path",
    ["/.env", "/.git/config", "/admin", "/console", "/debug", "/phpmyadmin", "/wp-login.php", "/server-status",
     "/actuator", "/config.json", "/backup.sql", "/data/perchoir.db", "/static/../campaigns/settings.py",
     "/static/x/..%2f..%2fwsgi.py", "/static/x/%2e%2e/%2e%2e/wsgi.py"],
)  # fmt: skip
def test_what_scanners_look_for_is_not_there(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code in (302, 404)
    assert "import" not in client.get(path).text
