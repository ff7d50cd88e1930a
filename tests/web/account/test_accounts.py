"""Accounts on X: connected by tokens that X was asked about, rehearsed ones beside them, health, and away again."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from flask.testing import FlaskClient
from sqlalchemy import select, text

from campaigns.flows import connect_account
from campaigns.flows.publish_due import publish_due
from campaigns.kernel.errors import Problem
from campaigns.people import tokens
from campaigns.people.audits import Audit
from campaigns.people.users import Role
from campaigns.publishing import accounts
from campaigns.world import World
from tests.clock import HandClock
from tests.conftest import signed_in
from tests.loopback.server import Trouble
from tests.loopback.x import ACCESS_SECRET, ACCESS_TOKEN, FakeX
from tests.makers.connected import connected
from tests.makers.pressed import soup
from tests.makers.publishing import make_place, make_tweet, tweet_of
from tests.web.doors import csrf
from web import create_app

Staff = Callable[..., FlaskClient]
ME = {"who": "Inès", "user_id": "0193a1b2-0000-7000-8000-00000000000a"}


def post(client: FlaskClient, path: str, **data: str) -> Any:
    return client.post(path, data={"csrf_token": csrf(client)} | data)


@pytest.fixture
def x(clock: HandClock) -> Iterator[FakeX]:
    with FakeX(clock) as server:
        yield server


@pytest.fixture
def real(world: World, x: FakeX, environ: dict[str, str]) -> World:
    """The same installation with an app on X, and no account of its own."""
    keys = {name: told for name, told in x.environ.items() if "ACCESS" not in name}
    return connected(world, environ | keys | x.client_environ)


@pytest.fixture
def admin(real: World) -> FlaskClient:
    """An administrator of that one."""
    return signed_in(create_app(real), real, "admin")


def agree(admin: FlaskClient, way: str) -> str:
    """Begin, agree on X's page: the address that X leads back to."""
    page = soup(post(admin, "/settings/accounts/begin", way=way, zone="Europe/Paris"))
    link = page.select_one("a[rel=noreferrer]")
    assert link
    answer = requests.get(str(link["href"]), timeout=5, allow_redirects=False)
    return answer.headers["Location"].removeprefix("http://localhost")


@pytest.mark.parametrize("way,kind", [("oauth1", "OAuth 1.0a"), ("oauth2", "OAuth 2")])
def test_who_agrees_on_x_s_page_is_connected_and_posts(
    real: World, x: FakeX, admin: FlaskClient, way: str, kind: str
) -> None:
    back = agree(admin, way)
    assert admin.get(back).status_code == 303
    page = admin.get("/settings/accounts").text
    assert "@feuillet" in page
    assert kind in page
    with real.db.read() as session:
        [account] = accounts.list_of(session)
    made = make_tweet(real, make_place(real), scheduled_at=real.clock.now().isoformat(), account_id=account.id)
    publish_due(real, "w")
    assert [each["text"] for each in x.tweets] == [made.full_text]
    assert admin.get(back).status_code == 422  # its answer is taken once
    assert "connected an account on X" in admin.get("/settings/log").text


def test_an_account_connected_another_way_keeps_its_drafts(real: World, admin: FlaskClient) -> None:
    admin.get(agree(admin, "oauth1"))
    with real.db.read() as session:
        [first] = accounts.list_of(session)
    draft = make_tweet(real, make_place(real), account_id=first.id)
    admin.get(agree(admin, "oauth2"))
    with real.db.read() as session:
        assert [(each.id, each.kind) for each in accounts.list_of(session)] == [(first.id, "oauth2")]
    assert tweet_of(real, draft.tweet.id).account_id == first.id


def test_a_no_on_x_connects_nothing_and_says_so(real: World, admin: FlaskClient) -> None:
    for way, said in (("oauth1", "denied=x"), ("oauth2", "error=access_denied&state=x")):
        agree(admin, way)
        answer = admin.get(f"/settings/accounts/back?{said}")
        assert (answer.status_code, "On X the answer was no" in answer.text) == (422, True)
    with real.db.read() as session:
        assert accounts.list_of(session) == []


def test_an_answer_that_this_browser_did_not_ask_for_connects_nothing(
    real: World, admin: FlaskClient, clock: HandClock
) -> None:
    """Else one could have another's browser connect one's own account."""
    other = signed_in(create_app(real), real, "admin", email="tom@feuillet.example")
    backs = [agree(admin, "oauth2"), agree(other, "oauth2")]
    swapped = admin.get(backs[1])
    assert (swapped.status_code, "Begin again" in swapped.text) == (422, True)
    clock.advance(minutes=16)
    assert admin.get(agree(admin, "oauth1")).status_code == 303
    assert other.get(backs[1]).status_code == 422  # too late
    with real.db.read() as session:
        assert len(accounts.list_of(session)) == 1


def test_an_x_that_is_away_is_told_on_the_page(x: FakeX, admin: FlaskClient) -> None:
    x.trouble("POST /oauth/request_token", Trouble(status=503))
    answer = post(admin, "/settings/accounts/begin", way="oauth1", zone="Europe/Paris")
    assert (answer.status_code, "Connect with X" in answer.text) == (422, True)
    assert "@feuillet" not in answer.text
    assert post(admin, "/settings/accounts/begin", way="zzz", zone="Europe/Paris").status_code == 422


def test_tokens_are_shown_to_x_first_and_then_kept_encrypted(real: World, x: FakeX) -> None:
    made = connect_account.connect_by_tokens(real, ACCESS_TOKEN, ACCESS_SECRET, "Europe/Paris", **ME)
    assert (made.kind, made.handle, made.rehearses) == ("oauth1", "feuillet", False)
    assert all(x.is_signed(request) for request in x.requests)
    with real.db.read() as session:
        assert ACCESS_SECRET not in session.execute(text("SELECT sealed FROM accounts")).scalar_one()


def test_a_tweet_goes_out_by_the_account_that_was_connected_and_x_takes_its_signature(real: World, x: FakeX) -> None:
    account = connect_account.connect_by_tokens(real, ACCESS_TOKEN, ACCESS_SECRET, "Europe/Paris", **ME)
    made = make_tweet(real, make_place(real), scheduled_at=real.clock.now().isoformat(), account_id=account.id)
    assert publish_due(real, "w") == 1
    assert tweet_of(real, made.tweet.id).state == "sent"
    assert [each["text"] for each in x.tweets] == [made.full_text]


@pytest.mark.parametrize(
    "token,secret,code",
    [
        ("", "s", "required"),
        ("t" * 201, "s", "too_long"),
        ("1700-another-access-token", ACCESS_SECRET, "x_unauthorized"),
    ],
)
def test_tokens_that_open_nothing_are_refused_and_not_kept(real: World, token: str, secret: str, code: str) -> None:
    with pytest.raises(Problem, match=code):
        connect_account.connect_by_tokens(real, token, secret, "Europe/Paris", **ME)
    with real.db.read() as session:
        assert accounts.list_of(session) == []


def test_an_account_s_health_is_asked_for_and_told(real: World, x: FakeX) -> None:
    account = connect_account.connect_by_tokens(real, ACCESS_TOKEN, ACCESS_SECRET, "Europe/Paris", **ME)
    with real.db.write() as session:
        found = accounts.find(session, account.id)
        found.sealed = real.vault.lock('["1700-revoked-access-token-0001", "secret-secret-secret-01", ""]')
    connect_account.check_account(real, account.id)
    with real.db.read() as session:
        assert accounts.find(session, account.id).problem == "x_unauthorized"
    connect_account.connect_by_tokens(real, ACCESS_TOKEN, ACCESS_SECRET, "Europe/Paris", **ME)
    with real.db.read() as session:
        assert accounts.find(session, account.id).problem is None


def test_a_rehearsed_account_is_made_shown_and_disconnected(world: World, staff: Staff) -> None:
    admin = staff("admin")
    assert (
        post(admin, "/settings/accounts", kind="rehearsal", handle="@feuillet_test", zone="Europe/Paris").status_code
        == 303
    )
    page = admin.get("/settings/accounts").text
    assert "@feuillet_test" in page
    assert "rehearsed" in page
    with world.db.read() as session:
        [account] = accounts.list_of(session)
    told = post(admin, f"/settings/accounts/{account.id}/disconnect")
    assert told.status_code == 303
    assert "None is connected here yet" in admin.get("/settings/accounts").text
    assert "connected an account on X" in admin.get("/settings/log").text


@pytest.mark.parametrize("handle", ["", "a b", "x" * 16, "é"])
def test_a_handle_that_is_none_is_refused_beside_its_field(staff: Staff, handle: str) -> None:
    answer = post(staff("admin"), "/settings/accounts", kind="rehearsal", handle=handle, zone="Europe/Paris")
    assert answer.status_code == 422
    assert "Write a handle" in answer.text


def test_without_an_app_no_tokens_are_taken(staff: Staff) -> None:
    admin = staff("admin")
    assert "PERCHOIR_X_CONSUMER_KEY" in admin.get("/settings/accounts").text
    answer = post(admin, "/settings/accounts", kind="oauth1", token="t", secret="s", zone="Europe/Paris")
    assert answer.status_code == 422


def bearing(world: World, role: Role) -> FlaskClient:
    """A machine with a token of that installation."""
    with world.db.write() as session:
        _, secret = tokens.create(session, f"test {role}", role, world.clock.now())
    client = create_app(world).test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {secret}"
    return client


def test_a_machine_connects_shows_and_disconnects_an_account(real: World) -> None:
    client, path = bearing(real, "admin"), "/api/v1/accounts"
    made = client.post(path, json={"token": ACCESS_TOKEN, "secret": ACCESS_SECRET, "zone": "Europe/Paris"})
    assert (made.status_code, made.get_json()["kind"]) == (201, "oauth1")
    assert ACCESS_SECRET not in made.text
    shown = client.get(f"{path}/{made.get_json()['id']}").get_json()
    assert (shown["handle"], shown["audience"]) == (made.get_json()["handle"], [])
    assert client.delete(f"{path}/{shown['id']}").status_code == 204
    assert client.get(path).get_json()["items"] == []
    assert client.get(f"{path}/{shown['id']}").status_code == 404
    wall = client.post(path, json={"rehearsed_as": "feuillet_test"})
    assert (wall.status_code, wall.get_json()["rehearses"]) == (201, True)
    with real.db.read() as session:
        told = [(each.action, each.who) for each in session.scalars(select(Audit).order_by(Audit.id))]
    assert ("account.connected", "test admin") in told
    assert ("account.disconnected", "test admin") in told


@pytest.mark.parametrize(
    "body,status,field",
    [({}, 422, "token"), ({"token": "x", "secret": "y"}, 422, "token"), ({"rehearsed_as": "no!"}, 422, "handle"),
     ({"rehearsed_as": "wall", "zone": "Mars/Base"}, 422, "zone")],
)  # fmt: skip
def test_tokens_that_open_nothing_are_refused(real: World, body: dict[str, str], status: int, field: str) -> None:
    answer = bearing(real, "admin").post("/api/v1/accounts", json=body)
    assert (answer.status_code, answer.get_json()["errors"][0]["field"]) == (status, field)


@pytest.mark.parametrize("role", ["marketer", "sales"])
def test_only_an_administrator_s_machine_connects(real: World, role: Role) -> None:
    client = bearing(real, role)
    assert client.post("/api/v1/accounts", json={"rehearsed_as": "wall"}).status_code == 403
    assert client.delete(f"/api/v1/accounts/{ME['user_id']}").status_code == 403


def test_machines_read_the_accounts_and_the_month_s_spending(world: World, api: Callable[..., FlaskClient]) -> None:
    made = connect_account.connect_rehearsed(world, "feuillet_test", "", "Europe/Paris", **ME)
    told = api("sales").get("/api/v1/accounts").get_json()
    assert [(each["id"], each["rehearses"]) for each in told["items"]] == [(made.id, True)]
    assert (told["spent_micros"], told["cap_micros"]) == (0, 0)


def test_the_account_of_the_settings_is_not_connected_once_more(
    world: World, x: FakeX, environ: dict[str, str]
) -> None:
    real = connected(world, environ | x.environ)
    with pytest.raises(Problem, match="x_account_usual"):
        connect_account.connect_by_tokens(real, ACCESS_TOKEN, ACCESS_SECRET, "UTC", **ME)
    with real.db.read() as session:
        assert accounts.list_of(session) == []
