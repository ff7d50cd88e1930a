from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

Api = Callable[..., FlaskClient]
URL = "/api/v1/campaigns"


def codes(response: Any) -> list[tuple[str, str]]:
    return [(each["field"], each["code"]) for each in response.get_json()["errors"]]


@pytest.mark.both_databases
def test_a_campaign_is_created_read_and_changed(api: Api) -> None:
    machine = api("marketer")
    body = {
        "name": "Six vendredis", "goal": "200 écoles", "goal_leads": 200, "starts_on": "2026-11-02",
        "ends_on": "2026-12-13", "zone": "Europe/Paris", "budget": {"amount": 50_000, "currency": "EUR"},
    }  # fmt: skip
    created = machine.post(URL, json=body)
    assert created.status_code == 201
    told = created.get_json()
    assert told | body == told
    assert (told["slug"], len(told["id"]), told["created_at"]) == ("six-vendredis", 36, "2026-11-02T09:00:00Z")
    assert machine.get(f"{URL}/{told['id']}").get_json() == told
    changed = machine.patch(f"{URL}/{told['id']}", json={"name": "Sept", "budget": None, "ends_on": "2026-12-31"})
    assert changed.status_code == 200
    assert changed.get_json() == told | {"name": "Sept", "budget": None, "ends_on": "2026-12-31"}


def test_a_name_is_enough(api: Api) -> None:
    told = api().post(URL, json={"name": "Six"}).get_json()
    assert (told["starts_on"], told["budget"], told["zone"]) == (None, None, "Europe/Paris")


def test_a_change_is_checked_with_what_stays(api: Api) -> None:
    machine = api()
    told = machine.post(URL, json={"name": "Six", "starts_on": "2026-11-02"}).get_json()
    response = machine.patch(f"{URL}/{told['id']}", json={"ends_on": "2026-11-01"})
    assert (response.status_code, codes(response)) == (422, [("ends_on", "end_before_start")])
    for body, fault in [
        ({"name": None}, ("name", "malformed")),
        ({"name": ""}, ("name", "required")),
        ({"id": "x"}, ("id", "unknown_field")),
        ({"slug": "x"}, ("slug", "unknown_field")),
        ({"zone": ""}, ("zone", "zone_unknown")),
    ]:
        response = machine.patch(f"{URL}/{told['id']}", json=body)
        assert (response.status_code, codes(response)) == (422, [fault])
    assert machine.patch(f"{URL}/{told['id']}", json={}).get_json()["name"] == "Six"


@pytest.mark.both_databases
def test_the_list_goes_on_by_its_cursor(api: Api) -> None:
    machine = api()
    for number in range(5):
        machine.post(URL, json={"name": f"Campaign {number}"})
    seen: list[str] = []
    address = f"{URL}?limit=2"
    while address:
        page = machine.get(address).get_json()
        assert set(page) == {"items", "next"}
        seen += [each["name"] for each in page["items"]]
        address = f"{URL}?limit=2&cursor={page['next']}" if page["next"] else ""
    assert sorted(seen) == [f"Campaign {number}" for number in range(5)]


@pytest.mark.both_databases
@pytest.mark.parametrize("text", ["'; DROP TABLE campaigns; --", "%_\\", "🧑‍🚀", "مرحبا", "\u202eabc", "</script>"])
def test_any_text_comes_back_as_it_was(api: Api, text: str) -> None:
    machine = api()
    told = machine.post(URL, json={"name": text, "goal": text}).get_json()
    assert machine.get(f"{URL}/{told['id']}").get_json()["goal"] == text


def test_nul_is_refused_in_every_text(api: Api) -> None:
    response = api().post(
        URL, json={"name": "a\x00", "goal": "\x00", "zone": "\x00", "budget": {"amount": 1, "currency": "\x00"}}
    )
    assert response.status_code == 422
    assert {field for field, _ in codes(response)} == {"name", "goal", "zone", "budget.currency"}
