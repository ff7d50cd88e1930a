"""No address of ours sends anybody to a site that an attacker chose."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote, urlsplit

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from campaigns.world import World
from tests.attacks.house import House
from tests.attacks.payloads import REDIRECTS
from tests.clock import HandClock
from tests.makers.people import EMAIL, PASSWORD, make_member

NAMES = ("next", "url", "to", "target", "return", "redirect", "back", "via", "claim", "done", "before", "cursor")


FORGED: list[dict[str, str]] = [
    {"X-Forwarded-Host": "evil.example"}, {"X-Host": "evil.example"}, {"Forwarded": "host=evil.example"},
    {"X-Original-URL": "//evil.example"}, {"X-Forwarded-Proto": "https", "X-Forwarded-Port": "1"},
]  # fmt: skip


def leaves(answer: TestResponse) -> bool:
    """Whether a browser would be on another host after it, however the address is spelt."""
    location = answer.headers.get("Location", "")
    plain = "".join(c for c in location if c > " ").replace("\\", "/")
    return plain.startswith("//") or urlsplit(plain).hostname not in (None, "localhost")


def test_no_parameter_and_no_field_leads_off_our_host(
    house: House, clock: HandClock, staff: Callable[..., FlaskClient]
) -> None:
    make_member(house.world)
    member = staff("marketer")
    code, slug = house.ids["code"], house.page.slug
    left = []
    for number, wanted in enumerate(REDIRECTS):
        clock.advance(minutes=10)  # the limits are for another test
        query, stranger = dict.fromkeys(NAMES, wanted), house.stranger()
        answers = [
            stranger.get("/sign-in", query_string=query),
            member.get("/sign-in", query_string=query),
            stranger.get("/campaigns", query_string=query),
            stranger.get(f"/l/{code}", query_string=query),
            stranger.post(f"/p/{slug}", query_string=query, data=query | {"email": f"new{number}@ecole.example"}),
            stranger.post(f"/p/{slug}/pay", query_string=query, data=query | {"claim": house.ids["claim"]}),
        ]
        if number % 5 == 0:  # a password is slow to check on purpose
            answers.append(stranger.post("/sign-in", data=query | {"email": EMAIL, "password": PASSWORD}))
        assert {answer.status_code for answer in answers[3:]} == {302, 303}
        left += [answer.headers.get("Location") for answer in answers if leaves(answer)]
    assert left == []


def test_no_path_leads_off_our_host(client: FlaskClient, staff: Callable[..., FlaskClient]) -> None:
    member, left = staff("sales"), []
    for wanted in REDIRECTS:
        for path in (wanted, f"/{wanted}", f"/{wanted}/..", f"/p/{wanted}", f"/l/{wanted}", f"/static/{wanted}"):
            address = quote(path) if path.startswith("/") else f"/{quote(path, safe='')}"
            for who in (client, member):
                answer = who.get("http://localhost" + address)
                assert answer.status_code < 500
                left += [answer.headers["Location"]] if leaves(answer) else []
    assert left == []


def test_a_forged_host_changes_no_address_that_we_write(house: House) -> None:
    code = house.ids["code"]
    for headers in FORGED:
        for path in (f"/l/{code}", f"/p/{house.page.slug}", "/sign-in", "/nowhere"):
            answer = house.stranger().get(path, headers=headers)
            assert "evil.example" not in answer.text + answer.headers.get("Location", "")


TARGETS = [
    "javascript:alert(1)", "data:text/html,x", "//evil.example", "https://user:word@evil.example", "ftp://a.example",
    "https://", "/p/first", "https://a.example\\@b.example", "https://a b.example", "file:///etc/passwd",
    "https://a.example/\r\nSet-Cookie: a=b", "\x00https://a.example", "vbscript:x", "mailto:a@b.example",
]  # fmt: skip


def test_a_link_leads_only_where_a_browser_may_go(house: House, api: Callable[..., FlaskClient]) -> None:
    code, machine = house.ids["code"], api("marketer")
    taken = [t for t in TARGETS if machine.patch(f"/api/v1/links/{code}", json={"target": t}).status_code != 422]
    assert taken == []
    assert urlsplit(house.stranger().get(f"/l/{code}").headers["Location"]).netloc == "localhost"


def test_what_comes_with_a_click_never_changes_where_it_leads(house: House, world: World) -> None:
    code = house.ids["code"]
    for query in (
        "?u=https://evil.example",
        "?utm_source=https://evil.example",
        "?/../../evil",
        "?\r\nLocation: //evil",
    ):
        answer = house.stranger().get(f"/l/{code}{quote(query, safe='?&=:/')}")
        assert answer.headers["Location"].startswith(f"{world.settings.public_url}/p/first?")
        assert "evil" not in answer.headers["Location"]
