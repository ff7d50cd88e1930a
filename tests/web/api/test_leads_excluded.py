"""What counts, told by machines: the same flow as the page's, and the same history."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from campaigns.capturing.leads import LeadChange
from campaigns.people.audits import Audit
from campaigns.world import World
from tests.makers.capturing import at_once, lead_of, rows_of
from tests.makers.publishing import make_place
from tests.makers.tracking import make_lead, make_person

Api = Callable[..., FlaskClient]


def change(client: FlaskClient, lead_id: str, **body: Any) -> dict[str, Any]:
    answer = client.patch(f"/api/v1/leads/{lead_id}", json=body)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.get_json()
    return told


def leads_of_report(client: FlaskClient, campaign_id: str) -> int:
    counted: int = client.get(f"/api/v1/campaigns/{campaign_id}/report").get_json()["totals"]["leads"]
    return counted


def said(world: World) -> list[tuple[str | None, str]]:
    return [(each.excluded, each.who) for each in rows_of(world, LeadChange)]


@pytest.mark.both_databases
@pytest.mark.parametrize("why", ["test", "internal", "spam"])
def test_a_machine_says_that_a_lead_does_not_count_and_that_it_counts_again(api: Api, world: World, why: str) -> None:
    place = make_place(world)
    lead_id = make_lead(world, place, make_person(world), state="contacted")
    client = api("sales")
    assert client.get(f"/api/v1/leads/{lead_id}").get_json()["excluded"] is None
    for _time in range(2):
        told = change(client, lead_id, excluded=why)
        assert (told["excluded"], told["state"]) == (why, "contacted")
        assert leads_of_report(client, place.campaign_id) == 0
    assert said(world) == [(why, "test sales")]
    for _time in range(2):
        assert change(client, lead_id, excluded=None)["excluded"] is None
        assert leads_of_report(client, place.campaign_id) == 1
    assert said(world) == [(why, "test sales"), ("none", "test sales")]
    told_to_members = [audit.details for audit in rows_of(world, Audit) if audit.action == "lead.excluded"]
    assert told_to_members == [{"lead_id": lead_id, "why": why}, {"lead_id": lead_id, "why": "counts"}]


def test_what_is_left_out_of_a_change_stays(api: Api, world: World) -> None:
    lead_id = make_lead(world, make_place(world), make_person(world))
    client = api("sales")
    told = change(client, lead_id, excluded="test", state="won", amount=9_900, currency="EUR")
    assert (told["excluded"], told["state"], len(told["sales"])) == ("test", "won", 1)
    told = change(client, lead_id, state="lost", note="Not ours")
    assert (told["excluded"], told["state"]) == ("test", "lost")
    told = change(client, lead_id, excluded=None)
    assert (told["excluded"], told["state"], len(told["sales"])) == (None, "lost", 1)


@pytest.mark.parametrize("why", ["withdrawn", "none", "", "any", True, 1])
def test_a_reason_that_is_none_is_refused_and_nothing_of_the_change_is_done(api: Api, world: World, why: Any) -> None:
    lead_id = make_lead(world, make_place(world), make_person(world))
    answer = api("sales").patch(f"/api/v1/leads/{lead_id}", json={"excluded": why, "state": "won"})
    assert answer.status_code == 422
    assert [(fault["field"], fault["code"]) for fault in answer.get_json()["errors"]] == [("excluded", "not_a_choice")]
    assert (lead_of(world, lead_id).state, said(world)) == ("new", [])


def test_a_change_that_is_refused_leaves_whether_the_lead_counts(api: Api, world: World) -> None:
    lead_id = make_lead(world, make_place(world), make_person(world))
    for body in ({"amount": 5, "currency": "EUR"}, {"state": "new", "note": "\x00"}):
        assert api("sales").patch(f"/api/v1/leads/{lead_id}", json={"excluded": "spam"} | body).status_code == 422
    assert lead_of(world, lead_id).excluded is None


@pytest.mark.both_databases
def test_of_eight_machines_at_once_one_is_written_down(api: Api, world: World) -> None:
    place = make_place(world)
    lead_id = make_lead(world, place, make_person(world))
    clients = [api("sales") for _ in range(8)]
    told = at_once(8, lambda n: change(clients[n], lead_id, excluded="spam")["excluded"])
    assert told == ["spam"] * 8
    assert said(world) == [("spam", "test sales")]
    assert leads_of_report(clients[0], place.campaign_id) == 0


@pytest.mark.both_databases
def test_a_machine_that_says_only_that_does_not_undo_another_ones_state(api: Api, world: World) -> None:
    lead_id = make_lead(world, make_place(world), make_person(world))
    clients = [api("sales") for _ in range(8)]
    bodies: list[dict[str, Any]] = [{"state": "won"}, *({"excluded": "test", "note": f"{n}"} for n in range(7))]
    at_once(8, lambda n: change(clients[n], lead_id, **bodies[n]))
    assert (lead_of(world, lead_id).state, lead_of(world, lead_id).excluded) == ("won", "test")


@pytest.mark.parametrize(
    "query,names",
    [("", "a"), ("excluded=any", "bcd"), ("excluded=test", "b"), ("excluded=internal", "c"), ("excluded=spam", "d")],
)
def test_leads_that_do_not_count_are_asked_for(api: Api, world: World, query: str, names: str) -> None:
    place, client = make_place(world), api("sales")
    for name, why in (("a", None), ("b", "test"), ("c", "internal"), ("d", "spam")):
        lead_id = make_lead(world, place, make_person(world, f"{name}@school.example"))
        change(client, lead_id, excluded=why)
    found = client.get(f"/api/v1/leads?{query}").get_json()["items"]
    assert "".join(sorted(each["email"][0] for each in found)) == names
    rows = client.get(f"/api/v1/leads.csv?{query}").text.splitlines()[1:]
    assert len(rows) == len(names)


@pytest.mark.parametrize("why", ["none", "true", "withdrawn"])
def test_a_filter_that_is_no_reason_is_refused(api: Api, why: str) -> None:
    answer = api("sales").get(f"/api/v1/leads?excluded={why}")
    assert (answer.status_code, answer.get_json()["errors"][0]["field"]) == (422, "excluded")


def test_marketers_read_whether_a_lead_counts_and_do_not_say(api: Api, world: World) -> None:
    lead_id = make_lead(world, make_place(world), make_person(world))
    marketer = api("marketer")
    assert marketer.patch(f"/api/v1/leads/{lead_id}", json={"excluded": "test"}).status_code == 403
    assert marketer.get(f"/api/v1/leads/{lead_id}").get_json()["excluded"] is None
