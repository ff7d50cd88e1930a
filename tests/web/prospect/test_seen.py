"""POST /p/<slug>/seen: visits that are confirmed, and what they and the forms prove of where somebody came from."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from campaigns.capturing.touches import Touch
from campaigns.flows.drain_hits import drain_hits
from campaigns.planning.pages import Page
from campaigns.tracking.rollups import LinkHour, PageDay
from campaigns.tracking.visits import Visit
from campaigns.world import World
from tests.clock import HandClock
from tests.makers.capturing import rows_of
from tests.makers.planning import make_coupon, make_page
from tests.makers.publishing import Place, make_place, make_tweet
from tests.makers.tracking import FIREFOX

PERSON = {"User-Agent": FIREFOX}
OWN = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def place(world: World) -> Place:
    return make_place(world)


@pytest.fixture
def path(world: World, place: Place) -> str:
    with world.db.read() as session:
        return f"/p/{session.get_one(Page, place.page_id).slug}"


def click(client: FlaskClient, world: World, place: Place, **headers: str) -> str:
    """Follow a new tweet's link; the query of the page that it leads to."""
    link = make_tweet(world, place).link
    answer = client.get(f"/l/{link.code}", headers=PERSON | {"Referer": "https://t.co/a"} | headers)
    return urlsplit(answer.location).query


def see(client: FlaskClient, path: str, query: str = "", referrer: str = "", **headers: str) -> int:
    """What the page's script does."""
    sent = PERSON | OWN | {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post(f"{path}/seen?{query}", data={"referrer": referrer}, headers=sent).status_code


def visits_of(world: World) -> list[Visit]:
    drain_hits(world)
    return rows_of(world, Visit)


def confirmed(world: World) -> int:
    """Of links."""
    with world.db.read() as session:
        return sum(session.scalars(select(LinkHour.visits)))


def page_days(world: World) -> list[tuple[str, str, int]]:
    with world.db.read() as session:
        return sorted(tuple(row) for row in session.execute(select(PageDay.evidence, PageDay.source, PageDay.visits)))


def test_a_click_whose_page_is_seen_is_a_confirmed_visit(
    client: FlaskClient, world: World, place: Place, path: str
) -> None:
    query = click(client, world, place)
    for _ in range(3):
        assert see(client, path, query, "https://t.co/a") == 204
    [visit] = visits_of(world)
    assert (visit.evidence, visit.page_id, visit.counted, visit.browser) == ("link+x", place.page_id, True, None)
    assert confirmed(world) == 1
    assert page_days(world) == []


def test_a_visit_may_be_drained_before_its_click_and_after(
    client: FlaskClient, world: World, place: Place, path: str
) -> None:
    first, second = click(client, world, place), click(client, world, place)
    drain_hits(world)
    assert see(client, path, first) == see(client, path, second) == 204
    assert [visit.counted for visit in visits_of(world)] == [True, True]
    assert confirmed(world) == 2


@pytest.mark.parametrize(
    "query,referrer,expected",
    [
        ("", "https://t.co/AbC", ("x_unknown", "twitter", 1)),
        ("", "https://www.google.com/", ("referrer", "google", 1)),
        ("", "https://mail.google.com/mail/u/0/?q=zoe@ecole.example", ("referrer", "mail.google.com", 1)),
        ("", "", ("direct", "(direct)", 1)),
        ("utm_source=News&utm_medium=email", "https://t.co/AbC", ("utm", "news", 1)),
        ("utm_source=zoe@ecole.example", "https://blog.example/", ("referrer", "blog.example", 1)),
        ("via=forged", "https://t.co.evil.example/", ("referrer", "t.co.evil.example", 1)),
        ("", "javascript:alert(1)", ("direct", "(direct)", 1)),
    ],
)
def test_a_visit_without_a_link_of_ours_is_the_pages(
    client: FlaskClient, world: World, path: str, query: str, referrer: str, expected: tuple[str, str, int]
) -> None:
    assert see(client, path, query, referrer) == 204
    [visit] = visits_of(world)
    assert (visit.evidence, visit.source, visit.link_id) == (*expected[:2], None)
    assert page_days(world) == [expected]


def test_a_way_between_our_own_pages_begins_no_visit(client: FlaskClient, world: World, path: str) -> None:
    assert see(client, path, "", "http://localhost/p/another") == 204
    assert visits_of(world) == []


def test_the_same_visitor_within_half_an_hour_is_one_visit(
    client: FlaskClient, world: World, path: str, clock: HandClock
) -> None:
    for minutes in (0, 20, 15):
        clock.advance(minutes=minutes)
        see(client, path)
        drain_hits(world)
    see(client, path, X_Forwarded_For="192.0.2.9", User_Agent=f"{FIREFOX} another")
    assert len(visits_of(world)) == 3


def test_a_member_a_bot_and_another_sites_page_confirm_nothing(
    client: FlaskClient, world: World, path: str, staff: Callable[..., FlaskClient]
) -> None:
    assert see(staff("marketer"), path) == 204
    assert see(client, path, User_Agent="Twitterbot/1.0") == 204
    assert see(client, path, Origin="https://evil.example", Sec_Fetch_Site="cross-site") == 403
    assert see(client, path, Origin="https://evil.example", Sec_Fetch_Site="") == 403
    assert see(client, "/p/nothing-here") == 404
    assert visits_of(world) == []


def test_a_flood_from_one_address_is_not_counted_but_clicks_of_ours_are(
    client: FlaskClient, world: World, place: Place, path: str, clock: HandClock
) -> None:
    for number in range(130):
        assert see(client, path, User_Agent=f"{FIREFOX} {number}") == 204
    assert see(client, path, click(client, world, place)) == 204
    assert len(visits_of(world)) == 121


def test_nothing_is_set_and_no_query_is_kept(client: FlaskClient, world: World, place: Place, path: str) -> None:
    answer = client.post(f"{path}/seen?e=zoe@ecole.example&via=x", data={"referrer": ""}, headers=PERSON | OWN)
    assert "Set-Cookie" not in answer.headers
    [visit] = visits_of(world)
    kept = {column.name: getattr(visit, column.name) for column in Visit.__table__.columns}
    assert "zoe" not in json.dumps(kept, default=str)


def send(client: FlaskClient, clock: HandClock, path: str, query: str = "", **data: str) -> Touch:
    clock.advance(seconds=30)
    answer = client.post(f"{path}?{query}", data={"email": "zoe@ecole.example", **data}, headers=PERSON | OWN)
    assert answer.status_code == 303
    return answer  # type: ignore[return-value]


@pytest.mark.parametrize(
    "query,told,expected",
    [
        ("", "https://t.co/AbC", ("x_unknown", "t.co")),
        ("", "https://duckduckgo.com/", ("referrer", "duckduckgo.com")),
        ("", "-", ("direct", None)),
        ("", "", ("direct", None)),
        ("utm_source=news", "https://t.co/AbC", ("utm", "t.co")),
        ("", "http://localhost/p/another", ("direct", None)),
        ("", "https://zoe@ecole.example:x/", ("referrer", "ecole.example")),
    ],
)
def test_a_forms_touch_proves_what_the_visit_proved(
    client: FlaskClient, world: World, path: str, clock: HandClock, query: str, told: str, expected: tuple[str, Any]
) -> None:
    send(client, clock, path, query, **{"pc-from": told})
    [touch] = rows_of(world, Touch)
    assert (touch.evidence, touch.referrer) == expected


def test_what_the_script_told_survives_a_form_that_comes_back(client: FlaskClient, path: str) -> None:
    answer = client.post(path, data={"email": "zoe@", "pc-from": "https://t.co/A"}, headers=PERSON | OWN)
    assert answer.status_code == 422
    assert '<input type="hidden" name="pc-from" value="https://t.co/A">' in answer.text


def test_a_form_without_script_confirms_its_visit(
    client: FlaskClient, world: World, place: Place, path: str, clock: HandClock
) -> None:
    send(client, clock, path, click(client, world, place))
    assert [visit.evidence for visit in visits_of(world)] == ["link+x"]
    assert confirmed(world) == 1
    send(client, clock, path, email="paul@ecole.example")
    assert [visit.evidence for visit in visits_of(world)] == ["link+x", "direct"]


class TestAtLevel0:
    @pytest.fixture
    def environ(self, environ: dict[str, str]) -> dict[str, str]:
        return environ | {"PERCHOIR_IDENTITY_LEVEL": "0"}

    def test_the_script_and_the_form_are_one_visit(
        self, client: FlaskClient, world: World, path: str, clock: HandClock
    ) -> None:
        see(client, path, "", "https://t.co/a")
        send(client, clock, path, **{"pc-from": "https://t.co/a"})
        [visit] = visits_of(world)
        assert visit.evidence == "x_unknown"

    def test_a_click_is_one_visit_however_often_it_is_told(
        self, client: FlaskClient, world: World, place: Place, path: str, clock: HandClock
    ) -> None:
        query = click(client, world, place)
        see(client, path, query)
        send(client, clock, path, query)
        assert (len(visits_of(world)), confirmed(world)) == (1, 1)


@pytest.mark.reference
def test_each_case_of_the_reference_without_a_link_holds_to_the_end(
    client: FlaskClient, world: World, clock: HandClock, reference: Path
) -> None:
    """From the browser to the visit, the day's count and the form's touch."""
    read = json.loads((reference / "attribution/source_cases.json").read_text())
    cases = [case for case in read["cases"] if not case["request"]["link"]]
    assert len(cases) > 5
    faults = []
    for number, case in enumerate(cases):
        asked, expected = case["request"], case["expect"]
        path = f"/p/{make_page(world, make_coupon(world)).slug}"
        referrer = (asked["referrer"] or "").replace(read["own_hosts"][0], "localhost")
        headers = OWN | {"User-Agent": asked["ua"] or "", **asked["headers"]}
        query = asked["query"].removeprefix("?")
        client.post(f"{path}/seen?{query}", data={"referrer": referrer}, headers=headers)
        before = {each.id for each in rows_of(world, Touch)}
        data = {"email": f"p{number}@ecole.example", "pc-from": referrer or "-"}
        clock.advance(minutes=1)
        assert client.post(f"{path}?{query}", data=data, headers=headers).status_code == 303
        drain_hits(world)
        [touch] = [each for each in rows_of(world, Touch) if each.id not in before]
        with world.db.read() as session:
            page_id = session.scalars(select(Page.id).where(Page.slug == path[3:])).one()
            seen = session.execute(
                select(PageDay.evidence, PageDay.source, PageDay.visits).where(PageDay.page_id == page_id)
            ).all()
        is_internal = expected.get("internal", expected["channel"] == "internal")
        wanted = [] if is_internal else [(expected["evidence"], expected["source"], 1)]
        if [tuple(row) for row in seen] != wanted or touch.evidence != expected["evidence"]:
            faults.append((case["name"], seen, touch.evidence, expected))
    assert faults == []


def test_a_page_carries_its_script_and_no_other(client: FlaskClient, path: str) -> None:
    html = client.get(path).text
    assert html.count("<script") == 1
    assert "/js/seen.js" in html
