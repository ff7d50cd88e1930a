"""Exchange rates: an administrator stores them, and reports are told in one currency from then on."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from campaigns.flows.import_rates import import_rates
from campaigns.measuring.exchange_rates import ExchangeRate
from campaigns.world import World
from tests.clock import HandClock
from tests.makers.people import actions
from tests.makers.pressed import told_beside
from tests.makers.publishing import Place, make_place, make_tweet
from tests.makers.tracking import make_lead, make_person, make_sale, make_touch
from tests.web.doors import csrf

Staff = Callable[..., FlaskClient]


def send(client: FlaskClient, content: bytes, name: str = "eurofxref-hist.csv") -> TestResponse:
    data = {"csrf_token": csrf(client), "rates": (io.BytesIO(content), name)}
    return client.post("/settings/rates", data=data, content_type="multipart/form-data")


@pytest.fixture
def place(world: World) -> Place:
    """A tweet that sold for ten euros, for eleven dollars, and for francs that have no rate."""
    place = make_place(world)
    tweet = make_tweet(world, place).tweet.id
    for amount, currency in ((1_000, "EUR"), (1_100, "USD"), (500, "CHF")):
        person = make_person(world)
        make_touch(world, person, tweet)
        lead = make_lead(world, place, person)
        make_sale(world, place, person, amount, currency=currency, lead_id=lead)
    return place


def test_rates_are_stored_from_the_bank_s_file(world: World, staff: Staff, clock: HandClock) -> None:
    client = staff("admin")
    assert "No rates are stored yet." in client.get("/settings/rates").text
    answer = send(client, f"\ufeffDate,USD,JPY,\r\n{clock.now():%Y-%m-%d},1.1,N/A,\r\n".encode())
    assert (answer.status_code, answer.headers["Location"]) == (303, "/settings/rates?done=stored")
    page = client.get("/settings/rates?done=stored").text
    assert "The rates are stored." in page
    assert "EUR, USD" in page
    assert actions(world)[0] == "rates.imported"
    assert "stored exchange rates" in client.get("/settings/log").text


def test_the_whole_file_of_the_bank_is_taken(world: World, staff: Staff, clock: HandClock) -> None:
    names = "USD,JPY,BGN,CZK,DKK,GBP,HUF,PLN,RON,SEK,CHF,ISK,NOK,TRY,AUD,BRL,CAD,CNY,HKD,IDR"
    days = [clock.now().date() - timedelta(days=n) for n in range(3_500)]
    lines = [f"{day}," + ",".join(["1.2345", "N/A"] * 10) for day in days]
    began = time.monotonic()
    assert send(staff("admin"), "\n".join([f"Date,{names}", *lines]).encode()).status_code == 303
    assert time.monotonic() - began < 10
    with world.db.read() as session:
        assert session.scalar(select(func.count()).select_from(ExchangeRate)) == 3_500 * 10


@pytest.mark.parametrize(
    "content,name,told",
    [
        (b"", "", "Choose the file with the rates"),
        (b"\x89PNG", "a.png", "This is no table of rates"),
        (b"Date,USD\n2026-11-02,1.1\n2026-11-03,x", "a.csv", "Line 3 has a day or a rate that can"),
    ],
)
def test_a_file_that_is_none_is_refused_beside_its_field(staff: Staff, content: bytes, name: str, told: str) -> None:
    answer = send(staff("admin"), content, name)
    assert answer.status_code == 422
    assert told in told_beside(BeautifulSoup(answer.text, "lxml"), "File of rates, as CSV")
    assert "No rates are stored yet." in answer.text


@pytest.mark.parametrize("role", ["marketer", "sales"])
def test_others_store_none(staff: Staff, role: str) -> None:
    assert staff(role).get("/settings/rates").status_code == 403


def test_a_report_is_told_in_one_currency_and_says_so(
    world: World, staff: Staff, api: Callable[..., FlaskClient], place: Place, clock: HandClock
) -> None:
    client, path = staff("marketer"), f"/campaigns/{place.campaign_id}"
    assert "Money in" not in client.get(path).text
    import_rates(world, f"Date,USD\n{clock.now():%Y-%m-%d},1.1\n", who="Léa")
    page = client.get(f"{path}?currency=EUR").text
    assert "money in EUR at each day’s stored rate" in page
    assert "What has no stored rate of its day stays as it was paid." in page
    assert "€20.00" in page
    assert "US$" not in page
    assert "as it was paid." not in client.get(path).text
    told = api("sales").get(f"/api/v1{path}/report?currency=eur").get_json()
    both = [{"amount": 500, "currency": "CHF"}, {"amount": 2_000, "currency": "EUR"}]
    assert (told["currency"], told["totals"]["net_revenue"], told["tweets"][0]["net_revenue"]) == ("EUR", both, both)
    rows = client.get(f"/conversions?kind=money&campaign_id={place.campaign_id}&currency=EUR").text
    assert rows.count("€10.00") == 2
    table = f"/conversions?kind=money&campaign_id={place.campaign_id}&currency=EUR&table=conversions&format=json"
    listed = client.get(table).get_json()
    assert sorted(row["amount"][0]["currency"] for row in listed) == ["CHF", "EUR", "EUR"]
    pages = {row["id"]: client.get(f"/conversions/{row['id']}?currency=EUR").text for row in listed}
    [dollars] = [each for each, page in pages.items() if "€10.00 at the stored rate of its day" in page]
    why = api("sales").get(f"/api/v1/conversions/{dollars}/why?currency=EUR").get_json()
    assert why["amount"] == {"amount": 1_100, "currency": "USD"}
    assert why["path"][0]["amount"] == {"amount": 1_000, "currency": "EUR"}


@pytest.mark.both_databases
def test_a_campaign_that_there_is_not_is_not_found_in_any_currency(
    world: World, staff: Staff, clock: HandClock
) -> None:
    import_rates(world, f"Date,USD\n{clock.now():%Y-%m-%d},1.1\n", who="Léa")
    client = staff("marketer")
    for campaign_id in ("x", "' OR 1=1", "01a20b11-dd05-7090-8a12-7dd245c3ad76"):
        address = f"/conversions?kind=money&currency=USD&campaign_id={campaign_id}"
        assert client.get(address).status_code == 404


@pytest.mark.parametrize("currency,told", [("XXY", "There is no currency XXY"), ("CHF", "No exchange rate of CHF")])
def test_what_no_rate_tells_is_refused_beside_the_field(
    staff: Staff, api: Callable[..., FlaskClient], place: Place, currency: str, told: str
) -> None:
    page = staff("marketer").get(f"/campaigns/{place.campaign_id}?currency={currency}")
    assert page.status_code == 422
    assert told in page.text
    answer = api("sales").get(f"/api/v1/campaigns/{place.campaign_id}/report?currency={currency}")
    assert answer.status_code == 422
    assert [fault["field"] for fault in answer.get_json()["errors"]] == ["currency"]
