"""Requests that another site's page, another key or another day made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

from campaigns import compose
from campaigns.capturing.leads import Lead
from campaigns.settings import Settings
from campaigns.world import World
from tests.attacks.dump import dump
from tests.attacks.house import House
from tests.clock import HandClock
from tests.makers.capturing import CAPTURED, count_of
from tests.makers.planning import make_coupon, make_page
from tests.makers.selling import HOOK, make_buyer, till
from web import create_app

FOREIGN = [
    {"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": "http://localhost.evil.example"},
    {"Origin": "http://localhost:1"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "http://localhost@evil.example"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
]  # fmt: skip
OWN: list[dict[str, str]] = [{}, {"Origin": "http://localhost"}, {"Sec-Fetch-Site": "same-origin"}]


def form_of(page: str) -> dict[str, str]:
    """What the form carries by itself."""
    fields = BeautifulSoup(page, "lxml").select("form#form input[type=hidden]")
    return {str(field["name"]): str(field["value"]) for field in fields}


def test_no_other_sites_page_sends_a_public_form(house: House) -> None:
    before = count_of(house.world, *CAPTURED)
    for headers in FOREIGN:
        for endpoint, path in house.doors("prospect", method="POST"):
            answer = house.stranger().post(path, data={"email": "forged@ecole.example"}, headers=headers)
            assert answer.status_code == 403, (endpoint, headers)
    assert count_of(house.world, *CAPTURED) == before


def test_our_own_page_sends_it_whatever_its_browser_says(house: House) -> None:
    assert [house.send({"email": "new@ecole.example"}, **headers).status_code for headers in OWN] == [303, 303, 303]


@pytest.mark.both_databases
def test_a_form_left_open_for_a_day_is_taken(house: House, clock: HandClock) -> None:
    hidden = form_of(house.stranger().get("/p/first").text)
    clock.advance(hours=24)
    assert house.send(hidden | {"email": "late@ecole.example"}).status_code == 303


def test_a_form_from_before_a_change_of_keys_is_taken_and_its_click_is_only_forgotten(
    house: House, environ: dict[str, str], clock: HandClock
) -> None:
    target = house.stranger().get(f"/l/{house.ids['code']}").headers["Location"]
    via = parse_qs(urlsplit(target).query)["via"][0]
    hidden = form_of(house.stranger().get("/p/first").text)
    clock.advance(minutes=1)
    for number, more in enumerate(({"PERCHOIR_SECRET_KEY_FALLBACKS": environ["PERCHOIR_SECRET_KEY"]}, {})):
        key = {"PERCHOIR_SECRET_KEY": f"another-key-{number}-0123456789-abcdefghijklmnop"}
        other = compose.world(Settings.read(environ | key | more), clock)
        answer = create_app(other).test_client().post(
            f"/p/first?via={via}", data=hidden | {"email": f"rotated{number}@ecole.example"}
        )  # fmt: skip
        other.db.close()
        assert answer.status_code == 303


def test_without_cookies_everything_public_works_and_none_is_asked_for(app: Flask, house: House) -> None:
    client = app.test_client(use_cookies=False)
    sent = client.post("/p/first", data={"email": "plain@ecole.example"})
    shown = client.get(sent.headers["Location"])
    assert (sent.status_code, shown.status_code) == (303, 200)
    assert "Set-Cookie" not in str(sent.headers) + str(shown.headers)


def test_looking_at_every_page_changes_nothing(house: House, staff: Callable[..., FlaskClient]) -> None:
    member = staff("admin")
    paths = [path for _, path in house.doors("account", "marketer", "sales", "rehearsal", "prospect", "ops", "api")]
    moving = {
        "user_sessions",
        "sessions",
        "hits",
        "link_hours",
        "link_days",
        "agents",
        "member_visitors",
        "salts",
        "audits",
        "exports",
    }
    before = dump(house.world, moving)
    for path in paths:
        member.get(path)
    assert dump(house.world, moving) == before


@pytest.fixture
def hooked(environ: dict[str, str], request: pytest.FixtureRequest) -> World:
    environ |= HOOK
    found: World = request.getfixturevalue("world")
    return found


def test_a_message_that_stripe_did_not_send_now_is_refused_and_moves_no_money(hooked: World, clock: HandClock) -> None:
    client = create_app(hooked).test_client()
    buyer = make_buyer(hooked)
    body, signature = till(hooked).of(client_reference_id=buyer.lead_id).completed()
    old, old_signature = replace(till(hooked), at=clock.now().replace(hour=7)).completed()
    head, _, value = signature.rpartition("v1=")
    flipped = f"{head}v1={value[:30]}{'0' if value[30] != '0' else '1'}{value[31:]}"
    forged = {
        "altered": (body.replace(b"9600", b"9601"), signature), "one sign": (body, flipped),
        "an hour old": (old, old_signature), "without time": (body, f"v1={value}"), "no signature": (body, ""),
        "cut": (body[:-1], signature), "type juggled": (body, f"{head}v1=0"), "empty": (body, f"{head}v1="),
        "two bodies": (body + body, signature), "other scheme": (body, signature.replace("v1=", "v0=")),
    }  # fmt: skip
    for name, (sent, by) in forged.items():
        assert sent != body or by != signature, name
        answer = client.post("/hooks/stripe", data=sent, headers={"Stripe-Signature": by})
        assert answer.status_code == 400, name
    with hooked.db.read() as session:
        lead = session.get_one(Lead, buyer.lead_id)
    assert lead.state == "new"
    assert client.post("/hooks/stripe", data=body, headers={"Stripe-Signature": signature}).status_code == 204


def test_a_claim_of_one_page_opens_nothing_on_another(world: World, client: FlaskClient) -> None:
    one = make_page(world, make_coupon(world), slug="one")
    make_page(world, make_coupon(world), slug="two")
    sent = client.post(f"/p/{one.slug}", data={"email": "zoe@ecole.example"})
    claim = parse_qs(urlsplit(sent.headers["Location"]).query)["claim"][0]
    code = BeautifulSoup(client.get(f"/p/one/thanks?claim={claim}").text, "lxml").select_one("#code")
    assert code
    for answer in (client.get(f"/p/two/thanks?claim={claim}"), client.get(f"/p/two/paid?claim={claim}"),
                   client.post("/p/two/pay", data={"claim": claim})):  # fmt: skip
        assert answer.status_code in (403, 404)
        assert code.text not in answer.text
