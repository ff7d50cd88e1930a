"""POST /hooks/stripe, as Stripe and as whoever pretends to be it."""

import json
from dataclasses import replace

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from campaigns.kernel.db import Database
from campaigns.selling.sales import Sale
from campaigns.world import World
from tests.loopback.stripe import signed
from tests.makers.selling import HOOK, Message, make_buyer, till
from web import create_app


@pytest.fixture
def environ(environ: dict[str, str]) -> dict[str, str]:
    return environ | HOOK


def deliver(client: FlaskClient, message: Message, **more: str) -> TestResponse:
    body, signature = message
    return client.post(
        "/hooks/stripe", data=body, content_type="application/json", headers={"Stripe-Signature": signature} | more
    )


def sale_count(world: World) -> int:
    with world.db.read() as session:
        return session.scalar(select(func.count()).select_from(Sale)) or 0


@pytest.mark.both_databases
def test_a_message_is_answered_without_words_and_five_times_are_one_sale(client: FlaskClient, world: World) -> None:
    buyer = make_buyer(world)
    message = till(world).of(client_reference_id=buyer.lead_id).completed()
    answers = [deliver(client, message) for _ in range(5)]
    assert [(answer.status_code, answer.data) for answer in answers] == [(204, b"")] * 5
    assert sale_count(world) == 1


def signed_bytes(world: World, body: bytes) -> Message:
    return body, signed(body, world.clock.now())


UNREADABLE = [b"", b"{", b"[]", b"null", b'{"object": "event"}', b'{"object": "v2.core.event", "id": "evt_1"}']


@pytest.mark.parametrize("body", UNREADABLE)
def test_what_is_signed_and_no_event_is_refused_with_a_reason(client: FlaskClient, world: World, body: bytes) -> None:
    answer = deliver(client, signed_bytes(world, body))
    assert (answer.status_code, answer.content_type) == (400, "application/problem+json")
    assert answer.get_json(force=True)["errors"][0]["code"] == "event_unreadable"


@pytest.mark.parametrize("signature", ["", "t=1", "t=1,v1=00", "v1=é", "t=9" + "9" * 400 + ",v1=0", ",,,==="])
def test_what_nobody_signed_is_refused(client: FlaskClient, world: World, signature: str) -> None:
    answer = deliver(client, (till(world).completed()[0], signature))
    assert (answer.status_code, sale_count(world)) == (400, 0)


def test_bytes_that_are_no_text_are_refused(client: FlaskClient) -> None:
    assert deliver(client, (b"\xff\xfe\x00", "t=1,v1=0")).status_code == 400


def test_an_event_of_our_business_without_its_fields_is_refused(client: FlaskClient, world: World) -> None:
    body = json.loads(till(world).completed()[0])
    for lost in ("id", "amount_total", "currency", "payment_status"):
        thing = {name: value for name, value in body["data"]["object"].items() if name != lost}
        broken = json.dumps(body | {"data": {"object": thing}}).encode()
        assert deliver(client, signed_bytes(world, broken)).status_code == 400
    assert sale_count(world) == 0


def test_a_body_beyond_any_event_of_stripe_s_is_not_read(client: FlaskClient) -> None:
    assert deliver(client, (b"x" * (256 * 1024 + 1), "t=1,v1=0")).status_code == 413
    assert deliver(client, (b"x" * (256 * 1024), "t=1,v1=0")).status_code == 400


def test_a_large_event_is_taken(client: FlaskClient, world: World) -> None:
    message = till(world).of(metadata={"note": "x" * 200_000}).completed()
    assert deliver(client, message).status_code == 204


def test_another_site_s_page_or_a_get_gets_nothing(client: FlaskClient) -> None:
    assert client.get("/hooks/stripe").status_code == 405
    assert client.post("/hooks/stripe", headers={"Origin": "https://evil.example"}).status_code == 400


def test_while_the_database_is_away_stripe_is_asked_to_come_again(world: World) -> None:
    away = replace(world, db=Database("sqlite:////nowhere/at/all/perchoir.db"))
    answer = deliver(create_app(away).test_client(), till(world).completed())
    assert (answer.status_code, answer.content_type) == (503, "application/problem+json")
    assert answer.headers["Retry-After"]
