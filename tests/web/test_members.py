"""Members are no visitors: their clicks are internal, on the short domain too, where their cookie doesn't go."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from campaigns.flows.drain_hits import drain_hits
from campaigns.flows.keep_house import keep_house
from campaigns.tracking.hits import Hit
from campaigns.tracking.visitors import MemberVisitor
from campaigns.world import World
from tests.clock import HandClock
from tests.makers.capturing import count_of
from tests.makers.publishing import make_tweet
from tests.makers.tracking import FIREFOX

AGENT = {"User-Agent": f"{FIREFOX} Été"}


@pytest.fixture
def environ(environ: dict[str, str]) -> dict[str, str]:
    return environ | {"PERCHOIR_SHORT_URL": "https://go.example", "PERCHOIR_TRUSTED_PROXIES": "1"}


@pytest.fixture
def link(world: World) -> str:
    """The code of a tweet that was really posted."""
    return make_tweet(world).link.code


def classes(world: World) -> list[str]:
    drain_hits(world)
    with world.db.read() as session:
        return list(session.scalars(select(Hit.klass).order_by(Hit.id)))


def at(address: str, **headers: str) -> dict[str, str]:
    return AGENT | {"X-Forwarded-For": address} | headers


def test_who_looks_at_a_staff_page_is_internal_on_the_short_domain(
    world: World, app: Flask, staff: Callable[..., FlaskClient], link: str, clock: HandClock
) -> None:
    staff("marketer").get("/tweets", headers=at("192.0.2.1"))
    stranger = app.test_client()
    for address in ("192.0.2.1", "192.0.2.2"):
        clock.advance(seconds=1)
        assert stranger.get(f"/{link}", headers=at(address, Host="go.example")).status_code == 302
    assert classes(world) == ["internal", "human"]


def test_a_member_is_written_down_once_a_day_and_process(
    world: World, staff: Callable[..., FlaskClient], clock: HandClock
) -> None:
    member = staff("marketer")
    for _ in range(3):
        member.get("/tweets", headers=at("192.0.2.1"))
    assert count_of(world, MemberVisitor) == [1]
    clock.advance(hours=3)
    member.get("/tweets", headers=at("192.0.2.9"))
    assert count_of(world, MemberVisitor) == [2]


def test_another_process_may_write_the_same_member_down(world: World, staff: Callable[..., FlaskClient]) -> None:
    member = staff("marketer")
    member.get("/tweets", headers=at("192.0.2.1"))
    world.directory._members.clear()
    assert member.get("/tweets", headers=at("192.0.2.1")).status_code == 200
    assert count_of(world, MemberVisitor) == [1]


@pytest.mark.parametrize("header", ["DNT", "Sec-GPC"])
def test_a_member_who_asks_not_to_be_followed_is_not_written_down(
    world: World, staff: Callable[..., FlaskClient], header: str
) -> None:
    staff("marketer").get("/tweets", headers=at("192.0.2.1", **{header: "1"}))
    assert count_of(world, MemberVisitor) == [0]


def test_a_stranger_at_the_door_is_no_member(world: World, client: FlaskClient) -> None:
    client.get("/tweets", headers=at("192.0.2.1"))
    client.get("/sign-in", headers=at("192.0.2.1"))
    assert count_of(world, MemberVisitor) == [0]


class TestAtLevel0:
    @pytest.fixture
    def environ(self, environ: dict[str, str]) -> dict[str, str]:
        return environ | {"PERCHOIR_IDENTITY_LEVEL": "0"}

    def test_nobody_is_written_down(self, world: World, staff: Callable[..., FlaskClient]) -> None:
        assert staff("marketer").get("/tweets", headers=at("192.0.2.1")).status_code == 200
        assert count_of(world, MemberVisitor) == [0]


def test_two_days_later_nobody_knows_who_was_a_member(
    world: World, staff: Callable[..., FlaskClient], clock: HandClock
) -> None:
    staff("marketer").get("/tweets", headers=at("192.0.2.1"))
    assert count_of(world, MemberVisitor) == [1]
    clock.advance(hours=49)
    keep_house(world)
    assert count_of(world, MemberVisitor) == [0]
