"""The administrator's people."""

from __future__ import annotations

from collections.abc import Callable

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from campaigns.people import users
from campaigns.world import World
from tests.makers.people import mails, make_invitation, make_member, make_session
from tests.web.doors import UUID, csrf


def post(client: FlaskClient, path: str, **data: str) -> TestResponse:
    return client.post(path, data={"csrf_token": csrf(client)} | data)


def test_settings_lead_each_role_to_its_own(staff: Callable[..., FlaskClient]) -> None:
    led = {role: staff(role).get("/settings").headers["Location"] for role in ("admin", "marketer", "sales")}
    assert led == {"admin": "/settings/people", "marketer": "/account", "sales": "/account"}


def test_one_who_is_alone_is_told_what_to_do(staff: Callable[..., FlaskClient], world: World) -> None:
    admin = staff("admin")
    assert "You are alone here" in admin.get("/settings/people").text
    make_member(world)
    assert "You are alone here" not in admin.get("/settings/people").text


def test_a_role_is_changed_and_acts_at_once(staff: Callable[..., FlaskClient], world: World) -> None:
    admin, sales = staff("admin"), staff("sales")
    with world.db.read() as session:
        member = users.of_email(session, "sales@feuillet.example")
    assert member
    assert sales.get("/settings/people").status_code == 403
    response = post(admin, f"/settings/people/{member.id}/role", role="admin")
    assert response.headers["Location"] == f"/settings/people/{member.id}?done=role"
    assert sales.get("/settings/people").status_code == 200
    assert post(admin, f"/settings/people/{member.id}/role", role="king").status_code == 422


def test_the_last_administrator_cannot_leave(staff: Callable[..., FlaskClient], world: World) -> None:
    admin = staff("admin", password_hash="x")
    with world.db.read() as session:
        me = users.of_email(session, "admin@feuillet.example")
    assert me
    role = post(admin, f"/settings/people/{me.id}/role", role="sales")
    assert (role.status_code, "Someone must stay administrator" in role.text) == (422, True)
    out = post(admin, f"/settings/people/{me.id}/disable")
    assert (out.status_code, "Someone must stay administrator" in out.text) == (409, True)
    assert admin.get("/settings/people").status_code == 200


def test_shutting_out_asks_first_and_can_be_undone(staff: Callable[..., FlaskClient], world: World) -> None:
    admin, tom = staff("admin"), make_member(world, "sales", name="Tom & Co")
    path = f"/settings/people/{tom.id}"
    asked = admin.get(f"{path}/disable")
    assert "Shut Tom &amp; Co out?" in asked.text
    assert "stay as they are" in asked.text
    assert post(admin, f"{path}/disable").headers["Location"] == f"{path}?done=disabled"
    assert "Let Tom &amp; Co in" in admin.get(path).text
    assert post(admin, f"{path}/enable").status_code == 303
    assert "Shut Tom &amp; Co out" in admin.get(path).text


def test_an_invitation_is_sent_again_only_to_who_has_not_come(staff: Callable[..., FlaskClient], world: World) -> None:
    admin, invited, member = staff("admin"), make_invitation(world), make_member(world)
    assert post(admin, f"/settings/people/{invited.id}/invite").status_code == 303
    assert len(mails(world)) == 2
    assert post(admin, f"/settings/people/{member.id}/invite").status_code == 409


def test_somebodys_sessions_are_counted_and_ended(staff: Callable[..., FlaskClient], world: World) -> None:
    admin, tom = staff("admin"), make_member(world, "sales")
    make_session(world, tom)
    path = f"/settings/people/{tom.id}"
    assert "One browser is signed in." in admin.get(path).text
    make_session(world, tom)
    assert "2 browsers are signed in." in admin.get(path).text
    assert post(admin, f"{path}/sign-out").status_code == 303
    assert "signed in." not in admin.get(path).text


def test_nobody_of_that_id_is_a_404(staff: Callable[..., FlaskClient]) -> None:
    admin = staff("admin")
    for path in (f"/settings/people/{UUID}", f"/settings/people/{UUID}/disable", "/settings/people/x"):
        assert admin.get(path).status_code == 404
    for deed in ("role", "disable", "enable", "invite", "sign-out"):
        assert post(admin, f"/settings/people/{UUID}/{deed}", role="sales").status_code == 404
