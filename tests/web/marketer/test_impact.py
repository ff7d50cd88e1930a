"""The page of what campaigns brought."""

from collections.abc import Callable

from flask.testing import FlaskClient

from campaigns.world import World
from tests.clock import HandClock
from tests.makers.pressed import opened
from tests.makers.publishing import make_place, make_tweet
from tests.makers.tracking import follow, make_lead, make_person, make_sale

Staff = Callable[..., FlaskClient]


def cells(page: object) -> list[list[str]]:
    return [[cell.get_text(strip=True) for cell in row.select("td")] for row in page.select("tbody tr, tfoot tr")]  # type: ignore[attr-defined]


def test_each_campaign_and_the_total_of_the_period(world: World, clock: HandClock, staff: Staff) -> None:
    place = make_place(world)
    follow(world, make_tweet(world, place).link.code)
    person = make_person(world)
    make_lead(world, place, person)
    make_sale(world, place, person, 10_000)
    make_sale(world, place, person, 500, currency="CHF")
    marketer = staff("marketer")
    rows = [["1", "1", "1", "CHF\xa05.00 + €100.00"]]
    page = opened(marketer, "/impact")
    assert cells(page) == rows * 2
    clock.advance(seconds=40 * 86400)
    assert "Nothing in this period" in opened(staff("admin"), "/impact?days=28").get_text()


def test_leads_and_money_open_the_rows_that_they_count(world: World, clock: HandClock, staff: Staff) -> None:
    for amount in (10_000, 700):
        place = make_place(world)
        person = make_person(world)
        make_lead(world, place, person)
        make_sale(world, place, person, amount)
        clock.advance(days=27)
    make_sale(world, place, None, 300)
    marketer = staff("marketer")
    for days in ("28", "90"):
        links = opened(marketer, f"/impact?days={days}").select('a[href^="/conversions"]')
        assert len(links) == 4 + 2 * (1 if days == "28" else 2)
        for each in links:
            told = each.get_text(strip=True)
            heading = opened(marketer, str(each["href"])).select_one("h1")
            assert heading
            assert heading.get_text().startswith((f"{told} ×", f"{told},"))


def test_an_unknown_period_is_the_usual_one(staff: Staff) -> None:
    page = opened(staff("marketer"), "/impact?days=9999")
    assert page.select_one(".seg [aria-current]").get_text() == "90 days"  # type: ignore[union-attr]
