"""How often anything may be tried, and that refusals tell nobody who is known here."""

from __future__ import annotations

from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from campaigns.world import World
from tests.attacks.house import House
from tests.clock import HandClock
from tests.makers.capturing import CAPTURED, count_of, mails_of
from tests.makers.people import EMAIL, PASSWORD, mails, make_member
from tests.makers.planning import make_coupon, make_page, make_white_paper


def from_address(app: Flask, address: str) -> FlaskClient:
    client = app.test_client()
    client.environ_base["REMOTE_ADDR"] = address
    return client


def sign_in(client: FlaskClient, email: str = EMAIL, password: str = "wrong") -> TestResponse:
    return client.post("/sign-in", data={"email": email, "password": password})


def test_an_account_is_tried_ten_times_from_anywhere_and_others_still_come_in(app: Flask, world: World) -> None:
    make_member(world)
    make_member(world, email="tom@feuillet.example")
    told = [sign_in(from_address(app, f"198.51.100.{n}")).status_code for n in range(12)]
    assert told == [422] * 10 + [429] * 2
    assert sign_in(from_address(app, "198.51.100.1"), "tom@feuillet.example", PASSWORD).status_code == 303


def test_no_mailbox_is_filled_by_asking_for_links(app: Flask, world: World) -> None:
    make_member(world)
    for number in range(12):
        client = from_address(app, f"198.51.100.{number}")
        client.post("/password", data={"email": EMAIL})
        client.post("/sign-in", data={"email": EMAIL, "how": "link"})
    assert 1 <= len(mails(world)) <= 6


def test_after_twenty_forms_a_minute_a_person_confirms_and_after_two_hundred_waits(
    world: World, client: FlaskClient, clock: HandClock
) -> None:
    make_page(world, make_coupon(world, stock=500), slug="one")

    def send(number: int, **more: str) -> TestResponse:
        return client.post("/p/one", data={"email": f"a{number}@ecole.example"} | more)

    assert {send(number).status_code for number in range(20)} == {303}
    asked = send(20)
    assert (asked.status_code, asked.headers["Retry-After"]) == (429, "60")
    assert 'value="a20@ecole.example"' in asked.text
    field = BeautifulSoup(asked.text, "lxml").select_one("input[name=pc-confirm]")
    assert field
    clock.advance(seconds=2)
    assert send(20, **{"pc-confirm": str(field["value"])}).status_code == 303
    before = count_of(world, *CAPTURED)
    assert [send(number).status_code for number in range(200)][-1] == 429
    assert send(20, **{"pc-confirm": str(field["value"])}).status_code == 429
    assert count_of(world, *CAPTURED) == before
    clock.advance(minutes=1)
    assert send(300).status_code == 303


def test_a_forwarded_address_that_no_proxy_vouches_for_makes_no_new_visitor(world: World, client: FlaskClient) -> None:
    make_page(world, make_coupon(world, stock=500), slug="one")
    told = [
        client.post("/p/one", data={"email": f"a{n}@ecole.example"}, headers={"X-Forwarded-For": f"198.51.100.{n}"})
        for n in range(21)
    ]
    assert [answer.status_code for answer in told][-2:] == [303, 429]


def test_a_code_is_tried_twenty_times_a_minute(house: House) -> None:
    client = house.stranger()
    told = [client.post("/p/first/pay", data={"claim": f"wrong-{n}"}).status_code for n in range(21)]
    assert told[:19] == [403] * 19
    assert told[-1] == 429


def test_an_expired_link_is_sent_again_a_few_times_a_day_to_its_owner_alone(
    world: World, app: Flask, clock: HandClock
) -> None:
    make_page(world, make_white_paper(world), slug="one")
    client = app.test_client()
    sent = client.post("/p/one", data={"email": "zoe@ecole.example"}, follow_redirects=True)
    link = BeautifulSoup(sent.text, "lxml").select_one("a[download]")
    assert link
    clock.advance(days=8)
    before = len(mails_of(world))
    told = {from_address(app, f"198.51.100.{n}").post(str(link["href"])).text for n in range(20)}
    letters = mails_of(world)[before:]
    assert len(told) == 1
    assert [letter["to"] for letter in letters] == ["zoe@ecole.example"]


def test_a_form_answers_alike_for_who_is_a_lead_and_who_is_not(world: World, client: FlaskClient) -> None:
    make_page(world, make_coupon(world), slug="one")
    client.post("/p/one", data={"email": "known@ecole.example"})
    told = []
    for email in ("known@ecole.example", "other@ecole.example"):
        sent = client.post("/p/one", data={"email": email})
        shown = BeautifulSoup(client.get(sent.headers["Location"]).text, "lxml")
        for code in shown.select("#code, [name=claim]"):
            code.decompose()
        told.append((sent.status_code, str(shown)))
    assert told[0] == told[1]


def test_secrets_of_links_are_refused_alike_whatever_they_are(app: Flask, world: World) -> None:
    make_member(world)
    for path in ("/join/", "/password/", "/sign-in/"):
        told = {
            (answer.status_code, answer.text)
            for secret in ("x", "A" * 43, "é", "0193a1b2-0000-7000-8000-00000000000a")
            for answer in [app.test_client().get(path + secret)]
        }
        assert len(told) == 1
