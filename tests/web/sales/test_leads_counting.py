"""Many leads at once that don't count, on the desk, and that count again."""

import html
import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from campaigns.world import World
from tests.makers.capturing import lead_of
from tests.makers.publishing import Place, make_place
from tests.makers.tracking import make_lead, make_person
from tests.web.doors import csrf
from tests.web.sales.test_leads import listed, tabs

Staff = Callable[..., FlaskClient]
NOBODY = "0193a1b2-0000-7000-8000-00000000000a"


def make(world: World, place: Place, *names: str) -> list[str]:
    return [make_lead(world, place, make_person(world, f"{n}@x.example"), search=f"{n}@x.example") for n in names]


def say(client: FlaskClient, ids: list[str], why: str, address: str = "/leads") -> tuple[int, str]:
    """As the browser sends it: with the other choice of the same form."""
    data = {"csrf_token": csrf(client), "lead": ids, "state": "contacted", "excluded": why, "do": "counts"}
    answer = client.post(address, data=data)
    return answer.status_code, answer.headers.get("Location", answer.text)


def whys(world: World, ids: list[str]) -> list[str | None]:
    return [lead_of(world, each).excluded for each in ids]


@pytest.mark.both_databases
def test_ticked_leads_count_no_more_and_are_brought_back_from_their_own_list(staff: Staff, world: World) -> None:
    place = make_place(world)
    ids = make(world, place, "a", "b", "c")
    client = staff("sales")
    status, where = say(client, ids[:2], "spam", "/leads?state=new&q=x.example")
    assert (status, where) == (303, "/leads?q=x.example&state=new&done=excluded")
    assert (whys(world, ids), lead_of(world, ids[0]).state) == (["spam", "spam", None], "new")
    page = client.get(where).text
    assert listed(page) == ["c@x.example"]
    assert "They count no more." in page
    found = re.search(r'<a href="([^"]+)">See those that don’t count</a>', page)
    assert found
    others = html.unescape(found[1])
    page = client.get(others).text
    assert sorted(listed(page)) == ["a@x.example", "b@x.example"]
    assert re.search(r'<select[^>]*name="excluded">\s*<option value="">Counted again</option>', page)
    status, where = say(client, ids[:2], "", others)
    assert (status, where) == (303, "/leads?counts=no&done=counted")
    assert whys(world, ids) == [None] * 3
    page = client.get(where).text
    assert (listed(page), "They count again." in page) == ([], True)


def test_those_that_do_not_count_are_a_view_with_its_count(staff: Staff, world: World) -> None:
    place = make_place(world)
    ids = make(world, place, "a", "b", "c")
    client = staff("sales")
    assert tabs(client.get("/leads").text)["Not counted"] == "0"
    say(client, ids[:1], "internal")
    for address in ("/leads", "/leads?state=new", "/leads?counts=no"):
        told = tabs(client.get(address).text)
        assert (told["All"], told["New"], told["Not counted"]) == ("2", "2", "1")
    page = client.get("/leads?counts=no&q=x.example").text
    assert re.findall(r'aria-current="page">([^<]+) <span class="count">', page) == ["Not counted"]
    assert '<input type="hidden" name="counts" value="no">' in page  # a search stays among them
    assert "One of our own people" in page


def test_said_again_it_changes_nothing(staff: Staff, world: World) -> None:
    ids = make(world, make_place(world), "a", "b")
    client = staff("sales")
    assert [say(client, ids, "test")[0] for _ in range(2)] == [303, 303]
    page = client.get(f"/leads/{ids[0]}").text
    assert page.count("not counted: a test") == 2  # beside the name, and once in the history


def test_what_cannot_be_done_says_so_and_changes_none(staff: Staff, world: World) -> None:
    ids = make(world, make_place(world), "a")
    client = staff("sales")
    for ticked, why, told in (
        ([], "test", "Tick one lead or more"),
        ([*ids, NOBODY], "test", "There is no such lead"),
        (ids, "withdrawn", "Choose one of the list"),
    ):
        status, page = say(client, ticked, why)
        assert (status, listed(page)) == (422, ["a@x.example"])
        assert told in page
    assert whys(world, ids) == [None]


def test_neither_marketers_nor_another_sites_page_say_it(staff: Staff, world: World) -> None:
    ids = make(world, make_place(world), "a")
    assert say(staff("marketer"), ids, "test")[0] == 403
    client = staff("sales")
    data = {"lead": ids, "excluded": "test", "do": "counts"}
    assert client.post("/leads", data=data).status_code == 403
    away = {"Sec-Fetch-Site": "cross-site"}
    assert client.post("/leads", data=data | {"csrf_token": csrf(client)}, headers=away).status_code == 403
    assert whys(world, ids) == [None]
