"""Connections, API tokens and the log."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from campaigns.people import audits
from campaigns.ports import Account, Later, Refused, Unknown
from campaigns.world import World
from tests.clock import HandClock
from tests.conftest import make_user
from tests.makers.people import actions, make_session
from tests.web.doors import csrf
from web import create_app


def post(client: FlaskClient, path: str, **data: str) -> TestResponse:
    return client.post(path, data={"csrf_token": csrf(client)} | data)


class Publisher:
    """X, really connected, with one answer to whoami."""

    rehearses = False

    def __init__(self, answer: Account | Exception) -> None:
        self._answer = answer

    def whoami(self) -> Account:
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


def connected(world: World, answer: Account | Exception) -> FlaskClient:
    world = replace(world, publisher=Publisher(answer))
    client = create_app(world).test_client()
    client.set_cookie(f"perchoir-{world.settings.cookie_suffix}", make_session(world, make_user(world, "admin")))
    return client


def test_a_rehearsed_connection_names_the_variables_that_it_wants(staff: Callable[..., FlaskClient]) -> None:
    page = staff("admin").get("/settings/connections").text
    for name in ("PERCHOIR_X_CONSUMER_KEY", "PERCHOIR_X_ACCESS_SECRET", "PERCHOIR_STRIPE_SECRET_KEY",
                 "PERCHOIR_SMTP_URL"):  # fmt: skip
        assert f"<code>{name}</code>" in page
    assert page.count("Rehearsed") >= 3


@pytest.mark.parametrize("name", ["x", "stripe", "mail"])
def test_each_connection_is_checked_and_the_answer_kept(
    staff: Callable[..., FlaskClient], world: World, name: str
) -> None:
    client = staff("admin")
    response = post(client, f"/settings/connections/{name}")
    assert response.headers["Location"] == f"/settings/connections#{name}"
    assert client.get("/settings/connections").text.count("it answers") == 1
    assert actions(world) == ["connection.checked"]


@pytest.mark.parametrize(
    "answer,told",
    [
        (Refused("x_unauthorized", "401 Unauthorized"), ["X doesn’t accept the keys any more", "401 Unauthorized"]),
        (Later("x_down", "503 over capacity"), ["X doesn’t answer right now", "503 over capacity"]),
        (Unknown("read timed out"), ["Nothing answered", "read timed out"]),
        (Refused("new_code", "<b>?</b>"), ["new_code", "&lt;b&gt;?&lt;/b&gt;"]),
        (Account("7", "feuillet_fr", "Feuillet"), ["it answers", "@feuillet_fr"]),
    ],
)
def test_a_real_connection_says_whose_it_is_or_exactly_what_is_wrong(
    world: World, answer: Account | Exception, told: list[str]
) -> None:
    client = connected(world, answer)
    post(client, "/settings/connections/x")
    page = client.get("/settings/connections").text
    assert [words for words in told if words not in page] == []
    assert "PERCHOIR_X_CONSUMER_KEY" not in page


def test_there_is_no_other_connection(staff: Callable[..., FlaskClient], world: World) -> None:
    assert post(staff("admin"), "/settings/connections/ftp").status_code == 404
    assert actions(world) == []


def test_a_token_is_shown_once_opens_the_api_and_stops_when_revoked(staff: Callable[..., FlaskClient]) -> None:
    client = staff("admin")
    assert "No token yet" in client.get("/settings/tokens").text
    made = post(client, "/settings/tokens", name="The shop", role="marketer")
    secret = re.search(r'id="secret">(pch_[\w-]+)<', made.text).group(1)
    machine = client.application.test_client()
    headers = {"Authorization": f"Bearer {secret}"}
    assert machine.get("/api/v1/campaigns", headers=headers).status_code == 200
    page = client.get("/settings/tokens").text
    assert "The shop" in page
    assert secret not in page
    revoke = re.search(r"/settings/tokens/[\w-]+/revoke", page).group(0)
    assert "Revoke The shop?" in client.get(revoke).text
    assert machine.get("/api/v1/campaigns", headers=headers).status_code == 200
    assert post(client, revoke).headers["Location"] == "/settings/tokens?done=revoked"
    assert machine.get("/api/v1/campaigns", headers=headers).status_code == 401
    assert "Revoked" in client.get("/settings/tokens").text


def test_a_token_without_a_name_is_not_made(staff: Callable[..., FlaskClient]) -> None:
    client = staff("admin")
    response = post(client, "/settings/tokens", name=" ", role="root")
    assert response.status_code == 422
    assert response.text.count('aria-invalid="true"') == 2
    assert "pch_" not in response.text


def test_the_log_tells_who_did_what_newest_first_a_slice_at_a_time(
    staff: Callable[..., FlaskClient], world: World, clock: HandClock
) -> None:
    client = staff("admin")
    assert "Nothing is written here yet" in client.get("/settings/log").text
    with world.db.write() as session:
        for number in range(60):
            audits.note(session, "token.created", clock.advance(seconds=1), who=f"Person {number}", name="<i>")
    first = client.get("/settings/log").text
    assert "Person 59" in first
    assert "Person 9<" not in first
    assert "&lt;i&gt;" in first
    older = re.search(r'href="(/settings/log\?cursor=[^"]+)"', first).group(1)
    second = client.get(older.replace("&amp;", "&")).text
    assert "Person 9<" in second
    assert "Person 0<" in second
    assert "Person 59" not in second
    assert client.get("/settings/log?cursor=é%00").status_code == 422


def test_the_log_says_in_the_readers_language_whose_hand_it_was(
    staff: Callable[..., FlaskClient], world: World, clock: HandClock
) -> None:
    with world.db.write() as session:
        audits.note(session, "user.created", clock.now(), who="command line")
        audits.note(session, "user.created", clock.now(), who="Léa Martin")
    told = staff("admin", locale="fr").get("/settings/log").text
    assert [who for who in ("la ligne de commande", "Léa Martin", "command line") if who in told] == [
        "la ligne de commande", "Léa Martin",
    ]  # fmt: skip
