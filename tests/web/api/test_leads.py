import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from campaigns.measuring import funnels
from campaigns.measuring.exports import Export
from campaigns.people.audits import Audit
from campaigns.planning import campaigns
from campaigns.planning.fields import Field
from campaigns.selling.sales import Sale
from campaigns.world import World
from tests.clock import HandClock
from tests.makers.capturing import claim, lead_of, rows_of, via_of_click
from tests.makers.planning import make_campaign, make_coupon, make_page
from tests.makers.publishing import Place, make_place, make_tweet
from tests.makers.reports import asked
from tests.makers.tracking import make_lead, make_person, make_touch

Api = Callable[..., FlaskClient]
NOBODY = "0193a1b2-0000-7000-8000-00000000000a"


def every(client: FlaskClient, query: str = "") -> Iterator[dict[str, Any]]:
    """All leads, page by page."""
    cursor = ""
    while True:
        told = client.get(f"/api/v1/leads?limit=2&{query}&cursor={cursor}").get_json()
        yield from told["items"]
        if not told["next"]:
            return
        cursor = told["next"]


def csv_rows(client: FlaskClient, query: str = "") -> list[dict[str, str]]:
    answer = client.get(f"/api/v1/leads.csv?{query}")
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.data.decode(), newline="")))


@pytest.mark.both_databases
def test_a_lead_has_the_shape_that_machines_were_promised(api: Api, world: World) -> None:
    campaign = make_campaign(world)
    fields = (Field("email", "E-mail", "email", True), Field("school", "Your school", "company"))
    page = make_page(world, make_coupon(world, campaign), fields=fields)
    tweet_id, via = via_of_click(world, page, campaign.id)
    made = claim(world, page, "zoe@ecole.example", school="<b>École</b>", ticked=("news",), via=via)
    lead = lead_of(world, made.lead_id)
    expected = {
        "id": made.lead_id, "person_id": lead.person_id, "email": "zoe@ecole.example", "campaign_id": campaign.id,
        "offer_id": page.offer_id, "page_id": page.id, "locale": "en", "state": "new",
        "answers": [
            {"name": "email", "label": "E-mail", "kind": "email", "value": "zoe@ecole.example"},
            {"name": "school", "label": "Your school", "kind": "company", "value": "<b>École</b>"},
        ],
        "consents": [{
            "purpose": "news", "state": "granted", "at": "2026-11-02T09:00:00Z",
            "text": "Write to me three times this term", "text_sha256": page.consents[0]["sha256"],
        }],
        "tweet_id": tweet_id, "evidence": "link+x", "first_tweet_id": tweet_id, "spillover_tweet_id": None,
        "sales": [], "rehearsed": False, "excluded": None,
        "created_at": "2026-11-02T09:00:00Z", "updated_at": "2026-11-02T09:00:00Z",
    }  # fmt: skip
    client = api("marketer")
    assert client.get(f"/api/v1/leads/{made.lead_id}").get_json() == expected
    assert client.get("/api/v1/leads").get_json() == {"items": [expected], "next": None}


def test_report_list_csv_page_and_view_count_the_same(api: Api, world: World, clock: HandClock) -> None:
    place, other = make_place(world), make_place(world)
    ours, second = (make_tweet(world, place, f"Numéro {n} : {{link}}").tweet.id for n in (1, 2))
    for tweet_id, evidence, count in (
        (ours, "link+x", 3), (second, "link", 2), (ours, "code", 1), (ours, "link+other", 2), (None, "utm", 1),
    ):  # fmt: skip
        for _ in range(count):
            clock.advance(minutes=1)
            person = make_person(world)
            make_touch(world, person, tweet_id, evidence=evidence)
            make_lead(world, place, person)
    make_lead(world, other, make_person(world))
    client = api("sales")
    with world.db.read() as session:
        campaign = campaigns.find(session, place.campaign_id)
        report = funnels.report(session, campaign, asked(lookback_days=90, rehearsal=True))
        query = text("SELECT id, tweet_id FROM v_leads WHERE campaign_id = :campaign")
        view = {str(row.id): row.tweet_id for row in session.execute(query, {"campaign": campaign.id})}
    told = {row.tweet_id: row.figures.leads for row in report.rows} | {"none": report.unattributed.leads}
    assert told == {ours: 4, second: 2, "none": 3}
    for tweet_id, count in told.items():
        wanted = f"campaign_id={campaign.id}&tweet_id={tweet_id}"
        listed = [lead["id"] for lead in every(client, wanted)]
        assert len(listed) == count
        assert sorted(row["lead_id"] for row in csv_rows(client, wanted)) == sorted(listed)
        assert sorted(i for i, credited in view.items() if (credited or "none") == tweet_id) == sorted(listed)
    whole = f"campaign_id={campaign.id}"
    assert report.totals.leads == len(list(every(client, whole))) == len(csv_rows(client, whole)) == len(view) == 9
    assert asdict(report.totals)["leads"] == sum(told.values())


@pytest.mark.parametrize(
    "query,names",
    [
        ("", "edcba"),
        ("state=won", "b"),
        ("since=2026-11-02T11:00:00Z", "edc"),
        ("since=2026-11-02T12:00:00+01:00", "edc"),
        ("since=2026-11-03", ""),
        ("since=2026-11-02&until=2026-11-02T10:00:00Z", "a"),
        ("q=d@school", "d"),
        ("campaign_id=", "edcba"),
    ],
)
def test_leads_are_filtered(api: Api, world: World, clock: HandClock, query: str, names: str) -> None:
    place = make_place(world)
    for name in "abcde":
        email = f"{name}@school.example"
        make_lead(world, place, make_person(world, email), search=email, state="won" if name == "b" else "new")
        clock.advance(hours=1)
    client = api("sales")
    assert "".join(lead["email"][0] for lead in every(client, query)) == names
    assert "".join(row["email"][0] for row in csv_rows(client, query)) == names[::-1]


def test_rehearsals_are_told_apart(api: Api, world: World) -> None:
    place = make_place(world)
    make_lead(world, place, make_person(world), rehearsed=True)
    make_lead(world, place, make_person(world))
    client = api("sales")
    assert [len(list(every(client, query))) for query in ("", "rehearsal=true", "rehearsal=false")] == [2, 2, 1]
    assert [row["rehearsed"] for row in csv_rows(client, "rehearsal=false")] == ["false"]


@pytest.mark.both_databases
@pytest.mark.parametrize(
    "query,field",
    [
        ("state=gone", "state"), ("since=yesterday", "since"), ("until=0.5", "until"), ("since=1762074000", "since"),
        ("campaign_id=x", "campaign_id"),
        ("tweet_id=x", "tweet_id"), ("q=a%00b", "q"), ("cursor=x", "cursor"), ("limit=0", "limit"), ("x=1", "x"),
    ],
)  # fmt: skip
def test_a_filter_that_cannot_be_is_told(api: Api, query: str, field: str) -> None:
    answer = api("sales").get(f"/api/v1/leads?{query}")
    assert answer.status_code == 422
    assert [fault["field"] for fault in answer.get_json()["errors"]] == [field]


def test_the_csv_is_a_file_to_keep_and_is_written_down(api: Api, world: World) -> None:
    place = make_place(world)
    make_lead(world, place, make_person(world))
    answer = api("sales").get(f"/api/v1/leads.csv?campaign_id={place.campaign_id}")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="leads-2026-11-02.csv"'
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.data.startswith(b'"lead_id",')
    [export] = rows_of(world, Export)
    assert (export.who, export.user_id, export.format, export.rows) == ("test sales", None, "csv", 1)
    assert [audit.who for audit in rows_of(world, Audit) if audit.action == "leads.exported"] == ["test sales"]


def test_sales_may_change_leads_and_download_them_marketers_only_read(api: Api, world: World) -> None:
    lead_id = make_lead(world, make_place(world), make_person(world))
    marketer = api("marketer")
    assert marketer.get("/api/v1/leads").status_code == 200
    assert marketer.get("/api/v1/leads.csv").status_code == 403
    assert marketer.patch(f"/api/v1/leads/{lead_id}", json={"state": "won"}).status_code == 403
    assert lead_of(world, lead_id).state == "new"
    assert api("admin").patch(f"/api/v1/leads/{lead_id}", json={"state": "lost"}).status_code == 200
    assert lead_of(world, lead_id).state == "lost"


@pytest.mark.both_databases
def test_a_lead_that_is_won_with_an_amount_has_one_sale(api: Api, world: World) -> None:
    place = make_place(world)
    tweet_id = make_tweet(world, place).tweet.id
    person = make_person(world)
    make_touch(world, person, tweet_id)
    lead_id = make_lead(world, place, person)
    client = api("sales")
    for amount in (12_000, 12_000, 9_900):
        body = {"state": "won", "amount": amount, "currency": "eur", "note": "By phone"}
        assert client.patch(f"/api/v1/leads/{lead_id}", json=body).status_code == 200
    told = client.get(f"/api/v1/leads/{lead_id}")
    [sale] = told.get_json()["sales"]
    euros = {"amount": 9_900, "currency": "EUR"}
    assert (sale["amount"], sale["net"], sale["state"], told.get_json()["state"]) == (euros, euros, "paid", "won")
    report = client.get(f"/api/v1/campaigns/{place.campaign_id}/report").get_json()
    assert [(row["tweet_id"], row["net_revenue"]) for row in report["tweets"]] == [(tweet_id, [euros])]
    assert [row["sale_amount"] for row in csv_rows(client)] == ["99.00"]


def test_a_sale_that_was_none_is_withdrawn_by_a_machine_too(api: Api, world: World) -> None:
    place = make_place(world)
    lead_id = make_lead(world, place, make_person(world))
    client = api("sales")
    address = f"/api/v1/leads/{lead_id}"
    assert client.patch(address, json={"state": "contacted", "amount": None}).get_json()["state"] == "contacted"
    client.patch(address, json={"state": "won", "amount": 9_900, "currency": "EUR"})
    assert len(client.patch(address, json={"state": "won", "amount": None}).get_json()["sales"]) == 1
    assert len(client.patch(address, json={"state": "qualified"}).get_json()["sales"]) == 1
    for _time in range(2):
        told = client.patch(address, json={"state": "lost", "amount": None, "note": "Another lead's"}).get_json()
        assert (told["state"], told["sales"]) == ("lost", [])
    report = client.get(f"/api/v1/campaigns/{place.campaign_id}/report").get_json()
    assert (report["totals"]["sales"], report["totals"]["net_revenue"]) == (0, [])
    told = client.patch(address, json={"state": "won", "amount": 5_000, "currency": "EUR"}).get_json()
    assert [sale["net"]["amount"] for sale in told["sales"]] == [5_000]


def test_a_note_alone_leaves_the_state(api: Api, world: World) -> None:
    place = Place(*vars(make_place(world)).values())
    lead_id = make_lead(world, place, make_person(world), state="qualified")
    client = api("sales")
    for body in ({"note": "Called twice"}, {}):
        assert client.patch(f"/api/v1/leads/{lead_id}", json=body).get_json()["state"] == "qualified"


@pytest.mark.parametrize(
    "body,faults",
    [
        ({"state": "sold"}, {"state": "not_a_choice"}),
        ({"state": "new", "amount": 1, "currency": "EUR"}, {"state": "sale_needs_won"}),
        ({"amount": 1}, {"state": "sale_needs_won", "currency": "currency_missing"}),
        ({"state": "won", "currency": "EUR"}, {"amount": "required"}),
        ({"state": "won", "amount": 0, "currency": "EUR"}, {"amount": "amount_not_positive"}),
        ({"state": "won", "amount": 1, "currency": "ÉUR"}, {"currency": "currency_unknown"}),
        ({"state": "won", "amount": "1", "currency": "EUR"}, {"amount": "not_a_number"}),
        ({"state": "won", "amount": 10**13, "currency": "EUR"}, {"amount": "amount_too_large"}),
        ({"state": "won", "note": "x\x00"}, {"note": "control_characters"}),
        ({"state": "won", "colour": "red"}, {"colour": "unknown_field"}),
    ],
)
def test_a_change_that_cannot_be_changes_nothing(
    api: Api, world: World, body: dict[str, Any], faults: dict[str, str]
) -> None:
    lead_id = make_lead(world, make_place(world), make_person(world))
    answer = api("sales").patch(f"/api/v1/leads/{lead_id}", json=body)
    assert answer.status_code == 422, answer.text
    assert {fault["field"]: fault["code"] for fault in answer.get_json()["errors"]} == faults
    assert lead_of(world, lead_id).state == "new"
    assert rows_of(world, Sale) == []


@pytest.mark.both_databases
@pytest.mark.parametrize("lead_id", [NOBODY, "x"])
def test_a_lead_that_is_not_there_is_missing(api: Api, lead_id: str) -> None:
    client = api("sales")
    assert client.get(f"/api/v1/leads/{lead_id}").status_code == 404
    assert client.patch(f"/api/v1/leads/{lead_id}", json={"state": "won"}).status_code == 404
    won = {"state": "won", "amount": 1, "currency": "EUR"}
    assert client.patch(f"/api/v1/leads/{lead_id}", json=won).status_code == 404
