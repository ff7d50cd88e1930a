"""A forgotten password in HTTP."""

from __future__ import annotations

from flask.testing import FlaskClient

from campaigns.world import World
from tests.clock import HandClock
from tests.makers.people import EMAIL, PASSWORD, mailed_secret, make_member
from tests.web.doors import heading

NEW = "huit retweets par mois"


def ask(client: FlaskClient, world: World) -> str:
    assert client.post("/password", data={"email": EMAIL}).status_code == 200
    return f"/password/{mailed_secret(world)}"


def sign_in(client: FlaskClient, password: str) -> int:
    return client.post("/sign-in", data={"email": EMAIL, "password": password}).status_code


def test_a_new_password_signs_in_here_and_out_elsewhere(client: FlaskClient, world: World) -> None:
    make_member(world)
    elsewhere = client.application.test_client()
    sign_in(elsewhere, PASSWORD)
    path = ask(client, world)
    assert "Léa Martin" in client.get(path).text
    assert client.post(path, data={"password": NEW}).status_code == 303
    assert client.get("/account").status_code == 200
    assert elsewhere.get("/account").status_code == 302
    stranger = client.application.test_client()
    assert stranger.post(path, data={"password": "and another one here"}).status_code == 410
    assert (sign_in(stranger, PASSWORD), sign_in(stranger, NEW)) == (422, 303)


def test_a_bad_password_is_told_beside_the_field(client: FlaskClient, world: World) -> None:
    make_member(world, locale="fr")
    path = ask(client, world)
    response = client.post(path, data={"password": "court"})
    assert response.status_code == 422
    assert 'aria-invalid="true"' in response.text
    assert "court" not in response.text.replace("raccourci", "")
    assert heading(response.text) == "Choisir un nouveau mot de passe"  # the member's language, not the browser's


def test_a_link_ends_after_thirty_minutes_and_a_made_up_one_never_began(
    client: FlaskClient, world: World, clock: HandClock
) -> None:
    make_member(world)
    path = ask(client, world)
    clock.advance(minutes=31)
    assert client.get(path).status_code == 410
    assert client.post(path, data={"password": NEW}).status_code == 410
    for forged in ("/password/forged", "/password/%C3%A9%00", path[:-1] + "é"):
        assert client.get(forged).status_code == 403
