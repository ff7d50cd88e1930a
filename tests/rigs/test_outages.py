"""The database stopped, the database frozen, the disk full: short links lead on, nothing is lost in silence."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from campaigns import compose
from campaigns.planning.pages import Page
from campaigns.settings import Settings
from campaigns.tracking.hits import Hit
from campaigns.world import World
from tests.conftest import SECRET
from tests.makers.forms import filled
from tests.makers.publishing import Place, make_place, make_tweet
from tests.rigs.clickers import Clickers, check_books, clicking, wait_drained
from tests.rigs.nodes import Node, node
from tests.rigs.outages import no_room, server
from tests.rigs.workers import wait_until

FAST_S = 0.3
PAUSE_S = 0.03  # some 200 clicks a second
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@contextmanager
def installation(folder: Path, database: str = "") -> Iterator[tuple[World, Node, Place, list[str]]]:
    """A node that runs, with a place and three links; the world is this process's own view of it."""
    environ = {
        "PERCHOIR_DATA_DIR": str(folder), "PERCHOIR_DATABASE_URL": database, "PERCHOIR_SECRET_KEY": SECRET,
        "PERCHOIR_BASE_URL": "http://localhost",
    }  # fmt: skip
    with node(environ) as running:
        world = compose.world(Settings.read(environ))
        place = make_place(world)
        codes = [make_tweet(world, place, f"Le chiffre {n} : {{link}}").link.code for n in range(3)]
        try:
            yield world, running, place, codes
        finally:
            world.close()


def opened_form(running: Node, world: World, place: Place) -> tuple[str, dict[str, Any]]:
    """The landing page's address, and its form as a visitor opened it."""
    with world.db.read() as session:
        address = f"/p/{session.get_one(Page, place.page_id).slug}"
    status, _, page = running.ask("GET", address)
    assert status == 200
    return address, filled(BeautifulSoup(page, "html.parser"), email="zoe@ecole.example")


def out_of_order(visitors: Clickers, running: Node, world: World, since: float, until: float) -> dict[str, Any]:
    """Check what visitors saw meanwhile, and that all is stored; what to print of it."""
    assert visitors.others == []
    assert visitors.cut == 0
    told = check_books(world, visitors)
    return told | {"p99_ms": round(1000 * visitors.slowest(since, until)), "all": len(visitors.waits)}


def check_stopped(folder: Path, seconds: float) -> dict[str, Any]:
    with server() as own, installation(folder, own.database) as (world, running, place, codes):
        address, form = opened_form(running, world, place)
        with clicking([running], codes, PAUSE_S) as visitors:
            time.sleep(1)
            own.stop()
            since = time.monotonic()
            wait_until(lambda: running.readyz().get("status") == "not ready")
            status, _, page = running.ask("POST", address, body=urlencode(form), headers=FORM)
            assert status == 503
            assert b"zoe@ecole.example" in page
            time.sleep(seconds)
            alarms = running.readyz()["alarms"]
            until = time.monotonic()
            own.start()
        wait_drained(running, seconds=10)
        running.wait(seconds=10)
        assert {"database_away", "directory_stale"} <= set(alarms)
        assert_told_seldom(running.lines, "directory_stale", until - since)
        told = out_of_order(visitors, running, world, since, until)
        status, _, _ = running.ask("POST", address, body=urlencode(form), headers=FORM)
        assert status == 303
    assert told["lost"] == 0
    assert told["p99_ms"] <= 1000 * FAST_S
    return told


def assert_told_seldom(lines: list[str], event: str, seconds: float) -> None:
    """It is in the log, and not more than once a second."""
    said = [line for line in lines if f"event='{event}'" in line]
    assert 1 <= len(said) <= seconds + 3
    assert not [line for line in lines if "Traceback" in line and event in line]


def check_frozen(folder: Path, seconds: float) -> dict[str, Any]:
    with server() as own, installation(folder, own.database) as (world, running, _, codes):
        with clicking([running], codes, PAUSE_S) as visitors:
            time.sleep(1)
            own.freeze()
            since = time.monotonic()
            time.sleep(4)  # from then on nobody is let into the waiting
            began = time.monotonic()
            status, _, _ = running.ask("GET", "/sign-in")
            answered = time.monotonic() - began
            health = running.readyz()
            time.sleep(max(seconds - 4, 0))
            until = time.monotonic()
            own.thaw()
        wait_drained(running, seconds=10)
        running.wait(seconds=10)
        told = out_of_order(visitors, running, world, since, until)
    assert (health["status"], health["database"]) == ("not ready", "away")
    assert status in (200, 503)
    assert answered < 1
    assert told["lost"] == 0
    assert told["p99_ms"] <= 1000 * FAST_S
    return told


@pytest.mark.postgres
@pytest.mark.timeout(120)
def test_a_database_stopped_for_five_seconds_stops_no_redirect_and_loses_no_hit(tmp_path: Path) -> None:
    print(check_stopped(tmp_path, 3))


@pytest.mark.audit
@pytest.mark.postgres
def test_a_database_stopped_for_a_minute_stops_no_redirect_and_loses_no_hit(tmp_path: Path) -> None:
    print(check_stopped(tmp_path, 60))


@pytest.mark.audit
@pytest.mark.postgres
def test_a_database_that_hangs_for_a_minute_stops_no_redirect_and_loses_no_hit(tmp_path: Path) -> None:
    print(check_frozen(tmp_path, 60))


def check_full(folder: Path, seconds: float) -> dict[str, Any]:
    with installation(folder) as (world, running, place, codes):
        address, form = opened_form(running, world, place)
        with clicking([running], codes, PAUSE_S) as visitors:
            time.sleep(1)
            with no_room(running.web_children()):
                since = time.monotonic()
                time.sleep(seconds / 2)
                status, _, page = running.ask("POST", address, body=urlencode(form), headers=FORM)
                time.sleep(seconds / 2)
                health = running.readyz()
                until = time.monotonic()
            wait_until(lambda: running.ask("POST", address, body=urlencode(form), headers=FORM)[0] == 303, 10)
            time.sleep(1.5)
            since_room = len(visitors.tokens)
            time.sleep(0.5)
        wait_drained(running, seconds=10)
        told = out_of_order(visitors, running, world, since, until)
        late = set(Clickers.hit_ids(visitors, world)[since_room:])
        with world.db.read() as session:
            stored = set(session.scalars(select(Hit.id).where(Hit.id.in_(late))))
    assert (status, b"zoe@ecole.example" in page) == (503, True)
    assert (health["status"], "hits_lost" in health["alarms"]) == ("ready", True)
    assert health["lost"] > 0
    assert late == stored  # it took hits again by itself
    assert told["lost"] > 0
    assert told["p99_ms"] <= 1000 * FAST_S
    assert_told_seldom(running.lines, "hits_lost", until - since)
    return told


@pytest.mark.timeout(120)
def test_a_full_disk_stops_no_redirect_and_its_losses_are_counted_to_the_last_one(tmp_path: Path) -> None:
    print(check_full(tmp_path, 3))


@pytest.mark.audit
def test_a_disk_full_for_a_minute_stops_no_redirect_and_its_losses_are_counted(tmp_path: Path) -> None:
    print(check_full(tmp_path, 60))
