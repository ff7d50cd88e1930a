"""Importing tweets in the pages: a template, what would be made, what is wrong by line, all at once."""

import io
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from campaigns.world import World
from tests.makers.pressed import opened, press, soup
from tests.makers.publishing import Place, make_place
from tests.web.doors import csrf

Staff = Callable[..., FlaskClient]
GOOD = "text,scheduled_at\nSix : {link},2026-11-24T12:30\nSept : {link},\n"


@pytest.fixture
def place(world: World) -> Place:
    return make_place(world)


def test_what_would_be_made_is_seen_first_and_then_made(staff: Staff, place: Place) -> None:
    marketer, path = staff("marketer"), f"/campaigns/{place.campaign_id}/tweets/import"
    seen = press(marketer, path, "Check the lines", {"lines": GOOD})
    assert seen.status_code == 200
    told = soup(seen).get_text(" ", strip=True)
    for words in ("2 tweets can be made.", "X asks $0.40 for all of them.", "24 Nov"):
        assert words in told
    done = marketer.post(path, data={"csrf_token": csrf(marketer), "lines": GOOD, "do": "make"})
    assert done.status_code == 303
    listed = opened(marketer, done.location).get_text()
    assert "Six :" in listed
    assert "Sept :" in listed


@pytest.mark.parametrize("locale,word", [("en", "Write {link} where the link goes"), ("fr", "Écrivez {link}")])
def test_what_is_wrong_is_told_by_line_and_column_and_the_lines_stay(
    staff: Staff, place: Place, locale: str, word: str
) -> None:
    marketer, path = staff("marketer", locale=locale), f"/campaigns/{place.campaign_id}/tweets/import"
    lines = f"{GOOD}No link,\n"
    answer = marketer.post(path, data={"csrf_token": csrf(marketer), "lines": lines, "do": "make"})
    page = soup(answer)
    assert answer.status_code == 422
    [row] = page.select(".wrong-table tbody tr")
    assert row.select_one("th").get_text() == "4"  # type: ignore[union-attr]
    assert word in row.get_text()
    assert "No link" in page.select_one("textarea[name=lines]").get_text()  # type: ignore[union-attr]


def test_a_file_of_windows_is_read_and_its_template_is_one_that_works(staff: Staff, place: Place) -> None:
    marketer, path = staff("marketer"), f"/campaigns/{place.campaign_id}/tweets"
    template = marketer.get(f"{path}/template.csv").data
    for content, count in ((template, 2), ("text\nÉté : {link}\n".encode("cp1252"), 1)):
        files = {"csrf_token": csrf(marketer), "do": "check", "file": (io.BytesIO(content), "t.csv")}
        answer = marketer.post(f"{path}/import", data=files, content_type="multipart/form-data")
        assert answer.status_code == 200
        assert f"{count} tweet" in answer.text


def test_machines_import_too(api: Callable[..., FlaskClient], place: Place) -> None:
    client, path = api("marketer"), f"/api/v1/campaigns/{place.campaign_id}/tweets/import"
    told = client.post(path, json={"csv": GOOD, "zone": "Europe/Paris"}).get_json()
    assert (told["made"], [each["line"] for each in told["lines"]], told["wrong"]) == (False, [2, 3], [])
    assert client.post(path, json={"csv": GOOD, "zone": "Europe/Paris", "dry_run": False}).get_json()["made"]
    again = client.post(path, json={"csv": GOOD, "zone": "Europe/Paris", "dry_run": False}).get_json()
    assert [(each["line"], each["code"]) for each in again["wrong"]] == [(2, "tweet_duplicate")]
    assert len(client.get("/api/v1/tweets").get_json()["items"]) == 2
