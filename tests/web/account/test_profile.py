"""One's own account."""

from __future__ import annotations

from collections.abc import Callable

from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from campaigns.people import sessions, users
from campaigns.people.users import User
from campaigns.world import World
from tests.makers.people import EMAIL, PASSWORD, make_member, make_session, password_hash
from tests.web.doors import csrf, heading


def post(client: FlaskClient, path: str, **data: str) -> TestResponse:
    return client.post(path, data={"csrf_token": csrf(client)} | data)


def test_language_and_zone_act_from_the_next_page(staff: Callable[..., FlaskClient]) -> None:
    client = staff("sales")
    response = post(client, "/account", name="Zoé", locale="fr", zone="America/Montreal", lead_notices="daily")
    assert response.headers["Location"] == "/account?done=saved"
    page = client.get("/account").text
    assert heading(page) == "Votre compte"
    assert '<html lang="fr">' in page
    assert "4 h 00" in page.replace("\xa0", " ")  # 09:00 UTC


def test_living_zones_are_offered_and_an_alias_only_to_who_has_it(staff: Callable[..., FlaskClient]) -> None:
    client = staff("sales")
    page = client.get("/account").text
    assert all(f'value="{zone}"' in page for zone in ("UTC", "Europe/Paris", "Asia/Kolkata", "America/Los_Angeles"))
    assert not [zone for zone in ("US/Pacific", "Asia/Calcutta", "Etc/GMT+5", "EST") if f'value="{zone}"' in page]
    post(client, "/account", name="Zoé", locale="en", zone="US/Pacific", lead_notices="daily")
    assert '<option selected value="US/Pacific">' in client.get("/account").text


def test_what_is_wrong_is_told_at_once_and_what_was_typed_is_kept(staff: Callable[..., FlaskClient]) -> None:
    client = staff("sales")
    response = post(client, "/account", name="x" * 101, locale="en", zone="Mars/Base", lead_notices="hourly")
    assert response.status_code == 422
    assert response.text.count('aria-invalid="true"') == 3
    assert "x" * 101 in response.text
    assert "Tom Le Goff" in client.get("/account").text


def test_the_password_changes_with_the_current_one_and_ends_the_other_sessions(
    staff: Callable[..., FlaskClient], world: World
) -> None:
    client = staff("sales", email=EMAIL, password_hash=password_hash())
    with world.db.read() as session:
        user = users.of_email(session, EMAIL)
    assert user
    elsewhere = client.application.test_client()
    elsewhere.set_cookie(f"perchoir-{world.settings.cookie_suffix}", make_session(world, user))
    assert elsewhere.get("/account").status_code == 200
    wrong = post(client, "/account/password", current="wrong password", password="huit retweets par mois")
    assert wrong.status_code == 422
    assert "That isn’t the password" in wrong.text
    assert elsewhere.get("/account").status_code == 200
    right = post(client, "/account/password", current=PASSWORD, password="huit retweets par mois")
    assert right.headers["Location"] == "/account?done=password"
    assert client.get("/account").status_code == 200
    assert elsewhere.get("/account").status_code == 302


def test_sessions_are_listed_and_signed_out_one_by_one_or_all(
    staff: Callable[..., FlaskClient], world: World
) -> None:  # fmt: skip
    client, other = staff("sales"), make_member(world, "sales", "other@feuillet.example")
    with world.db.read() as session:
        me = users.of_email(session, "sales@feuillet.example")
    assert me
    mine, another = make_session(world, me), make_session(world, me)
    others = make_session(world, other)
    page = client.get("/account").text
    assert page.count("Chrome on Windows") == 2
    assert "this one" in page
    ids = [part.split("/end")[0] for part in page.split("/account/sessions/")[1:] if not part.startswith("end")]
    assert len(ids) == 2
    assert post(client, f"/account/sessions/{ids[0]}/end").status_code == 303
    assert client.get("/account").text.count("Chrome on Windows") == 1
    assert post(client, "/account/sessions/end").headers["Location"] == "/account?done=sessions"
    names = {}
    for name, secret in (("mine", mine), ("another", another), ("others", others)):
        stranger = client.application.test_client()
        stranger.set_cookie(f"perchoir-{world.settings.cookie_suffix}", secret)
        names[name] = stranger.get("/account").status_code
    assert names == {"mine": 302, "another": 302, "others": 200}


def test_nobody_signs_out_the_session_of_another(staff: Callable[..., FlaskClient], world: World) -> None:
    client, other = staff("sales"), staff("marketer")
    with world.db.read() as session:
        theirs = users.of_email(session, "marketer@feuillet.example")
        assert theirs
        (row,) = sessions.list_of(session, theirs.id, world.clock.now(), 10**6, 10**6)
    assert post(client, f"/account/sessions/{row.id}/end").status_code == 303
    assert other.get("/account").status_code == 200


def test_the_weekly_mail_is_asked_for_and_ended_without_signing_in(
    staff: Callable[..., FlaskClient], client: FlaskClient, world: World
) -> None:
    marketer = staff("marketer")
    page = post(marketer, "/account", name="Léa", locale="en", zone="Europe/Paris", lead_notices="none", weekly="y")
    assert page.status_code == 303
    with world.db.read() as session:
        [user] = [each for each in session.scalars(select(User)) if each.weekly]
    path = f"/weekly/{world.signer.sign('weekly', user.id, world.clock.now())}"
    assert "End the weekly mail" in client.get(path).text
    with world.db.read() as session:
        assert session.get_one(User, user.id).weekly  # opening it changes nothing
    assert client.post(path, headers={"Origin": "https://evil.example"}).status_code == 403
    assert "It is over" in client.post(path).text
    with world.db.read() as session:
        assert not session.get_one(User, user.id).weekly
    assert client.get("/weekly/x").status_code == 403
