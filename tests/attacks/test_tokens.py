"""Tokens: of another purpose, another's, altered, expired, or made of letters that no token has."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

from campaigns.capturing.deliveries import Delivery
from campaigns.world import World
from tests.attacks.house import House
from tests.attacks.payloads import QUERIES, SHORT_CODES
from tests.clock import HandClock
from tests.makers.capturing import rows_of
from tests.makers.planning import make_page, make_white_paper

ODD = [*SHORT_CODES, "é" * 40, "\u2028", "a.b.c", ".", "..", "null", "W10.x", "A" * 4000, "ﬃ", "١٢٣", *QUERIES[:14]]


def download_of(client: FlaskClient, slug: str, email: str) -> str:
    sent = client.post(f"/p/{slug}", data={"email": email}, follow_redirects=True)
    link = BeautifulSoup(sent.text, "lxml").select_one("a[download]")
    assert link, sent.text
    return str(link["href"])


def altered(token: str) -> list[str]:
    """The token with one letter changed: in its body, its time and its signature, and cut, and doubled."""
    places = (2, len(token) // 3, len(token) // 2, len(token) - 20)
    changed = [token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :] for at in places]
    return [*changed, token[:-4], token + token, token[::-1], token.swapcase(), token.partition(".")[0]]


@pytest.mark.both_databases
def test_a_paper_opens_only_by_the_token_that_was_given_for_it(
    world: World, client: FlaskClient, clock: HandClock
) -> None:
    make_page(world, make_white_paper(world), slug="one")
    unfinished = make_page(world, make_white_paper(world), slug="two")
    path = download_of(client, "one", "zoe@ecole.example")
    token = path.rpartition("/")[2]
    [delivery] = rows_of(world, Delivery)
    signed = {
        purpose: world.signer.sign(purpose, [delivery.id, delivery.offer_id], clock.now())
        for purpose in ("claim", "stamp", "confirm", "via", "csrf")
    }  # fmt: skip
    swapped = [
        world.signer.sign("claim", value, clock.now()) for value in ([delivery.id], [None, None, delivery.id], None)
    ]
    for bad in ["", delivery.id, unfinished.id, *altered(token), *signed.values(), *swapped]:
        answer = client.get(f"/d/{quote(bad, safe='')}")
        assert answer.status_code in (403, 404), bad
        assert b"%PDF" not in answer.data
    assert rows_of(world, Delivery)[0].downloads == 0
    assert client.get(path).data.startswith(b"%PDF")
    assert rows_of(world, Delivery)[0].downloads == 1
    clock.advance(days=8)
    late = client.get(path)
    assert (late.status_code, rows_of(world, Delivery)[0].downloads) == (410, 1)
    assert "no-store" in late.headers["Cache-Control"]


def test_no_letter_in_a_token_breaks_anything(house: House, app: Flask, api: Callable[..., FlaskClient]) -> None:
    client, machine = house.stranger(), api()
    broken = []
    for odd in ODD:
        there = quote(odd, safe="")
        answers = {
            "via": client.get("/p/first", query_string={"via": odd}),
            "claim": client.get("/p/first/thanks", query_string={"claim": odd}),
            "paid": client.get("/p/first/paid", query_string={"claim": odd}),
            "pay": client.post("/p/first/pay", data={"claim": odd}),
            "download": client.get(f"/d/{there}"), "again": client.post(f"/d/{there}"),
            "join": client.get(f"/join/{there}"), "password": client.get(f"/password/{there}"),
            "joined": client.post(f"/join/{there}", data={"name": "x", "password": "x"}),
            "link": client.post(f"/sign-in/{there}"), "cursor": machine.get(f"/api/v1/tweets?cursor={there}"),
        }  # fmt: skip
        broken += [(name, odd[:20]) for name, answer in answers.items() if answer.status_code >= 500]
        house.world.clock.advance(minutes=1)  # type: ignore[attr-defined]
    assert broken == []


def test_no_letter_in_a_header_breaks_anything(house: House, app: Flask) -> None:
    client, broken = house.stranger(), []
    for odd in (text.encode().decode("latin-1") for text in ODD[::4] if not {"\x00", "\n", "\r"} & set(text)):
        for name in ("Authorization", "Idempotency-Key", "Stripe-Signature", "X-CSRF-Token", "Cookie", "Origin",
                     "Sec-Fetch-Site", "Accept-Language", "Referer", "User-Agent", "Content-Type", "X-Forwarded-For",
                     "Sec-Purpose", "Range", "If-None-Match", "If-Modified-Since", "Accept"):  # fmt: skip
            for value in (odd, f"Bearer {odd}") if name == "Authorization" else (odd,):
                answers = [client.get(path, headers={name: value}) for path in ("/p/first", f"/l/{house.ids['code']}")]
                answers += [client.post(path, headers={name: value}) for path in ("/hooks/stripe", "/api/v1/tweets")]
                broken += [(name, value[:20]) for answer in answers if answer.status_code >= 500]
    assert broken == []


def test_a_form_with_an_odd_stamp_or_visit_is_a_form(house: House) -> None:
    for number, odd in enumerate(ODD):
        answer = house.stranger().post(
            "/p/first", query_string={"via": odd, "utm_source": odd},
            data={"email": f"odd{number}@ecole.example", "pc-stamp": odd, "pc-confirm": odd, "pc-consent": odd},
        )  # fmt: skip
        assert answer.status_code == 303, odd
        house.world.clock.advance(minutes=1)  # type: ignore[attr-defined]
