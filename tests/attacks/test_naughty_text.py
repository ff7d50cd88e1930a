"""Hundreds of strings that break programs, through every door: none breaks, and what is kept comes back as it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

from campaigns.capturing.leads import Lead
from campaigns.capturing.persons import Person
from campaigns.capturing.touches import Touch
from campaigns.kernel import texts
from campaigns.kernel.texts import has_control
from campaigns.planning.fields import Field
from campaigns.tracking import utm
from campaigns.world import World
from tests.attacks.house import House
from tests.attacks.payloads import naughty
from tests.clock import HandClock
from tests.makers.capturing import rows_of
from tests.makers.planning import make_coupon, make_page

LONGEST = "x" * 64 + "@" + ".".join(["d" * 60, "e" * 60, "f" * 59, "example"])
ALL = naughty()
KEPT = [text for text in ALL if not has_control(text) and 0 < len(texts.line(text)) <= 200]
REFUSED = [text for text in ALL if has_control(texts.line(text))]
FIELDS = (Field("email", "E-mail", "email", True), *(Field(f"f{n}", f"Field {n}", "text") for n in range(19)))


def in_rows(strings: list[str], width: int) -> Iterator[list[str]]:
    for start in range(0, len(strings), width):
        yield strings[start : start + width]


@pytest.mark.both_databases
def test_what_is_typed_into_a_form_is_kept_as_it_was(world: World, client: FlaskClient, clock: HandClock) -> None:
    make_page(world, make_coupon(world, stock=None), slug="one", fields=FIELDS)
    assert len(KEPT) > 400
    for number, row in enumerate(in_rows(KEPT, 19)):
        clock.advance(minutes=1)
        data = {"email": f"n{number}@ecole.example"} | {f"f{n}": text for n, text in enumerate(row)}
        assert client.post("/p/one", data=data).status_code == 303, row
    told = [answer["value"] for lead in rows_of(world, Lead) for answer in lead.answers if answer["name"] != "email"]
    assert told == [texts.line(text) for text in KEPT]


def test_what_cannot_be_kept_is_refused_beside_its_field_and_comes_back(
    world: World, client: FlaskClient, clock: HandClock
) -> None:
    make_page(world, make_coupon(world), slug="one", fields=FIELDS)
    assert len(REFUSED) > 50
    for text in REFUSED:
        clock.advance(minutes=1)
        answer = client.post("/p/one", data={"email": "zoe@ecole.example", "f1": text, "f2": "kept as it is"})
        assert answer.status_code == 422
        page = BeautifulSoup(answer.text, "lxml")
        assert page.select_one("#f1-e")
        assert 'value="kept as it is"' in answer.text
    assert rows_of(world, Lead) == []


def test_tags_of_an_address_are_folded_and_break_nothing(world: World, client: FlaskClient, clock: HandClock) -> None:
    make_page(world, make_coupon(world, stock=None), slug="one")
    for number, row in enumerate(in_rows(ALL, 9)):
        clock.advance(minutes=1)
        query = dict(zip(utm.KEYS, row, strict=False))
        answer = client.post("/p/one", query_string=query, data={"email": f"u{number}@ecole.example"})
        assert answer.status_code == 303, row
    for touch in rows_of(world, Touch):
        assert all(len(value) <= utm.MOST_CHARACTERS and not has_control(value) for value in touch.utm.values())


def test_names_come_back_through_the_api_as_they_went_in(world: World, api: Callable[..., FlaskClient]) -> None:
    machine = api("marketer")
    for text in ALL[::4]:
        answer = machine.post("/api/v1/campaigns", json={"name": text})
        assert answer.status_code in (201, 422), text
        if answer.status_code == 201:
            kept = machine.get(f"/api/v1/campaigns/{answer.json['id']}").json
            assert kept["name"] == texts.line(text)
        else:
            assert has_control(texts.line(text)) or not texts.line(text) or len(text) > 100


def test_tweets_come_back_as_they_went_in(house: House, api: Callable[..., FlaskClient]) -> None:
    machine = api("marketer")
    place = {"campaign_id": house.ids["campaign_id"], "offer_id": house.ids["offer_id"]}
    taken = 0
    for text in ALL[1::3]:
        wanted = f"{text.replace('{link}', '')} {{link}}"
        answer = machine.post("/api/v1/tweets", json=place | {"text": wanted})
        assert answer.status_code in (201, 422), text
        if answer.status_code == 201:
            taken += 1
            assert answer.json["text"] == texts.lines(wanted)
            assert 0 < answer.json["weight"] <= 280
    assert taken > 120


PEOPLE = {
    "Zoé+revue@École.FR": "zoé+revue@xn--cole-9oa.fr",
    "a+b+c@ecole.example": "a+b+c@ecole.example",
    "用户@例子.广告": "用户@xn--fsqu00a.xn--4rr70v",
    "o'neil@ecole.example": "o'neil@ecole.example",
    "  ZOE@ECOLE.EXAMPLE  ": "zoe@ecole.example",
    LONGEST: LONGEST,
}
NOBODY = [
    "a@b", "a b@ecole.example", "a@ecole..example", "@ecole.example", "a@@ecole.example", "a\x00@ecole.example",
    "a@ecole.example\r\nBcc: b@c.example", "x" * 255 + "@e.example", "a@[127.0.0.1]", "a@-e.example", f"x{LONGEST}",
    "\u202ea@ecole.example", "a@ecole.example,b@c.example", "<a@ecole.example>", "javascript:alert(1)", "a@localhost",
]  # fmt: skip


@pytest.mark.both_databases
def test_an_unusual_address_is_one_person_however_often_it_comes(world: World, client: FlaskClient) -> None:
    assert len(LONGEST) == 254
    make_page(world, make_coupon(world), slug="one")
    for typed in PEOPLE:
        for spelling in (typed, typed.upper() if typed.isascii() else f" {typed}"):
            assert client.post("/p/one", data={"email": spelling}).status_code == 303, spelling
    assert [person.email for person in rows_of(world, Person)] == list(PEOPLE.values())
    assert len(rows_of(world, Lead)) == len(PEOPLE)


def test_what_is_no_address_is_refused_and_comes_back(world: World, client: FlaskClient) -> None:
    make_page(world, make_coupon(world), slug="one")
    for typed in NOBODY:
        answer = client.post("/p/one", data={"email": typed})
        assert answer.status_code == 422, typed
        field = BeautifulSoup(answer.text, "lxml").select_one("#f-email")
        assert field
        assert field["aria-invalid"] == "true"
    assert rows_of(world, Lead) == []


def test_emoji_and_right_to_left_text_and_nul_in_every_field_of_the_api(
    house: House, app: Flask, api: Callable[..., FlaskClient]
) -> None:
    machine, offer = api("marketer"), house.ids["offer_id"]
    for number, text in enumerate(("👩‍🚀 école", "שלום עולם", "a\u202eb")):
        body = {"slug": f"text-{number}", "locale": "en", "headline": text, "body": text, "summary": text,
                "button": text,
                "fields": [{"name": "a", "label": text, "kind": "text", "required": False}],
                "consents": [{"purpose": "news", "text": text}], "published": True}  # fmt: skip
        answer = machine.post(f"/api/v1/offers/{offer}/pages", json=body)
        assert answer.status_code == 201, answer.text
        assert house.stranger().get(f"/p/text-{number}").text.count(text) >= 4
    for name in ("headline", "body", "summary", "button"):
        body = {"slug": "nul-1", "locale": "en", "headline": "x"} | {name: "a\x00b"}
        answer = machine.post(f"/api/v1/offers/{offer}/pages", json=body)
        assert answer.status_code == 422
        assert [fault["field"] for fault in answer.json["errors"]] == [name]
