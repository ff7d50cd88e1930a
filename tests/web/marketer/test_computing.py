"""A lens that nobody asked for yet: its pages say how far they are, until the figures are there."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from campaigns.crediting.models import Lens
from campaigns.flows.pack_conversions import keep_sums, pack_conversions
from campaigns.world import World
from tests.clock import HandClock
from tests.conftest import signed_in
from tests.makers.publishing import Place, make_place, make_tweet
from tests.makers.tracking import make_lead, make_person, make_touch
from web import create_app

PACKS = 4
PAGES = ["?period=ever&model=linear", "/compare?period=ever&model=position", "/print?period=ever&model=first_touch"]


@pytest.fixture
def place(world: World, clock: HandClock) -> Place:
    """Twelve leads, in packs of three."""
    place = make_place(world)
    tweet = make_tweet(world, place).tweet.id
    for _ in range(3 * PACKS):
        person = make_person(world)
        make_touch(world, person, tweet, at=clock.now() - timedelta(hours=1))
        make_lead(world, place, person)
    clock.advance(days=3650)  # ids are of the machine's time
    assert pack_conversions(world, size=3) == PACKS
    return place


@pytest.fixture
def hurried(world: World) -> World:
    """One that shows at once how far it is."""
    return replace(world, settings=world.settings.model_copy(update={"report_wait_s": 0}))


@pytest.mark.parametrize("page", PAGES)
def test_it_says_how_far_it_is_and_asks_again_until_the_figures_are_there(
    hurried: World, place: Place, page: str
) -> None:
    client = signed_in(create_app(hurried), hurried, "marketer")
    address, shown = f"/campaigns/{place.campaign_id}{page}", []
    while (answer := client.get(address)).status_code == 202:
        assert answer.headers["Refresh"] == "0"
        shown += re.findall(r'<progress [^>]*value="(\d+)" max="(\d+)"', answer.text)
        assert "Computing the report" in answer.text
    assert shown == [(f"{n}", f"{PACKS}") for n in range(1, PACKS)]
    assert answer.status_code == 200
    assert "Refresh" not in answer.headers
    assert client.get(address).status_code == 200


def test_the_usual_report_and_files_are_there_at_the_first_asking(hurried: World, place: Place) -> None:
    client = signed_in(create_app(hurried), hurried, "marketer")
    path = f"/campaigns/{place.campaign_id}"
    assert client.get(f"{path}?period=ever").status_code == 200
    rows = client.get(f"{path}?period=ever&model=linear&table=ledger&format=json").get_json()
    assert rows[0]["leads"] == 3 * PACKS
    assert client.get(f"{path}/report.csv?period=ever&model=position").status_code == 200


def test_nobody_waits_for_what_takes_no_time(world: World, place: Place, staff: Callable[..., FlaskClient]) -> None:
    assert staff("marketer").get(f"/campaigns/{place.campaign_id}?model=linear&period=ever").status_code == 200
    assert keep_sums(world, place.campaign_id, Lens("linear"), rehearsal=True, for_s=0) == (PACKS, PACKS)
