"""Reports that are shared, saved and printed: figures and tweets for outsiders, never a person."""

import re
from collections.abc import Callable
from html import unescape

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from campaigns.flows.plan_tweet import publish
from campaigns.flows.publish_due import publish_due
from campaigns.world import World
from tests.clock import HandClock
from tests.makers.publishing import Place, make_place, make_tweet
from tests.makers.tracking import follow, make_lead, make_person, make_sale, make_touch
from tests.web.doors import csrf

Staff = Callable[..., FlaskClient]


@pytest.fixture
def place(world: World) -> Place:
    """A tweet that brought a lead who paid."""
    place = make_place(world)
    made = make_tweet(world, place, "Le guide : {link}")
    make_tweet(world, place, "Still secret, ask paul@acme.example {link}")
    publish(world, made.tweet.id, who="Léa")
    publish_due(world, "w")
    follow(world, made.link.code)
    person = make_person(world, "zoe@ecole.example")
    make_touch(world, person, made.tweet.id)
    make_lead(world, place, person)
    make_sale(world, place, person, 1_234)
    return place


def post(client: FlaskClient, path: str, **data: str) -> TestResponse:
    return client.post(path, data={"csrf_token": csrf(client)} | data)


def shared(client: FlaskClient, place: Place, query: str = "", days: str = "30") -> str:
    """The path of a report that was just shared."""
    page = post(client, f"/campaigns/{place.campaign_id}/shares?{query}", days=days).text
    found = re.search(r'id="made">[^<]*(/r/[^<]+)<', page)
    assert found
    return found[1]


def test_a_shared_report_shows_its_figures_to_a_stranger_and_nobody_s_name(
    place: Place, staff: Staff, client: FlaskClient
) -> None:
    path = shared(staff("marketer"), place)
    answer = client.get(path)
    page = unescape(answer.text)
    assert answer.status_code == 200
    assert "Le guide" in page
    assert "€12.34" in page
    assert "zoe" not in page
    assert "Still secret" not in page  # what isn’t out is nobody’s outside
    assert not re.findall(r'href="(?!/static)', page)  # no way further in
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "noindex" in answer.headers["X-Robots-Tag"]


def test_it_is_looked_at_through_the_lens_it_was_shared_with(place: Place, staff: Staff, client: FlaskClient) -> None:
    path = shared(staff("marketer"), place, "model=linear&lookback_days=7&from=2026-11-01")
    assert "Linear, 7 days" in unescape(client.get(path).text)


def test_it_ends_and_is_taken_back(place: Place, staff: Staff, client: FlaskClient, clock: HandClock) -> None:
    marketer = staff("marketer")
    short, long = shared(marketer, place, days="7"), shared(marketer, place, days="90")
    assert client.get(short).status_code == client.get(long).status_code == 200
    clock.advance(days=7)
    marketer = staff("admin")
    assert (client.get(short).status_code, client.get(long).status_code) == (410, 200)
    page = marketer.get(f"/campaigns/{place.campaign_id}/shares").text
    [revoke] = re.findall(r'action="([^"]+/revoke)"', page)
    assert ">2<" in page  # how often it was opened
    assert page.count('<small class="muted"> ended<') == 1
    assert post(marketer, revoke).status_code == post(marketer, revoke).status_code == 303
    assert client.get(long).status_code == 410
    assert "shared a report" in marketer.get("/settings/log").text


@pytest.mark.parametrize("path", ["/r/x", "/r/" + "x" * 300, "/r/é"])
def test_a_secret_that_is_none_opens_nothing(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_how_long_is_chosen_among_three_and_sales_share_nothing(place: Place, staff: Staff) -> None:
    path = f"/campaigns/{place.campaign_id}/shares"
    assert post(staff("marketer"), path, days="9999").status_code == 422
    assert post(staff("sales"), path, days="7").status_code == 403


def test_who_asks_too_often_waits(client: FlaskClient) -> None:
    statuses = [client.get("/r/x").status_code for _ in range(61)]
    assert statuses[-1] == 429
    assert set(statuses[:-1]) == {404}


def test_a_report_is_saved_opened_renamed_and_deleted(place: Place, staff: Staff) -> None:
    marketer, address = staff("marketer"), f"/campaigns/{place.campaign_id}?model=linear"
    assert f'value="{address}"' in marketer.get("/reports", query_string={"address": address}).text
    assert post(marketer, "/reports", name="Every Monday", address=address).status_code == 303
    page = marketer.get("/reports").text
    assert f'<a href="{address}">Every Monday</a>' in page
    [rename] = re.findall(r'action="([^"]+/rename)"', page)
    other = staff("admin")
    assert "Every Monday" not in other.get("/reports").text
    assert post(other, rename, name="Mine").status_code == 404
    post(marketer, rename, name="On Fridays", for_everyone="on")
    page = other.get("/reports").text
    assert "On Fridays" in page
    assert "/rename" not in page
    post(marketer, rename.replace("/rename", "/delete"))
    assert "Nothing saved yet" in marketer.get("/reports").text


@pytest.mark.parametrize(
    "typed", [{"name": ""}, {"name": "x" * 121}, {"address": "//evil.example/"}, {"address": "https://evil.example/"},
              {"address": "/sign-out"}, {"address": "/campaigns/\\evil"},
              {"address": "/campaigns/%2e%2e/sign-out"}, {"address": "/conversionsX"},
              {"address": "/campaigns/" + "x" * 2_000}],
)  # fmt: skip
def test_a_name_that_is_none_and_an_address_elsewhere_are_refused(staff: Staff, typed: dict[str, str]) -> None:
    right = {"name": "Every Monday", "address": "/campaigns/x"}
    assert post(staff("marketer"), "/reports", **(right | typed)).status_code == 422


def test_a_printed_report_has_the_same_totals(place: Place, staff: Staff) -> None:
    page = unescape(staff("sales").get(f"/campaigns/{place.campaign_id}/print?model=linear").text)
    assert "Linear, 90 days" in page
    assert "€12.34" in page


@pytest.mark.parametrize("group", ["contact", "campaign"])
def test_rows_that_name_persons_or_other_campaigns_are_not_shared(place: Place, staff: Staff, group: str) -> None:
    answer = post(staff("marketer"), f"/campaigns/{place.campaign_id}/shares?group={group}", days="7")
    assert answer.status_code == 422
    assert "share it with other rows" in answer.text
