"""The door in HTTP: cookies, refusals that tell nothing, links that only a button uses."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from campaigns.people import users
from campaigns.people.sessions import UserSession
from campaigns.world import World
from tests.clock import HandClock
from tests.makers.people import EMAIL, PASSWORD, actions, mailed_secret, mails, make_member
from tests.web.doors import csrf, heading


def sign_in(client: FlaskClient, password: str = PASSWORD, email: str = EMAIL, **more: str) -> TestResponse:
    return client.post("/sign-in", data={"email": email, "password": password} | more)


def is_in(client: FlaskClient) -> bool:
    return client.get("/account").status_code == 200


def test_a_member_comes_in_and_goes_on_to_what_they_wanted(client: FlaskClient, world: World) -> None:
    make_member(world)
    response = sign_in(client, next="/account?tab=1")
    assert (response.status_code, response.headers["Location"]) == (303, "/account?tab=1")
    assert is_in(client)
    assert client.get("/sign-in?next=/leads").headers["Location"] == "/leads"


def test_another_sites_address_as_next_leads_home(client: FlaskClient, world: World) -> None:
    make_member(world)
    assert sign_in(client, next="//evil.example").headers["Location"] == "/"


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(client: FlaskClient, world: World) -> None:
    make_member(world)
    (cookie,) = sign_in(client).headers.getlist("Set-Cookie")
    assert cookie.startswith(f"perchoir-{world.settings.cookie_suffix}=")
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    assert "Secure" not in cookie
    assert "Domain" not in cookie


def test_over_https_the_cookie_is_the_hosts_alone(environ: dict[str, str], request: pytest.FixtureRequest) -> None:
    environ["PERCHOIR_BASE_URL"] = "https://p.example"
    app, world = request.getfixturevalue("app"), request.getfixturevalue("world")
    make_member(world)
    response = app.test_client().post(
        "/sign-in", data={"email": EMAIL, "password": PASSWORD}, base_url="https://p.example"
    )
    (cookie,) = response.headers.getlist("Set-Cookie")
    assert cookie.startswith("__Host-perchoir-")
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))


def test_a_cookie_from_before_signing_in_is_not_the_one_after(client: FlaskClient, app: Flask, world: World) -> None:
    make_member(world)
    name = f"perchoir-{world.settings.cookie_suffix}"
    client.set_cookie(name, "planted-by-somebody-else-0123456789")
    sign_in(client)
    first = client.get_cookie(name)
    sign_in(client)
    second = client.get_cookie(name)
    assert first
    assert second
    assert len({first.value, second.value, "planted-by-somebody-else-0123456789"}) == 3
    copied = app.test_client()
    copied.set_cookie(name, first.value)
    assert not is_in(copied)  # the session that this browser had before ended with the new one


def test_known_and_unknown_addresses_get_the_same_answer(app: Flask, world: World) -> None:
    make_member(world)
    for path, data in (("/sign-in", {"password": "wrong password"}), ("/sign-in", {"how": "link"}), ("/password", {})):
        told = set()
        for email in (EMAIL, "nobody@feuillet.example"):
            response = app.test_client().post(path, data={"email": email} | data)
            told.add((response.status_code, response.text.replace(email, "…"), str(response.headers).count("\n")))
        assert len(told) == 1


def test_a_wrong_password_is_told_beside_the_field_and_never_sent_back(client: FlaskClient, world: World) -> None:
    make_member(world)
    response = sign_in(client, "wrong password")
    assert response.status_code == 422
    assert "That isn’t the password of this address" in response.text
    assert 'value="lea@feuillet.example"' in response.text
    assert "wrong password" not in response.text
    assert "Set-Cookie" not in response.headers


def test_too_many_wrong_passwords_wait_and_another_account_does_not(client: FlaskClient, world: World) -> None:
    make_member(world)
    make_member(world, email="tom@feuillet.example")
    for _ in range(10):
        sign_in(client, "wrong password")
    response = sign_in(client)
    assert response.status_code == 429
    assert 0 < int(response.headers["Retry-After"]) <= 300
    assert sign_in(client, email="tom@feuillet.example").status_code == 303


@pytest.mark.parametrize("path", ["/sign-in", "/password", "/join/x", "/password/x", "/sign-in/x"])
def test_no_other_site_signs_anybody_in(client: FlaskClient, world: World, path: str) -> None:
    make_member(world)
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}):
        response = client.post(path, data={"email": EMAIL, "password": PASSWORD}, headers=headers)
        assert response.status_code == 403
        assert "another site" in response.text
    assert mails(world) == []


def test_a_mailed_link_signs_in_by_its_button_and_not_by_being_opened(client: FlaskClient, world: World) -> None:
    make_member(world)
    assert "Look into your mail" in client.post("/sign-in", data={"email": EMAIL, "how": "link"}).text
    path = f"/sign-in/{mailed_secret(world)}"
    for _ in range(3):  # scanners open it first, and again
        page = client.get(path)
        assert (page.status_code, client.head(path).status_code) == (200, 200)
        assert "Léa Martin" in page.text
    assert not is_in(client)
    assert client.post(path).status_code == 303
    assert is_in(client)
    assert client.application.test_client().post(path).status_code == 410


def test_an_empty_address_is_asked_for(client: FlaskClient) -> None:
    for path in ("/sign-in", "/password"):
        response = client.post(path, data={"email": " ", "how": "link"})
        assert response.status_code == 422
        assert "Write something here" in response.text


@pytest.mark.parametrize("email", ["a\x00b@x", "é" * 5000, "💥@x", "' or 1=1 --", "<script>"])
def test_what_nobody_is_called_is_refused_and_breaks_nothing(client: FlaskClient, email: str) -> None:
    assert sign_in(client, email=email).status_code == 422
    assert client.post("/password", data={"email": email}).status_code == 200


@pytest.mark.parametrize("cookie", ["é", "\xff\xfe", "a" * 3000, "null", "%00", '"'])
def test_a_cookie_that_is_none_of_ours_is_a_strangers(client: FlaskClient, world: World, cookie: str) -> None:
    client.set_cookie(f"perchoir-{world.settings.cookie_suffix}", cookie)
    assert client.get("/account").status_code == 302


def test_a_copied_cookie_is_dead_after_signing_out(
    app: Flask, staff: Callable[..., FlaskClient], world: World
) -> None:  # fmt: skip
    client = staff("sales")
    name = f"perchoir-{world.settings.cookie_suffix}"
    copied = app.test_client()
    copied.set_cookie(name, client.get_cookie(name).value)
    assert is_in(copied)
    response = client.post("/sign-out", data={"csrf_token": csrf(client)})
    assert (response.status_code, response.headers["Location"]) == (303, "/sign-in")
    assert client.get_cookie(name) is None
    assert not is_in(copied)
    assert actions(world) == ["sign_out.done"]


def test_a_session_ends_by_idling_and_by_age(staff: Callable[..., FlaskClient], clock: HandClock) -> None:
    idle = staff("sales")
    clock.advance(hours=8)
    assert not is_in(idle)
    used = staff("sales", email="other@feuillet.example")
    for _ in range(27):
        clock.advance(hours=6)
        assert is_in(used)
    clock.advance(hours=6)
    assert not is_in(used)


def test_a_page_that_is_looked_at_keeps_the_session_and_is_written_down_at_most_once_a_minute(
    staff: Callable[..., FlaskClient], world: World, clock: HandClock
) -> None:
    client = staff("sales")
    started = clock.now()
    seen = []
    for seconds in (30, 29, 2):
        clock.advance(seconds=seconds)
        assert is_in(client)
        with world.db.read() as session:
            (row,) = session.scalars(select(UserSession))
            seen.append((row.seen_at - started).total_seconds())
    assert seen == [0, 0, 61]


def test_who_is_shut_out_is_out_at_once(staff: Callable[..., FlaskClient], world: World) -> None:
    admin, sales = staff("admin"), staff("sales")
    with world.db.read() as session:
        member = users.of_email(session, "sales@feuillet.example")
    assert member
    assert is_in(sales)
    admin.post(f"/settings/people/{member.id}/disable", data={"csrf_token": csrf(admin)})
    assert not is_in(sales)


def test_the_door_speaks_the_browsers_language(client: FlaskClient) -> None:
    assert heading(client.get("/sign-in", headers={"Accept-Language": "fr"}).text) == "Connexion à Feuillet"
    assert heading(client.get("/sign-in", headers={"Accept-Language": "de"}).text) == "Sign in to Feuillet"
