"""The gates, over the whole URL map: closed to strangers, to other roles, and to other sites' forms."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from campaigns.people.users import ROLES, Role
from tests.web.doors import CHANGING, STAFF, Door, csrf, doors
from web.access import own_path

# What anybody may open. A route that isn't here must refuse a stranger: adding one is a decision.
PUBLIC = {
    "account.come_in", "account.come_in_by_link", "account.feed", "account.forgotten", "account.invitation",
    "account.join", "account.new_password", "account.reset_password", "account.send_password_link",
    "account.sign_in",
    "account.sign_in_link", "marketer.shared_report", "marketer.approve", "account.weekly", "account.stop_weekly",
    "api.docs", "api.openapi",
    "hooks.stripe",
    "ops.healthz", "ops.readyz",
    "ops.metrics",  # from this machine, as tests come, see tests/web/ops
    "prospect.page", "prospect.picture", "prospect.card",
    "prospect.send",  # the form, and the answers to the banner of consent with their withdrawal
    "prospect.seen",  # a visit that the page's script confirms
    "prospect.thanks", "prospect.pay", "prospect.paid",
    "prospect.download", "prospect.again", "prospect.bare_download",
    "prospect.dead_link",  # and CODE+; redirects are answered in front of the routes
    "rehearsal.till", "rehearsal.pay", "rehearsal.lapse",
    "static_files.file",
}  # fmt: skip

# What each role may open in another's audience, and every member in the accounts.
MEMBERS = {
    "account.sign_out", "account.settings", "account.profile", "account.save_profile", "account.change_password",
    "account.sign_out_session", "account.sign_out_elsewhere",
}  # fmt: skip
READABLE = {
    "sales": {
        "marketer.home", "marketer.campaigns_list", "marketer.campaign", "marketer.links_list", "marketer.link",
        "marketer.compare", "marketer.conversion", "marketer.conversions",
        "marketer.download_links", "marketer.download_report", "marketer.print_report", "marketer.qr_drawing",
        "marketer.qr_picture",
    },
    "marketer": {"sales.leads", "sales.lead"},
    "admin": set[str](),
}  # fmt: skip
FULL: dict[str, set[str]] = {
    "admin": {"account", "marketer", "sales", "rehearsal"}, "marketer": {"marketer", "rehearsal"},
    "sales": {"sales", "rehearsal"},
}  # fmt: skip


# Within an audience, what only administrators may.
APPROVING = {"marketer.accept_tweet", "marketer.ask_changes"}


def is_public(door: Door) -> bool:
    return door.endpoint in PUBLIC


def may(role: Role, door: Door) -> bool:
    reads = door.method not in CHANGING and door.endpoint in READABLE[role]
    if door.endpoint in APPROVING and role != "admin":
        return False
    return door.audience in FULL[role] or door.endpoint in MEMBERS or reads


def open_to(client: FlaskClient, door: Door, token: str = "") -> int:
    data = {"csrf_token": token} if token else None
    return client.open(door.path, method=door.method, data=data).status_code


def test_a_stranger_is_refused_at_every_door_that_is_not_public(app: Flask, client: FlaskClient) -> None:
    told = {str(door): open_to(client, door) for door in doors(app) if not is_public(door)}
    assert told
    assert {door: status for door, status in told.items() if status not in (302, 401, 403)} == {}


def test_a_stranger_is_sent_to_the_sign_in_page_and_to_nothing_else(app: Flask, client: FlaskClient) -> None:
    for door in doors(app):
        if door.audience in STAFF and not is_public(door):
            response = client.open(door.path, method=door.method)
            assert response.status_code == 302, door
            assert response.headers["Location"].startswith("/sign-in"), door


def come_in(**_address: object) -> str:
    return "come in"


def test_public_names_each_route_whose_view_a_stranger_gets_to_and_no_other(app: Flask, client: FlaskClient) -> None:
    """Whatever the view would answer: a code that isn't is refused by the view, not by a gate."""
    app.view_functions |= dict.fromkeys(app.view_functions, come_in)
    reached = {door.endpoint for door in doors(app) if client.open(door.path, method=door.method).text == come_in()}
    assert (reached - PUBLIC, PUBLIC - reached) == (set(), set())


def test_members_names_only_what_there_is(app: Flask) -> None:
    assert MEMBERS - {door.endpoint for door in doors(app)} == set()


@pytest.mark.parametrize("role", ROLES)
def test_each_role_is_refused_what_is_not_its_own(
    app: Flask, staff: Callable[..., FlaskClient], role: Role
) -> None:  # fmt: skip
    client = staff(role)
    token = csrf(client)
    closed = [door for door in doors(app) if door.audience in STAFF and not is_public(door) and not may(role, door)]
    assert {str(door): status for door in closed if (status := open_to(client, door, token)) != 403} == {}
    assert bool(closed) == (role != "admin")


@pytest.mark.parametrize("role", ROLES)
def test_each_role_comes_in_where_it_belongs(app: Flask, staff: Callable[..., FlaskClient], role: Role) -> None:
    client = staff(role)
    token = csrf(client)
    own = [
        door for door in doors(app)
        if door.audience in STAFF and not is_public(door) and may(role, door) and door.endpoint != "account.sign_out"
    ]  # fmt: skip
    told = {str(door): open_to(client, door, token) for door in own}
    assert own
    assert {door: status for door, status in told.items() if status in (401, 403) or status >= 500} == {}


def test_no_staff_form_is_taken_without_its_own_sessions_token(app: Flask, staff: Callable[..., FlaskClient]) -> None:
    client = staff("admin")
    other = csrf(staff("marketer"))
    own = csrf(client)
    wrong = {"missing": "", "wrong": "x", "another session's": other, "not ASCII": "é" * 40, "cut": own[:-5]}
    gated = [door for door in doors(app) if door.audience in STAFF and door.method in CHANGING and not is_public(door)]
    faults = [
        (str(door), name) for door in gated for name, token in wrong.items() if open_to(client, door, token) != 403
    ]
    assert gated
    assert faults == []


def test_a_token_with_every_possible_byte_is_refused_and_breaks_nothing(staff: Callable[..., FlaskClient]) -> None:
    client = staff("admin")
    own = csrf(client)
    for token in ("\x00", "\ud7ff", "💥", own[:20] + "A" + own[21:], "a" * 60_000, own + "."):
        assert client.post("/account", data={"csrf_token": token}).status_code == 403, token[:30]
        sent = client.post("/account", headers={"X-CSRF-Token": token.encode("utf-8").decode("latin-1")[:8000]}) \
            if "\x00" not in token else None  # fmt: skip
        assert sent is None or sent.status_code == 403, token[:30]


@pytest.mark.parametrize(
    "headers",
    [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {"Origin": "null"},
     {"Origin": "http://localhost.evil.example"}],
)  # fmt: skip
def test_a_form_of_another_site_is_refused_even_with_the_right_token(
    staff: Callable[..., FlaskClient], headers: dict[str, str]
) -> None:
    client = staff("admin")
    token = csrf(client)
    data = {"csrf_token": token, "name": "Inès", "locale": "en", "zone": "UTC", "lead_notices": "none"}
    assert client.post("/account", data=data, headers=headers).status_code == 403
    assert client.post("/account", data=data, headers={"Origin": "http://localhost"}).status_code == 303


def test_the_token_may_come_in_a_header(staff: Callable[..., FlaskClient]) -> None:
    client = staff("admin")
    data = {"name": "Inès", "locale": "en", "zone": "UTC", "lead_notices": "none"}
    assert client.post("/account", data=data, headers={"X-CSRF-Token": csrf(client)}).status_code == 303


def test_looking_changes_nothing(app: Flask, staff: Callable[..., FlaskClient]) -> None:
    client = staff("admin")
    changing = {"sign_out", "disable", "enable", "join", "revoke_token", "invite", "change_role", "make_token"}
    assert not [door for door in doors(app) if door.method == "GET" and door.endpoint.partition(".")[2] in changing]
    assert client.get("/sign-out").status_code == 405
    assert client.get("/account").status_code == 200


EVIL = [
    "https://evil.example", "http:evil.example", "//evil.example", "///evil.example", "////evil.example",
    "/\\evil.example", "\\\\evil.example", "/\t/evil.example", "/\n/evil.example", "\t//evil.example",
    " //evil.example", "/\x00/evil.example", "javascript:alert(1)", "data:text/html,x", "//evil.example@localhost",
    "/.//evil.example", "/..//evil.example", "//[evil", "/\x85/evil.example", "/\xa0/evil.example", "evil.example",
    "//localhost@evil.example", "/" + "a" * 5000,
]  # fmt: skip


@pytest.mark.parametrize("wanted", EVIL)
def test_next_leads_to_no_other_site(staff: Callable[..., FlaskClient], wanted: str) -> None:
    assert own_path(wanted) == "/"
    response = staff("sales").get("/sign-in", query_string={"next": wanted})
    assert (response.status_code, response.headers["Location"]) == (302, "/")


@pytest.mark.parametrize("wanted", ["/leads", "/leads?state=new&q=%2F%2Fx", "/campaigns/1#tweets", "/é"])
def test_next_leads_to_pages_of_ours(wanted: str) -> None:
    assert own_path(wanted) == wanted


def test_who_is_sent_to_sign_in_comes_back_to_what_they_wanted(client: FlaskClient) -> None:
    location = client.get("/settings/log?cursor=x").headers["Location"]
    assert location == "/sign-in?next=/settings/log?cursor%3Dx"
    assert 'name="next" type="hidden" value="/settings/log?cursor=x"' in client.get(location).text
