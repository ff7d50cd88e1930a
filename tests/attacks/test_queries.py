"""Quotes, NUL, wildcards and what else breaks queries, in each parameter, path and field that a view reads.

The long walks are taken on PostgreSQL, which refuses NUL and what isn't of a column's type, with one text at each step;
with each of them, and on SQLite, in the audit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from flask import Flask, Request
from flask.testing import FlaskClient
from werkzeug.datastructures import ImmutableMultiDict

from tests.attacks.dump import dump
from tests.attacks.house import House
from tests.attacks.payloads import QUERIES, SHORT_CODES
from tests.web.doors import csrf

Clients = Callable[..., FlaskClient]
AUDIENCES = ("account", "marketer", "sales", "rehearsal", "prospect", "api")
SHARP = ["'%", "\x00", "é" * 300, "9" * 400, "2026-13-45"]
"""One of each kind: the pages have hundreds of parameters and fields."""
WALKS = pytest.mark.parametrize("walk", ["short", pytest.param("long", marks=pytest.mark.audit)])
LEAVING = {"account.sign_out", "account.sign_out_elsewhere"}


class Noted(ImmutableMultiDict[str, str]):
    """Parameters that remember what was asked for."""

    asked: set[str] = set()

    def get(self, key, default=None, type=None):  # type: ignore[no-untyped-def,override]  # noqa: A002
        Noted.asked.add(key)
        return super().get(key, default, type)

    def __getitem__(self, key: str) -> str:
        Noted.asked.add(key)
        return super().__getitem__(key)

    def getlist(self, key, type=None):  # type: ignore[no-untyped-def,override]  # noqa: A002
        Noted.asked.add(key)
        return super().getlist(key, type)

    def __contains__(self, key: object) -> bool:
        Noted.asked.add(str(key))
        return super().__contains__(key)


class Noting(Request):
    parameter_storage_class = Noted


def at_step(texts: list[str], step: int, walk: str) -> list[str]:
    """What is tried at a step: all of them, or the one whose turn it is."""
    return texts if walk == "long" else [texts[step % len(texts)]]


@contextmanager
def noting(app: Flask) -> Iterator[None]:
    """Within it each view tells which parameters and fields it reads."""
    before, app.request_class = app.request_class, Noting
    yield
    app.request_class = before


def read_by(app: Flask, client: FlaskClient, path: str, method: str = "GET", **more: object) -> set[str]:
    Noted.asked = set()
    with noting(app):
        client.open(path, method=method, **more)
    return Noted.asked - {"csrf_token"}


@pytest.mark.both_databases(sqlite="audit")
@WALKS
def test_no_parameter_breaks_a_page(
    house: House, staff: Callable[..., FlaskClient], api: Callable[..., FlaskClient], walk: str
) -> None:
    member, machine = staff("admin"), api("admin")
    broken, tried = [], 0
    for endpoint, path in house.doors(*AUDIENCES):
        who = machine if endpoint.startswith("api.") else member
        names = read_by(house.app, who, path) - {"done", "__debugger__"}
        if endpoint.startswith("api.list") or endpoint.endswith("leads_csv"):
            names |= {"cursor", "limit", "campaign_id", "state", "since", "rehearsal", "model", "sort"}
        for name in sorted(names):
            for text in at_step(SHARP, tried, walk):
                answer = who.get(path, query_string={name: text})
                tried += 1
                broken += [(endpoint, name, text[:20])] if answer.status_code >= 500 else []
    assert broken == []
    assert tried > 100


@pytest.mark.both_databases(sqlite="audit")
@WALKS
def test_no_path_breaks_a_page(
    house: House, staff: Callable[..., FlaskClient], api: Callable[..., FlaskClient], walk: str
) -> None:
    member, machine = staff("admin"), api("admin")
    known = dict(house.ids)
    broken = []
    for text in [*QUERIES[:: 2 if walk == "long" else 8], *SHORT_CODES]:
        house.ids |= dict.fromkeys(known, text)
        for method in ("GET", "DELETE"):
            for endpoint, path in house.doors("sales", "marketer", "prospect", "api", "account", method=method):
                if "%" in path or text in path:
                    who = machine if endpoint.startswith("api.") else member
                    answer = who.open(path, method=method)
                    broken += [(endpoint, text[:20])] if answer.status_code >= 500 else []
    assert broken == []


@pytest.mark.both_databases(sqlite="audit")
@WALKS
def test_no_field_of_a_form_breaks_a_page(house: House, staff: Clients, walk: str) -> None:
    member = staff("admin")
    token, broken, tried = csrf(member), [], 0
    # what the members may lose is theirs; the attacker's own account and session stay
    for endpoint, path in house.doors("account", "marketer", "sales", "rehearsal", "prospect", method="POST"):
        if endpoint in LEAVING:
            continue
        names = read_by(house.app, member, path, "POST", data={"csrf_token": token})
        for text in at_step(QUERIES, tried, walk):
            data = dict.fromkeys(names, text) | {"csrf_token": token}
            answer = member.post(path, data=data)
            tried += 1
            broken += [(endpoint, text[:20])] if answer.status_code >= 500 else []
    assert broken == []
    assert tried > 30


@pytest.mark.both_databases
def test_no_text_of_a_body_breaks_the_api(house: House, api: Clients) -> None:
    machine, ids = api("admin"), house.ids
    bodies = {
        "/api/v1/campaigns": ["name", "goal", "starts_on", "zone", "budget"],
        f"/api/v1/campaigns/{ids['campaign_id']}/offers": ["kind", "title", "currency", "expires_on"],
        f"/api/v1/offers/{ids['offer_id']}/pages": ["slug", "locale", "headline", "theme", "body", "button"],
        "/api/v1/tweets": ["campaign_id", "offer_id", "text", "scheduled_at", "zone"],
        f"/api/v1/tweets/{ids['tweet_id']}/posted": ["url"],
        f"/api/v1/campaigns/{ids['campaign_id']}/links": ["channel", "code", "name", "target", "source", "starts_at"],
        f"/api/v1/campaigns/{ids['campaign_id']}/links/import": ["csv", "zone"],
    }
    broken = []
    for path, names in bodies.items():
        for name in names:
            for text in QUERIES[::2]:
                answer = machine.post(path, json=dict.fromkeys(names, "x") | {name: text})
                broken += [(path, name, text[:20])] if answer.status_code not in (201, 404, 422) else []
    assert broken == []


def test_wildcards_find_themselves_alone(house: House, staff: Clients) -> None:
    before = dump(house.world, {"user_sessions", "sessions"})
    for text in ("%", "_", "%_%", "\\", "zoe%"):
        answer = staff("sales", email=f"{text.encode().hex()}@a.example").get(
            "/leads", query_string={"search": text, "q": text}
        )
        assert answer.status_code < 400
        assert "zoe0@ecole.example" not in answer.text
    after = dump(house.world, {"user_sessions", "sessions"})
    assert before["leads"] == after["leads"]
