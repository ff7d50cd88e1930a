import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from campaigns.people import tokens
from campaigns.people.tokens import ApiToken
from campaigns.world import World
from tests.clock import HandClock

Api = Callable[..., FlaskClient]
SOME_ID = "0193a1b2-0000-7000-8000-00000000000a"


def faults(response: TestResponse) -> list[tuple[str | None, str]]:
    assert response.content_type == "application/problem+json"
    problem = response.get_json()
    assert problem["status"] == response.status_code
    assert problem["title"]
    assert problem["type"]
    return [(each["field"], each["code"]) for each in problem.get("errors", [])]


def operations(app: Flask) -> list[tuple[str, str]]:
    return [
        (method, re.sub("<[^>]+>", SOME_ID, rule.rule))
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    ]


def test_a_stranger_gets_nowhere(app: Flask, client: FlaskClient) -> None:
    assert len(operations(app)) >= 14
    for method, path in operations(app):
        response = client.open(path, method=method, json={})
        assert (response.status_code, faults(response)) == (401, [(None, "bearer_missing")]), path
        assert response.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Bearer pch_nope", "Basic cGNoXzpub3Bl", "pch_x", "Bearer é"]
)
def test_what_is_no_living_token_is_a_stranger(client: FlaskClient, header: str) -> None:
    assert client.get("/api/v1/campaigns", headers={"Authorization": header}).status_code == 401


def test_a_revoked_token_is_a_stranger_from_then_on(api: Api, world: World) -> None:
    machine = api("admin")
    assert machine.get("/api/v1/campaigns").status_code == 200
    with world.db.write() as session:
        for token in session.query(ApiToken):
            token.revoked_at = world.clock.now()
    assert machine.get("/api/v1/campaigns").status_code == 401


def test_a_members_cookie_opens_nothing_here(staff: Api) -> None:
    assert staff("admin").get("/api/v1/campaigns").status_code == 401


def test_sales_reads_campaigns_and_plans_nothing(api: Api) -> None:
    campaign = api("marketer").post("/api/v1/campaigns", json={"name": "Six"}).get_json()["id"]
    sales = api("sales")
    assert sales.get("/api/v1/campaigns").status_code == 200
    assert sales.get(f"/api/v1/campaigns/{campaign}").status_code == 200
    for method, path in [
        ("POST", "/api/v1/campaigns"), ("PATCH", f"/api/v1/campaigns/{campaign}"),
        ("POST", f"/api/v1/campaigns/{campaign}/offers"), ("GET", f"/api/v1/offers/{SOME_ID}"),
        ("PUT", f"/api/v1/offers/{SOME_ID}/paper"), ("PATCH", f"/api/v1/pages/{SOME_ID}"),
    ]:  # fmt: skip
        response = sales.open(path, method=method, json={"name": "x"})
        assert (response.status_code, faults(response)) == (403, [(None, "not_your_role")])


@pytest.mark.parametrize(
    "path",
    ["campaigns/x", "offers/x", "pages/x", f"campaigns/{SOME_ID}/offers", f"offers/{SOME_ID}/pages", "offers/%00"],
)
def test_what_is_not_there_is_missing(api: Api, path: str) -> None:
    response = api().get(f"/api/v1/{path}")
    assert response.status_code == 404
    assert faults(response)[0][1].endswith("_missing")


def test_addresses_and_methods_that_do_not_exist_are_told_so(api: Api) -> None:
    machine = api()
    response = machine.get("/api/v1/nothing")
    assert (response.status_code, faults(response)) == (404, [])
    response = machine.delete("/api/v1/campaigns")
    assert (response.status_code, faults(response)) == (405, [])
    assert "POST" in response.headers["Allow"]


NO_JSON = [
    b"", b"{", b"{'a': 1}", b"\xff", b'{"name": NaN}', b"[" * 5_000, b'{"name": "\\ud800"}',
    b'{"goal_leads": ' + b"9" * 5_000 + b"}",
]  # fmt: skip


@pytest.mark.parametrize("raw", NO_JSON)
def test_what_is_no_json_is_told_so(api: Api, raw: bytes) -> None:
    response = api().post("/api/v1/campaigns", data=raw, content_type="application/json")
    assert (response.status_code, faults(response)) == (400, [(None, "malformed")])


@pytest.mark.parametrize("body", ["[]", '"x"', "1", "null", "true"])
def test_a_body_is_an_object(api: Api, body: str) -> None:
    response = api().post("/api/v1/campaigns", data=body, content_type="application/json")
    assert (response.status_code, faults(response)) == (422, [(None, "malformed")])


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_another_type_is_not_read(api: Api, kind: str) -> None:
    response = api().post("/api/v1/campaigns", data=b'{"name": "x"}', content_type=kind)
    assert (response.status_code, faults(response)) == (415, [(None, "malformed")])


def test_a_body_above_the_limit_is_not_read(api: Api) -> None:
    response = api().post("/api/v1/campaigns", json={"name": "x", "goal": "y" * 300_000})
    assert (response.status_code, faults(response)) == (413, [(None, "too_large")])


def test_types_are_strict(api: Api) -> None:
    body = {"name": 5, "goal_leads": "3", "starts_on": 1, "budget": {"amount": 1.5, "currency": True}}
    response = api().post("/api/v1/campaigns", json=body)
    assert response.status_code == 422
    assert dict(faults(response)) == {
        "name": "malformed", "goal_leads": "not_a_number", "starts_on": "date_unreadable",
        "budget.amount": "not_a_number", "budget.currency": "malformed",
    }  # fmt: skip


def test_every_fault_is_told_at_once_whoever_finds_it(api: Api) -> None:
    body = {"starts_on": "2026-12-01", "ends_on": "2026-11-01", "goal_leads": "9", "zone": "Mars", "role": "admin"}
    response = api().post("/api/v1/campaigns", json=body)
    assert sorted(faults(response), key=str) == [
        ("ends_on", "end_before_start"), ("goal_leads", "not_a_number"), ("name", "required"),
        ("role", "unknown_field"), ("zone", "zone_unknown"),
    ]  # fmt: skip


def test_messages_speak_the_language_that_is_asked_for(api: Api) -> None:
    told = [
        api().post("/api/v1/campaigns", json={"name": ""}, headers={"Accept-Language": language}).get_json()["errors"]
        for language in ("en", "fr")
    ]
    assert [each[0]["code"] for each in told] == ["required", "required"]
    assert told[0][0]["message"] != told[1][0]["message"]


def test_what_a_token_opened_is_kept_by_nobody(api: Api) -> None:
    assert api().get("/api/v1/campaigns").headers["Cache-Control"] == "private, no-store"


def test_the_use_of_a_token_is_noted(api: Api, world: World, clock: HandClock) -> None:
    machine = api()
    for wait_s, noted in [(0, True), (30, False), (31, True)]:
        now = clock.advance(seconds=wait_s)
        machine.get("/api/v1/campaigns")
        with world.db.read() as session:
            [token] = session.query(ApiToken)
        assert (token.used_at == now) is noted


@pytest.mark.parametrize(
    "query, field",
    [("limit=0", "limit"), ("limit=201", "limit"), ("limit=x", "limit"), ("cursor=x", "cursor"), ("page=2", "page")],
)
def test_a_query_that_cannot_be_followed_is_told_so(api: Api, query: str, field: str) -> None:
    response = api().get(f"/api/v1/campaigns?{query}")
    assert response.status_code == 422
    assert [name for name, _ in faults(response)] == [field]


def test_the_secret_of_a_token_is_not_in_what_is_answered(api: Api, world: World) -> None:
    with world.db.write() as session:
        _, secret = tokens.create(session, "leak", "admin", world.clock.now())
    machine = api()
    for headers in ({"Authorization": f"Bearer {secret}x"}, {"Authorization": f"Bearer {secret}"}):
        assert secret[4:] not in machine.get("/api/v1/campaigns?x=1", headers=headers).get_data(as_text=True)
