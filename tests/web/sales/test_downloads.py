import csv
import gc
import io
import tracemalloc
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import insert

from campaigns.capturing.leads import Lead
from campaigns.capturing.persons import Person
from campaigns.capturing.touches import Touch
from campaigns.kernel.codes import new_id
from campaigns.measuring.exports import Export
from campaigns.world import World
from tests.clock import HandClock
from tests.makers.capturing import rows_of
from tests.makers.publishing import Place, make_place, make_tweet
from tests.makers.tracking import make_lead, make_person, make_touch
from tests.web.doors import csrf

Staff = Callable[..., FlaskClient]


def download(client: FlaskClient, query: str = "", **data: str) -> Any:
    return client.post(f"/leads/download?{query}", data={"csrf_token": csrf(client)} | data)


def emails(data: bytes, separator: str = ",") -> list[str]:
    rows = csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=separator)
    return [row["email"] for row in rows]


def test_the_view_that_was_on_the_screen_is_downloaded(staff: Staff, world: World) -> None:
    place, other = make_place(world), make_place(world)
    tweet_id = make_tweet(world, place).tweet.id
    for n, (where, credited) in enumerate(((place, True), (place, False), (other, True))):
        person = make_person(world, f"{n}@school.example")
        make_touch(world, person, tweet_id if credited else None, evidence="link" if credited else "direct")
        make_lead(world, where, person)
    client = staff("sales")
    view = f"campaign_id={place.campaign_id}&tweet_id={tweet_id}"
    assert f"/leads/download?{view}".replace("&", "&amp;") in client.get(f"/leads?{view}").text
    page = client.get(f"/leads/download?{view}").text
    assert "All of them: 1" in page
    answer = download(client, view, format="csv", which="all")
    assert emails(answer.data) == ["0@school.example"]
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="leads-2026-11-02.csv"'
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_the_second_download_may_hold_only_what_is_new(staff: Staff, world: World, clock: HandClock) -> None:
    place = make_place(world)
    client = staff("sales")
    make_lead(world, place, make_person(world, "old@school.example"))
    assert "since my last one" not in client.get("/leads/download").text
    assert emails(download(client, format="csv", which="all").data) == ["old@school.example"]
    clock.advance(hours=2)
    make_lead(world, place, make_person(world, "new@school.example"))
    page = client.get("/leads/download").text
    assert "Only those since my last one of this view, Mon 2 Nov, 10:00: 1" in page
    assert emails(download(client, format="csv", which="new").data) == ["new@school.example"]
    page = client.get("/leads/download").text
    assert page.count('<th scope="row">Tom Le Goff</th>') == 2


def test_french_gets_its_own_csv_and_both_get_excel(staff: Staff, world: World) -> None:
    make_lead(world, make_place(world), make_person(world, "zoe@school.example"))
    client = staff("sales", locale="fr")
    answer = download(client, format="csv")
    assert answer.data.startswith(b"\xef\xbb\xbf")
    assert emails(answer.data, ";") == ["zoe@school.example"]
    answer = download(client, format="xlsx")
    assert answer.data.startswith(b"PK")
    assert answer.headers["Content-Disposition"].endswith('.xlsx"')


@pytest.mark.both_databases
@pytest.mark.parametrize("query,data", [("", {"format": "pdf"}), ("state=x", {"format": "csv"})])
def test_what_cannot_be_downloaded_is_told(staff: Staff, world: World, query: str, data: dict[str, str]) -> None:
    assert download(staff("sales"), query, **data).status_code == 422
    assert rows_of(world, Export) == []


def make_many(world: World, place: Place, count: int) -> None:
    now = world.clock.now()
    people, found, touches = [], [], []
    for n in range(count):
        person_id, at = new_id(), now + timedelta(seconds=n // 7)
        email = f"{person_id}@school.example"
        people.append({"id": person_id, "email": email, "typed": email, "created_at": at})
        found.append({
            "id": new_id(), "person_id": person_id, "campaign_id": place.campaign_id, "offer_id": place.offer_id,
            "page_id": place.page_id, "locale": "fr", "state": "new", "search": email, "rehearsed": False,
            "answers": [{"name": "wish", "label": "Wish", "kind": "textarea", "value": "Une revue " * 20}],
            "created_at": at, "updated_at": at,
        })  # fmt: skip
        touches.append({"id": new_id(), "person_id": person_id, "at": at, "evidence": "utm", "utm": {},
                        "key": person_id})  # fmt: skip
    with world.db.write() as session:
        for each, rows in ((Person, people), (Lead, found), (Touch, touches)):
            for start in range(0, count, 2000):
                session.execute(insert(each), rows[start : start + 2000])


def peak_of(client: FlaskClient, campaign_id: str, kind: str) -> tuple[int, int]:
    """Bytes that were sent, and the most that were held at one moment beside what was held before."""
    data = {"csrf_token": csrf(client), "format": kind}
    gc.collect()
    tracemalloc.start()
    answer = client.post(f"/leads/download?campaign_id={campaign_id}", data=data, buffered=False)
    sent = sum(len(piece) for piece in answer.iter_encoded())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return sent, peak


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    "kind,count,fewer",
    [
        ("csv", 3_500, 1_000),
        pytest.param("xlsx", 4_000, 1_000, marks=pytest.mark.audit),
        pytest.param("csv", 20_000, 2_000, marks=pytest.mark.audit),
        pytest.param("xlsx", 20_000, 2_000, marks=pytest.mark.audit),
    ],
)
def test_many_more_leads_take_no_more_memory(
    staff: Staff, world: World, clock: HandClock, kind: str, count: int, fewer: int
) -> None:
    few, many = make_place(world), make_place(world)
    make_many(world, few, fewer)
    make_many(world, many, count)
    clock.advance(days=1)
    client = staff("sales")
    small, low = peak_of(client, few.campaign_id, kind)
    large, high = peak_of(client, many.campaign_id, kind)
    assert large > 3 * small
    assert high < 1.25 * low, f"{high} bytes for {count} leads, {low} for {fewer}"
    assert [export.rows for export in rows_of(world, Export)] == [fewer, count]
