"""GET /p/<slug> from a copy: Flask's own answer, new as soon as something changes, there while nothing else is."""

from dataclasses import replace
from time import sleep

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from campaigns.kernel import zones
from campaigns.kernel.db import Database
from campaigns.planning import campaigns, offers, pages
from campaigns.planning.offers import Offer
from campaigns.tracking.directory import Directory
from campaigns.world import World
from tests.clock import HandClock
from tests.makers.planning import make_coupon, make_page
from tests.makers.publishing import Place, make_place
from web import create_app
from web.prospect.copies import Copies


@pytest.fixture
def place(world: World) -> Place:
    return make_place(world)


def _slug(world: World, place: Place) -> str:
    with world.db.read() as session:
        return pages.find(session, place.page_id).slug


def test_a_copy_is_flasks_own_answer_and_asks_nothing(app: Flask, world: World, place: Place) -> None:
    client, path = app.test_client(), f"/p/{_slug(world, place)}?utm_source=x"
    first = client.get(path)
    app.view_functions["prospect.page"] = lambda slug: ("asked again", 500)
    second = client.get(path)
    assert (second.status_code, second.data) == (200, first.data)
    assert list(second.headers) == list(first.headers)
    assert "Set-Cookie" not in second.headers


def test_each_copy_has_the_stamp_of_its_own_moment(app: Flask, world: World, place: Place, clock: HandClock) -> None:
    client, path = app.test_client(), f"/p/{_slug(world, place)}"
    first = client.get(path).data
    clock.advance(seconds=1)
    second = client.get(path).data
    assert first != second
    assert len(first) == len(second)


def test_a_change_is_seen_at_once_here_and_soon_elsewhere(app: Flask, world: World, place: Place) -> None:
    elsewhere = Database(world.db.url.render_as_string(hide_password=False))
    other = create_app(replace(world, db=elsewhere, directory=Directory(elsewhere, world.settings))).test_client()
    here, path = app.test_client(), f"/p/{_slug(world, place)}"
    assert here.get(path).status_code == other.get(path).status_code == 200
    with world.db.write() as session:
        page = pages.find(session, place.page_id)
        pages.update(session, page, replace(pages.draft_of(page), headline="Another headline"), world.clock.now())
    assert "Another headline" in here.get(path).text
    for _ in range(100):
        if "Another headline" in (text := other.get(path).text):
            break
        sleep(0.02)
    assert "Another headline" in text
    with world.db.write() as session:
        pages.close(session, pages.find(session, place.page_id), world.clock.now())
    assert here.get(path).status_code == 410
    elsewhere.close()


def test_the_codes_that_are_left_are_told_within_two_seconds(
    app: Flask, world: World, clock: HandClock, place: Place
) -> None:
    with world.db.read() as session:
        campaign = campaigns.find(session, place.campaign_id)
    offer = make_coupon(world, campaign, stock=40)
    page = make_page(world, offer)
    client = app.test_client()
    assert "40" in client.get(f"/p/{page.slug}").text
    with world.db.write() as session:
        session.execute(update(Offer).where(Offer.id == offer.id).values(issued=3))
        assert offers.find(session, offer.id).issued == 3
    clock.advance(seconds=2)
    assert ">37<" in client.get(f"/p/{page.slug}").text


def test_a_page_stays_while_the_database_is_away(app: Flask, world: World, place: Place, clock: HandClock) -> None:
    client, path = app.test_client(), f"/p/{_slug(world, place)}"
    assert client.get(path).status_code == 200
    world.directory._failed = True
    world.directory._looked_at = float("inf")
    clock.advance(hours=1)
    assert client.get(path).status_code == 200


def test_what_is_no_page_is_never_kept(client: FlaskClient) -> None:
    assert client.get("/p/nothing").status_code == 404
    assert client.get("/p/nothing").status_code == 404
    assert isinstance(client.application.wsgi_app._next, Copies)  # type: ignore[attr-defined]


def test_a_head_is_answered_from_the_copy_with_the_same_headers(app: Flask, world: World, place: Place) -> None:
    client, path = app.test_client(), f"/p/{_slug(world, place)}"
    asked = client.head(path)
    page = client.get(path)
    app.view_functions["prospect.page"] = lambda slug: ("asked again", 500)
    copy = client.head(path)
    assert (copy.status_code, copy.data) == (200, b"")
    assert list(copy.headers) == list(page.headers) == list(asked.headers)


def test_when_its_offer_ends_a_page_ends_whatever_the_database_does(app: Flask, world: World, clock: HandClock) -> None:
    client = app.test_client()
    path = f"/p/{make_page(world, make_coupon(world, expires_on=zones.day(clock.now(), 'Europe/Paris'))).slug}"
    assert "Last day" in client.get(path).text
    clock.advance(hours=24)
    assert client.get(path).status_code == 410


class TestAtLevel2:
    @pytest.fixture
    def environ(self, environ: dict[str, str]) -> dict[str, str]:
        return environ | {"PERCHOIR_IDENTITY_LEVEL": "2"}

    def test_each_answer_to_the_banner_has_its_own_copy(self, app: Flask, world: World, place: Place) -> None:
        path = f"/p/{_slug(world, place)}"
        asked, agreed, refused = app.test_client(), app.test_client(), app.test_client()
        agreed.post(path, data={"pc-choice": "yes"})
        refused.post(path, data={"pc-choice": "no"})
        pages_ = {name: each.get(path).data for name, each in (("ask", asked), ("yes", agreed), ("no", refused))}
        private = app.test_client().get(path, headers={"Sec-GPC": "1"}).data
        assert len({*pages_.values(), private}) == 4
        app.view_functions["prospect.page"] = lambda slug: ("asked again", 500)
        for name, each in (("ask", asked), ("yes", agreed), ("no", refused)):
            assert each.get(path).data == pages_[name]
        assert asked.get(path, headers={"DNT": "1"}).data == private
