"""What stands in a page's tables is had as CSV and JSON, by links that stand beside them."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient

from campaigns.flows.drain_hits import drain_hits
from campaigns.world import World
from tests.makers.publishing import make_place, make_tweet
from tests.makers.tracking import follow, make_lead, make_person, make_sale, make_touch

Staff = Callable[..., FlaskClient]


@pytest.fixture
def pages(world: World, staff: Staff) -> tuple[FlaskClient, dict[str, str]]:
    """A tweet that was clicked, brought a lead and sold for ten euros; pages that show it."""
    place = make_place(world)
    made = make_tweet(world, place)
    follow(world, made.link.code)
    drain_hits(world)
    person = make_person(world)
    make_touch(world, person, made.tweet.id)
    make_sale(world, place, person, 1_000, lead_id=make_lead(world, place, person))
    client = staff("marketer")
    listed = f"/conversions?kind=sale&campaign_id={place.campaign_id}&period=ever"
    [sale] = re.findall(r"/conversions/([0-9a-f-]{36})", client.get(listed).text)
    addresses = {"impact": "/impact", "link": f"/links/{made.link.id}", "why": f"/conversions/{sale}", "home": "/"}
    return client, addresses | {"tweet": made.tweet.id, "campaign": place.campaign_id}


def files(client: FlaskClient, address: str) -> dict[str, list[dict[str, Any]]]:
    """What the page's links to JSON give, by table; each has as many lines as CSV."""
    found = {}
    for query in re.findall(r'href="\?([^"]*format=json)"', client.get(address).text):
        told = client.get(f"{address}?{unescape(query)}")
        lines = list(csv.reader(io.StringIO(client.get(f"{address}?{unescape(query)}".replace("json", "csv")).text)))
        assert len(lines) - 1 == len(told.get_json())
        found[re.findall(r"table=([\w-]+)", query)[0]] = told.get_json()
    return found


def test_impact(pages: tuple[FlaskClient, dict[str, str]]) -> None:
    client, known = pages
    rows = files(client, known["impact"])["campaigns"]
    money = [{"amount": 1_000, "currency": "EUR"}]
    assert [(row["key"], row["clicks"], row["leads"], row["net_revenue"]) for row in rows] == [
        (known["campaign"], 1, 1, money), ("total", 1, 1, money),
    ]  # fmt: skip


def test_a_link(pages: tuple[FlaskClient, dict[str, str]]) -> None:
    client, known = pages
    told = files(client, known["link"])
    assert set(told) >= {"curve", "parts"}
    assert sum(row["clicks"] for row in told["curve"]) == 1
    assert {row["what"]: row["clicks"] for row in told["parts"]}["source"] == 1
    assert client.get(f"{known['link']}?table=uniques&format=json").get_json()[0]["visitors"] >= 0


def test_why_a_sale_is_whose(pages: tuple[FlaskClient, dict[str, str]]) -> None:
    client, known = pages
    [step] = files(client, known["why"])["path"]
    assert (step["tweet_id"], step["weight"], step["why_not"]) == (known["tweet"], 1, None)
    assert step["amount"] == [{"amount": 1_000, "currency": "EUR"}]


def test_the_best_tweets(pages: tuple[FlaskClient, dict[str, str]]) -> None:
    client, known = pages
    told = files(client, known["home"])
    assert [(row["key"], row["leads"], row["sales"]) for row in told["best"]] == [(known["tweet"], 1, 1)]
    assert told["steps"]
