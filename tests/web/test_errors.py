"""Refusals and bugs: a page for people in their language, problem+json for machines, nothing of our inside."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from campaigns import words
from campaigns.kernel.db import Database
from campaigns.kernel.errors import Fault
from campaigns.people import mail_tokens
from campaigns.world import World
from tests.makers.people import knock, make_member
from tests.web.doors import heading
from tests.web.test_headers import boom
from web import create_app

FRENCH = {"Accept-Language": "fr-CA,fr;q=0.9,en;q=0.5"}
ENGLISH = {"Accept-Language": "de,en;q=0.5"}


@pytest.fixture
def broken(app: Flask) -> FlaskClient:
    app.add_url_rule("/boom", view_func=boom)
    app.add_url_rule("/api/boom", view_func=boom, endpoint="api_boom")
    return app.test_client()


def too_often(client: FlaskClient, headers: dict[str, str]) -> TestResponse:
    for number in range(16):
        response = client.post("/password", data={"email": f"a{number}@x.example"}, headers=headers)
    return response


ANSWERS: dict[int, Callable[[FlaskClient, dict[str, str]], TestResponse]] = {
    400: lambda client, headers: client.get("/", headers=headers | {"Host": "evil.example"}),
    403: lambda client, headers: client.get("/join/forged", headers=headers),
    404: lambda client, headers: client.get("/nothing", headers=headers),
    405: lambda client, headers: client.put("/sign-in", headers=headers),
    413: lambda client, headers: client.post("/sign-in", data={"email": "a" * 70_000}, headers=headers),
    429: too_often,
    500: lambda client, headers: client.get("/boom", headers=headers),
}


@pytest.mark.parametrize("status", ANSWERS)
def test_a_person_reads_what_happened_in_their_language(broken: FlaskClient, status: int) -> None:
    french, english = ANSWERS[status](broken, FRENCH), ANSWERS[status](broken, ENGLISH)
    assert (french.status_code, english.status_code) == (status, status)
    assert '<html lang="fr">' in french.text
    assert '<html lang="en">' in english.text
    assert heading(french.text) != heading(english.text)
    for page in (french.text, english.text):
        assert not {"Traceback", "RuntimeError", "werkzeug", "campaigns/"} & set(page.split())
        assert re.search(r"[.?]</p>", page), "what was told is a sentence"
        assert "..</p>" not in page


def test_a_database_that_is_away_is_told_and_tried_again_later(world: World, tmp_path: Path) -> None:
    away = replace(world, db=Database(f"sqlite:///{tmp_path}/nowhere/x.db"))
    client = create_app(away).test_client()
    client.set_cookie("perchoir-" + world.settings.cookie_suffix, "a" * 43)
    for path in ("/account", "/sign-in"):
        response = client.get(path)
        assert response.status_code == 503
        assert "Try again in a minute" in response.text
        assert "database" not in response.text
        assert response.headers["Retry-After"] == "30"
    assert client.get("/api/v1/campaigns", headers={"Authorization": "Bearer pch_" + "a" * 43}).status_code == 503
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 503


def test_too_often_says_when_to_try_again(client: FlaskClient) -> None:
    response = too_often(client, ENGLISH)
    assert 0 < int(response.headers["Retry-After"]) <= 3600
    assert words.tell(Fault(None, "too_often", {"wait_s": int(response.headers["Retry-After"])}), "en") in response.text


@pytest.mark.parametrize(
    "wait_s,english,french",
    [
        (90, "Wait 90 seconds, then", "Attendez 90 secondes, puis"),
        (91, "Try again in 2 minutes", "Réessayez dans 2 minutes"),
        (206, "Try again in 4 minutes", "Réessayez dans 4 minutes"),
        (3600, "Try again in 60 minutes", "Réessayez dans 60 minutes"),
    ],
)
def test_a_long_wait_is_told_in_minutes(wait_s: int, english: str, french: str) -> None:
    fault = Fault(None, "too_often", {"wait_s": wait_s})
    assert english in words.tell(fault, "en")
    assert french in words.tell(fault, "fr")


def test_too_large_says_more_than_its_title(client: FlaskClient) -> None:
    for headers in (ENGLISH, FRENCH):
        page = ANSWERS[413](client, headers).text
        told = re.search(r"<p>(.+?)</p>", page)
        assert told
        assert heading(page) not in told[1]


def test_a_machine_reads_problem_json(broken: FlaskClient) -> None:
    for path, status in (("/api/boom", 500), ("/api/v1/nothing", 404), ("/api/v1/campaigns", 401)):
        response = broken.get(path)
        assert (response.status_code, response.content_type) == (status, "application/problem+json")
        assert response.json
        assert response.json["status"] == status
    assert "a bug" not in broken.get("/api/boom").text


def test_a_link_used_twice_has_ended(client: FlaskClient, world: World) -> None:
    user = make_member(world, locale="fr")
    with world.db.write() as session:
        secret = mail_tokens.issue(session, user, "sign_in", world.clock.now())
    assert client.post(f"/sign-in/{secret}").status_code == 303
    stranger = client.application.test_client()
    response = stranger.get(f"/sign-in/{secret}", headers=FRENCH)
    assert response.status_code == 410
    assert heading(response.text) == "C’est terminé"
    assert knock().email not in response.text


def test_a_hostile_path_is_not_repeated(client: FlaskClient) -> None:
    response = client.get("/<script>alert(1)</script>")
    assert response.status_code == 404
    assert "alert(1)" not in response.text
