"""Many links from lines of CSV: a dry run that tells every bad line, then all of them or none, and once."""

import csv
import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from sqlalchemy import func, select

from campaigns.people import audits
from campaigns.tracking import links
from campaigns.tracking.links import Link
from campaigns.world import World
from tests.makers.pressed import field, opened, press, press_in, soup, told_beside
from tests.makers.publishing import Place, make_place
from tests.makers.tracking import follow

Staff = Callable[..., FlaskClient]
HEAD = "code,name,channel,offer,target,starts_at,most_clicks,forwarding,forwarded"
GOOD = f"""{HEAD}
lettre-1,Novembre,newsletter,Moins 10 %,,,,,
,Zoé,x_influencer,,https://a.example/?x=1,,500,listed,ref page
"""


@pytest.fixture
def place(world: World) -> Place:
    return make_place(world)


@pytest.fixture
def path(place: Place) -> str:
    return f"/campaigns/{place.campaign_id}/links/import"


def count(world: World) -> int:
    with world.db.read() as session:
        return session.scalar(select(func.count()).select_from(Link)) or 0


def wrong(page: BeautifulSoup) -> list[tuple[str, ...]]:
    """Each bad line as it is told: number, column, reason."""
    rows = page.select(".wrong-table tbody tr")
    return [tuple(cell.get_text(strip=True) for cell in row.select("th, td")) for row in rows]


def test_a_file_is_checked_first_and_then_made_whole(world: World, staff: Staff, path: str) -> None:
    marketer = staff("marketer")
    checked = press(marketer, path, "Check the lines", {"file": (io.BytesIO(GOOD.encode()), "links.csv")})
    page = soup(checked)
    assert checked.status_code == 200
    assert "2 links can be made." in page.get_text()
    assert "1 of them has no code of its own" in page.get_text()
    assert count(world) == 0
    done = press_in(marketer, page, path, "Make all 2 links")
    assert done.status_code == 303
    listed = opened(marketer, done.location)
    assert [each.get_text(strip=True) for each in listed.select("#rows th a")] == ["Zoé", "Novembre"]
    assert "These links were made together" in listed.get_text()
    assert (follow(world, "lettre-1") or "").startswith("http://localhost/p/")
    with world.db.read() as session:
        link = session.scalars(select(Link).where(Link.name == "Zoé")).one()
        [noted] = audits.list_page(session).items
    assert (link.most_clicks, link.forwarding, link.forwarded, link.medium) == (
        500, "listed", ["ref", "page"], "influencer",
    )  # fmt: skip
    assert (noted.action, noted.who, noted.details) == ("links.imported", "Léa Martin", {"rows": 2})
    download = listed.find("a", string="Download these as CSV")
    rows = list(csv.DictReader(io.StringIO(marketer.get(str(download["href"])).text)))  # type: ignore[index]
    assert [(row["name"], row["url"]) for row in rows] == [
        ("Zoé", f"http://localhost/l/{link.code}"), ("Novembre", "http://localhost/l/lettre-1"),
    ]  # fmt: skip


def test_every_bad_line_is_told_by_number_column_and_reason_and_nothing_is_made(
    world: World, staff: Staff, path: str
) -> None:
    lines = [
        HEAD,
        "good-1,,newsletter,Moins 10 %,,,,,",
        "a b,,newsletter,Moins 10 %,,,,,",
        "admin,,pigeon,Moins 10 %,,,,,",
        "good-1,,blog,Moins 10 %,,,,,",
        "",
        "c-1,,blog,No such offer,,,,,",
        'd-1,"two\nlines",blog,,,,,,',
        "e-1,,blog,,javascript:x,soon,many,all,",
        "f-1,,blog,,https://a.example/,2027-03-28T02:30,,listed,",
        "g-1,,blog,,https://a.example/,,,,,,,one too many",
    ]
    marketer = staff("marketer")
    answer = press(marketer, path, "Check the lines", {"links": "\n".join(lines)})
    page = soup(answer)
    assert answer.status_code == 422
    assert {(line, column) for line, column, _ in wrong(page)} == {
        ("3", "code"), ("4", "channel"), ("4", "code"), ("5", "code"), ("7", "offer"), ("8", "target"),
        ("10", "most_clicks"), ("10", "starts_at"), ("10", "target"),
        ("11", "forwarded"), ("11", "starts_at"), ("12", ""),
    }  # fmt: skip
    assert [int(line) for line, _, _ in wrong(page)] == sorted(int(line) for line, _, _ in wrong(page))
    told = {(line, column): why for line, column, why in wrong(page)}
    assert told["5", "code"] == "Line 2 has the code “good-1” already"
    assert told["7", "offer"] == "There is no such offer"
    assert told["10", "starts_at"] == "This can’t be read as 2026-12-13T08:05"
    assert "more cells" in told["12", ""]
    assert "8 lines are to be mended, so nothing was made" in page.get_text()
    assert field(page, "Or its lines, pasted here").get_text().strip().startswith(HEAD)
    assert not [each for each in page.select("button") if "Make" in each.get_text()]
    assert count(world) == 0


def test_the_button_that_makes_them_checks_again(world: World, staff: Staff, path: str) -> None:
    marketer = staff("marketer")
    page = soup(press(marketer, path, "Check the lines", {"links": GOOD}))
    answer = press_in(marketer, page, path, "Make all 2 links", {"links": GOOD + "x y,,blog,Moins 10 %,,,,,\n"})
    assert answer.status_code == 422
    assert [(line, column) for line, column, _ in wrong(soup(answer))] == [("4", "code")]
    assert count(world) == 0


def test_the_same_lines_make_nothing_twice_with_or_without_codes(world: World, staff: Staff, path: str) -> None:
    marketer = staff("marketer")
    without = "name,target\nA,https://a.example/\n"
    page = soup(press(marketer, path, "Check the lines", {"links": without}))
    assert press_in(marketer, page, path, "Make 1 link").status_code == 303
    twice = press_in(marketer, page, path, "Make 1 link")
    assert twice.status_code == 422
    assert "imported already" in told_beside(soup(twice), "Or its lines, pasted here")
    again = press(marketer, path, "Check the lines", {"links": without.replace("\n", "\r\n") + "\r\n"})
    assert "imported already" in told_beside(soup(again), "Or its lines, pasted here")
    assert count(world) == 1
    page = soup(press(marketer, path, "Check the lines", {"links": GOOD}))
    press_in(marketer, page, path, "Make all 2 links")
    one_more = press(marketer, path, "Check the lines", {"links": GOOD + "b-1,,blog,Moins 10 %,,,,,\n"})
    assert wrong(soup(one_more)) == [("2", "code", "Another link has the code “lettre-1” already")]


@pytest.mark.parametrize(
    "content",
    [
        GOOD.encode("utf-8-sig"),
        GOOD.encode("utf-16"),
        GOOD.replace(",", ";").encode("cp1252"),
        GOOD.replace(",", "\t").encode(),
        GOOD.replace("\n", "\r\n").encode(),
        GOOD.replace("\n", "\r").encode(),
        b"\n\n" + GOOD.encode(),
        ("sep=;\r\n" + GOOD.replace(",", ";")).encode("utf-8-sig"),
        GOOD.upper().split("\n", 1)[0].encode() + b"\n" + GOOD.split("\n", 1)[1].encode(),
    ],
)
def test_what_spreadsheets_save_is_read(world: World, staff: Staff, path: str, content: bytes) -> None:
    answer = press(staff("marketer"), path, "Check the lines", {"file": (io.BytesIO(content), "links.csv")})
    assert "2 links can be made." in soup(answer).get_text()
    assert "Zoé" in field(soup(answer), "Or its lines, pasted here").get_text()


@pytest.mark.parametrize(
    "text,told",
    [
        ("", "Paste lines of CSV"),
        (HEAD, "Paste lines of CSV"),
        ("target\n" + "https://a.example/\n" * 1_001, "1,000 lines at most; this has 1,001"),
    ],
)
def test_a_file_that_is_none_is_told_beside_its_field(staff: Staff, path: str, text: str, told: str) -> None:
    answer = press(staff("marketer"), path, "Check the lines", {"links": text})
    assert answer.status_code == 422
    assert told in told_beside(soup(answer), "Or its lines, pasted here")


@pytest.mark.parametrize(
    "text,line,told",
    [
        ("code,price,target\n", "1", "There is no column “price”"),
        ("code,code,target\n", "1", "Two columns are called “code”"),
        ("hello\nworld\n", "1", "can’t be read as lines of CSV"),
        ('code,target\n"x,https://a.example/\n', "2", "can’t be read as lines of CSV"),
        ("code,target\nx\x00y,https://a.example/\n", "2", ""),
        ("<script>alert(1)</script>,target\n", "1", "<script>alert(1)</script>"),
    ],
)
def test_what_is_no_table_is_told_with_its_line(staff: Staff, path: str, text: str, line: str, told: str) -> None:
    answer = press(staff("marketer"), path, "Check the lines", {"links": text})
    assert answer.status_code == 422
    assert wrong(soup(answer))[0][0] == line
    assert told in wrong(soup(answer))[0][2]


def test_a_thousand_links_are_made_at_once(world: World, staff: Staff, path: str) -> None:
    lines = [f"{n},{'é' * 100},https://a.example/{'x' * 200}/{n}" for n in range(1_000)]
    text = "\n".join(["name,contact,target", *lines])
    marketer = staff("marketer")
    page = soup(press(marketer, path, "Check the lines", {"links": text}))
    assert "1,000 links can be made." in page.get_text()
    assert press_in(marketer, page, path, "Make all 1,000 links").status_code == 303
    assert count(world) == 1_000


def test_figures_and_lists_are_read_as_the_form_reads_them(world: World, staff: Staff, path: str) -> None:
    text = "target;most_clicks;forwarding;forwarded\nhttps://a.example/;1 000;listed;ref, page"
    marketer = staff("marketer")
    page = soup(press(marketer, path, "Check the lines", {"links": text}))
    assert press_in(marketer, page, path, "Make 1 link").status_code == 303
    with world.db.read() as session:
        [link] = session.scalars(select(Link)).all()
    assert (link.most_clicks, link.forwarded) == (1_000, ["ref", "page"])


def test_the_template_is_a_file_that_can_be_imported(world: World, staff: Staff, path: str, place: Place) -> None:
    marketer = staff("marketer")
    template = marketer.get(path.replace("import", "template.csv"))
    assert template.headers["Content-Disposition"] == 'attachment; filename="links-template.csv"'
    answer = press(marketer, path, "Check the lines", {"links": template.text})
    assert "3 links can be made." in soup(answer).get_text()


def test_faults_are_told_in_french(staff: Staff, path: str) -> None:
    answer = press(staff("marketer", locale="fr"), path, "Vérifier les lignes", {"links": "code,target\nadmin,x\n"})
    told = {column: why for _, column, why in wrong(soup(answer))}
    assert told["code"] == "Perchoir a lui-même besoin du mot «\u00a0admin\u00a0»"
    assert "1 ligne est à corriger\u00a0: rien n’a été créé" in soup(answer).get_text()


def test_which_campaign_is_asked_when_there_are_several(world: World, staff: Staff, path: str) -> None:
    marketer = staff("marketer")
    assert marketer.get("/links/import").location == path
    make_place(world)
    page = opened(marketer, "/links/import")
    assert len([each for each in page.select("main .choose a") if re.search("/links/import$", str(each["href"]))]) == 2


def test_a_code_that_is_taken_while_they_are_made_undoes_all(
    world: World, staff: Staff, path: str, place: Place
) -> None:
    marketer = staff("marketer")
    page = soup(press(marketer, path, "Check the lines", {"links": GOOD}))
    other: dict[str, Any] = {"name": "Mine", "code": "lettre-1"}
    press(marketer, f"/campaigns/{place.campaign_id}/links/new", "Make the link", other)
    answer = press_in(marketer, page, path, "Make all 2 links")
    assert answer.status_code == 422
    assert count(world) == 1
    with world.db.read() as session:
        assert links.find_by_code(session, "lettre-1").name == "Mine"
