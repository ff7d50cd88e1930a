from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from campaigns.planning import offers
from campaigns.world import World

Api = Callable[..., FlaskClient]
COUPON = {
    "kind": "coupon", "title": "Three months", "amount_off": 2_000, "currency": "EUR",
    "price": {"amount": 12_000, "currency": "EUR"}, "stock": 50, "expires_on": "2026-12-31",
}  # fmt: skip


def codes(response: Any) -> list[tuple[str, str]]:
    return [(each["field"], each["code"]) for each in response.get_json()["errors"]]


@pytest.fixture
def machine(api: Api) -> FlaskClient:
    return api("marketer")


@pytest.fixture
def url(machine: FlaskClient) -> str:
    return f"/api/v1/campaigns/{machine.post('/api/v1/campaigns', json={'name': 'Six'}).get_json()['id']}/offers"


@pytest.mark.both_databases
def test_a_coupon_is_created_read_and_changed(machine: FlaskClient, url: str) -> None:
    created = machine.post(url, json=COUPON)
    told = created.get_json()
    assert created.status_code == 201
    assert told | COUPON == told
    assert (told["campaign_id"], told["percent_off"], told["issued"]) == (url.split("/")[4], None, 0)
    own = f"/api/v1/offers/{told['id']}"
    assert machine.get(own).get_json() == told
    changes = {"amount_off": None, "percent_off": 20, "stock": None, "title": "Four months"}
    assert machine.patch(own, json=changes).get_json() == told | changes
    dollars = {"price": {"amount": 9_000, "currency": "USD"}}
    assert machine.patch(own, json=dollars).get_json() == told | changes | dollars | {"currency": "USD"}


def test_a_white_paper_needs_a_title(machine: FlaskClient, url: str) -> None:
    told = machine.post(url, json={"kind": "white_paper", "title": "Six Fridays"}).get_json()
    assert (told["kind"], told["title"], told["price"], told["stock"]) == ("white_paper", "Six Fridays", None, None)
    response = machine.post(url, json={"kind": "white_paper", "title": "", "stock": 5})
    assert codes(response) == [("title", "required"), ("stock", "not_a_coupon")]


@pytest.mark.parametrize(
    "more, fault",
    [
        ({"percent_off": 10}, ("percent_off", "percent_or_amount")),
        ({"amount_off": 12_000}, ("amount_off", "amount_above_price")),
        ({"currency": "EUX"}, ("currency", "currency_unknown")),
        ({"stock": 0}, ("stock", "out_of_range")),
        ({"expires_on": "2026-11-01"}, ("expires_on", "expired_already")),
        ({"kind": "survey"}, ("kind", "not_a_choice")),
        ({"issued": 5}, ("issued", "unknown_field")),
        ({"price": 12_000}, ("price", "malformed")),
        ({"price": {"amount": 12_000}}, ("price.currency", "required")),
    ],
)
def test_a_coupon_that_cannot_be_is_refused(
    machine: FlaskClient, url: str, more: dict[str, Any], fault: tuple[str, str]
) -> None:
    response = machine.post(url, json=COUPON | more)
    assert (response.status_code, codes(response)) == (422, [fault])


def test_the_stock_and_the_terms_hold_what_was_given_out(machine: FlaskClient, url: str, world: World) -> None:
    offer_id = machine.post(url, json=COUPON).get_json()["id"]
    with world.db.write() as session:
        assert offers.take_one(session, offer_id)
        assert offers.take_one(session, offer_id)
    own = f"/api/v1/offers/{offer_id}"
    assert codes(machine.patch(own, json={"stock": 1})) == [("stock", "stock_below_issued")]
    response = machine.patch(own, json={"amount_off": 3_000})
    assert (response.status_code, codes(response)) == (409, [("amount_off", "terms_fixed")])
    assert machine.patch(own, json={"stock": 2}).get_json()["issued"] == 2


def test_a_kind_and_a_campaign_cannot_be_changed(machine: FlaskClient, url: str) -> None:
    own = f"/api/v1/offers/{machine.post(url, json=COUPON).get_json()['id']}"
    for name in ("kind", "campaign_id", "issued", "id"):
        assert codes(machine.patch(own, json={name: "coupon"})) == [(name, "unknown_field")]


def test_offers_are_listed_with_their_campaign(machine: FlaskClient, url: str) -> None:
    for number in range(3):
        machine.post(url, json=COUPON | {"title": str(number)})
    page = machine.get(f"{url}?limit=2").get_json()
    rest = machine.get(f"{url}?limit=2&cursor={page['next']}").get_json()
    assert {each["title"] for each in page["items"] + rest["items"]} == {"0", "1", "2"}
    assert rest["next"] is None
