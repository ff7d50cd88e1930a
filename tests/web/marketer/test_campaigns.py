"""Campaigns: made, changed, read."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from flask.testing import FlaskClient

from campaigns.kernel.money import Money
from campaigns.world import World
from tests.clock import HandClock
from tests.makers.planning import make_campaign, make_coupon
from tests.makers.pressed import field, opened, press, soup, told_beside
from tests.makers.publishing import make_place, make_tweet
from tests.makers.tracking import follow, make_lead, make_person, make_sale, make_touch

Staff = Callable[..., FlaskClient]


def test_the_first_page_leads_the_way_to_a_first_campaign(staff: Staff) -> None:
    home = opened(staff("marketer"), "/")
    assert home.find("a", href="/campaigns/new")
    assert "From nothing to a tweet" in home.get_text()


def test_a_campaign_is_made_and_leads_on_to_its_offer(staff: Staff) -> None:
    marketer = staff("marketer")
    made = press(marketer, "/campaigns/new", "Go on to the offer", {
        "name": "First issue", "goal_leads": "300", "starts_on": "2026-11-02", "ends_on": "2026-12-13",
        "budget": "1 234,50",
    })  # fmt: skip
    assert made.status_code == 303
    assert "/offers" in made.location
    page = opened(marketer, made.location)
    assert "What do people get" in page.get_text()
    listed = opened(marketer, "/campaigns").get_text()
    assert "First issue" in listed
    assert "€1,234.50" in listed


def test_a_campaign_that_is_wrong_hears_all_of_it_and_keeps_what_was_typed(staff: Staff) -> None:
    answer = press(staff("marketer"), "/campaigns/new", "Go on to the offer", {
        "name": "", "goal": "Schools of <Brittany>", "starts_on": "2026-12-13", "ends_on": "2026-11-02",
        "budget": "a lot",
    })  # fmt: skip
    page = soup(answer)
    assert answer.status_code == 422
    assert told_beside(page, "Name")
    assert told_beside(page, "Last day")
    assert told_beside(page, "Budget")
    assert field(page, "Goal").get_text().strip() == "Schools of <Brittany>"
    assert field(page, "Budget")["value"] == "a lot"


def test_the_days_of_a_campaign_are_its_own_zones(world: World, staff: Staff, clock: HandClock) -> None:
    campaign = make_campaign(world, zone="Europe/Paris", starts_on=date(2026, 11, 3), ends_on=date(2026, 11, 12))
    clock.set(datetime(2026, 11, 2, 22, 59, tzinfo=UTC))
    marketer = staff("marketer")
    assert "day 1 of 10" not in opened(marketer, f"/campaigns/{campaign.id}").get_text()
    clock.set(datetime(2026, 11, 2, 23, 1, tzinfo=UTC))
    assert "day 1 of 10" in opened(marketer, f"/campaigns/{campaign.id}").get_text()


def test_a_campaign_is_changed(world: World, staff: Staff) -> None:
    campaign, marketer = make_campaign(world, goal="Old"), staff("marketer")
    answer = press(marketer, f"/campaigns/{campaign.id}/edit", "Save the changes", {"goal": "New", "zone": "UTC"})
    assert answer.status_code == 303
    page = opened(marketer, f"/campaigns/{campaign.id}/edit")
    assert field(page, "Goal").get_text().strip() == "New"
    assert page.select_one("#zone option[selected]")["value"] == "UTC"  # type: ignore[index]


def test_living_currencies_are_offered_and_a_historic_one_only_where_it_is_kept(world: World, staff: Staff) -> None:
    client = staff("marketer")
    page = client.get("/campaigns/new").text
    assert all(f'value="{code}"' in page for code in ("EUR", "USD", "JPY", "XOF", "PLN"))
    assert not [code for code in ("DEM", "FRF", "XAU", "ITL") if f'value="{code}"' in page]
    kept = make_campaign(world, budget=Money(100_000, "DEM"))
    assert '<option selected value="DEM">' in client.get(f"/campaigns/{kept.id}/edit").text


def test_the_ledger_shows_each_tweet_the_rest_and_the_total(world: World, staff: Staff) -> None:
    place = make_place(world)
    found = make_tweet(world, place, "Number one {link}")
    follow(world, found.link.code)
    person = make_person(world)
    make_touch(world, person, found.tweet.id)
    make_lead(world, place, person)
    make_sale(world, place, person, 14_700)
    stranger = make_person(world)
    make_lead(world, place, stranger)
    page = opened(staff("marketer"), f"/campaigns/{place.campaign_id}")
    row, rest, total = page.select("table.ledger tbody tr, table.ledger tfoot tr")
    assert [cell.get_text(strip=True) for cell in row.select("td")] == [
        "1",
        "1",
        "0",
        "1",
        "100.0%20.7%–100.0%",
        "1",
        "€147.00",
    ]
    assert [cell.get_text(strip=True) for cell in rest.select("td")] == ["0", "0", "0", "1", "", "0", "—"]
    assert [cell.get_text(strip=True) for cell in total.select("td")] == [
        "1",
        "1",
        "0",
        "2",
        "100.0%20.7%–100.0%",
        "1",
        "€147.00",
    ]


def test_sales_reads_campaigns_and_changes_none(world: World, staff: Staff) -> None:
    campaign, sales = make_campaign(world), staff("sales")
    offer = make_coupon(world, campaign)
    assert sales.get("/").location == "/leads"
    assert sales.get("/campaigns").status_code == 200
    page = opened(sales, f"/campaigns/{campaign.id}")
    assert "Write a tweet" not in page.get_text()
    closed = (
        "/campaigns/new", f"/campaigns/{campaign.id}/edit", f"/campaigns/{campaign.id}/offers", f"/offers/{offer.id}",
        f"/offers/{offer.id}/pages/new", "/tweets", "/tweets/new", "/impact",
    )  # fmt: skip
    assert {path: sales.get(path).status_code for path in closed} == dict.fromkeys(closed, 403)
    assert sales.post("/campaigns/new", data={"name": "Mine"}).status_code == 403


@pytest.mark.parametrize("path", ["/campaigns", "/campaigns/new", "/tweets", "/tweets/new", "/impact", "/"])
def test_pages_without_anything_say_what_will_stand_there_in_french(staff: Staff, path: str) -> None:
    page = opened(staff("marketer", locale="fr"), path)
    assert page.select_one("html[lang=fr]")
    assert page.select_one("h1")
