"""An invitation in HTTP: from the administrator's form to the first page of who came."""

from __future__ import annotations

from collections.abc import Callable

from flask.testing import FlaskClient

from campaigns.world import World
from tests.makers.people import PASSWORD, mailed_secret, mails, make_invitation
from tests.web.doors import csrf, heading


def test_who_is_invited_comes_in(staff: Callable[..., FlaskClient], client: FlaskClient, world: World) -> None:
    admin = staff("admin")
    data = {"csrf_token": csrf(admin), "email": "Zoe@Feuillet.example", "role": "sales", "locale": "fr"}
    assert admin.post("/settings/people/invite", data=data).headers["Location"] == "/settings/people?done=invited"
    assert "Invited" in admin.get("/settings/people").text
    (mail,) = mails(world)
    assert (mail["to"], mail["subject"]) == ("zoe@feuillet.example", "Votre invitation à Perchoir, Feuillet")
    path = f"/join/{mailed_secret(world)}"
    page = client.get(path)
    assert heading(page.text) == "Bienvenue chez Feuillet"
    assert 'value="Europe/Paris" selected' in page.text or 'selected value="Europe/Paris"' in page.text
    form = {"name": "Zoé Petit", "password": PASSWORD, "locale": "fr", "zone": "Indian/Reunion"}
    assert client.post(path, data=form).status_code == 303
    assert "Zoé Petit" in client.get("/account").text
    assert client.get("/settings/people").status_code == 403
    assert client.application.test_client().get(path).status_code == 410
    assert "Zoé Petit" in admin.get("/settings/people").text


def test_a_form_filled_wrongly_keeps_what_was_typed(client: FlaskClient, world: World) -> None:
    make_invitation(world)
    path = f"/join/{mailed_secret(world)}"
    form = {"name": "Tom <b>Le Goff</b>", "password": "short", "locale": "fr", "zone": "Europe/Paris"}
    response = client.post(path, data=form)
    assert response.status_code == 422
    assert "Tom &lt;b&gt;Le Goff&lt;/b&gt;" in response.text
    assert "Write 8 characters at least" in response.text
    assert client.get("/account").status_code == 302


def test_an_invitation_with_faults_is_shown_again_with_all_of_them(staff: Callable[..., FlaskClient]) -> None:
    admin = staff("admin")
    data = {"csrf_token": csrf(admin), "email": "nothing", "role": "king", "locale": "tlh"}
    response = admin.post("/settings/people/invite", data=data)
    assert response.status_code == 422
    assert response.text.count('aria-invalid="true"') == 3
    assert 'value="nothing"' in response.text
