"""Landing pages as a person meets them: opened, filled, sent; read by labels."""

import re
from typing import Any

from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from campaigns.world import World
from tests.clock import HandClock
from tests.makers.planning import make_coupon, make_page
from tests.makers.pressed import soup


def filled(html: BeautifulSoup, **typed: Any) -> dict[str, Any]:
    """The form's own hidden values, and what a person types."""
    form = html.select_one("form#form")
    assert form
    hidden = {each["name"]: each["value"] for each in form.select("input[type=hidden]")}
    return {**hidden, **typed}  # type: ignore[dict-item]


def sent(client: FlaskClient, clock: HandClock, url: str, **typed: Any) -> TestResponse:
    """The form as a person sends it: the page opened, five seconds later the button."""
    data = filled(soup(client.get(url)), **typed)
    clock.advance(seconds=5)
    return client.post(url, data=data)


def weight(client: FlaskClient, url: str) -> int:
    with client.get(url) as answer:
        return len(answer.data)


def coupon_url(world: World, **more: Any) -> str:
    return f"/p/{make_page(world, make_coupon(world, **more)).slug}"


def field(html: BeautifulSoup, label: str) -> Any:
    """The field of a label, as a person finds it."""
    found = html.find("label", string=re.compile(label)) or next(
        each for each in html.find_all("label") if label in each.get_text()
    )
    return html.find(id=found["for"]) if found.get("for") else found.find("input")


def altered(token: str) -> str:
    """A token with another letter in the middle of its signature; the last letter may decode to the same bytes."""
    return f"{token[:-20]}{'B' if token[-20] == 'A' else 'A'}{token[-19:]}"
