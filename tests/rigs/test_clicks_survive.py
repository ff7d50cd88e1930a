"""Web, server and worker killed at random under load: what was acknowledged is stored, once, and adds up."""

import os
import random
import signal
import time
from pathlib import Path

import pytest

from campaigns.world import World
from tests.makers.publishing import make_place, make_tweet
from tests.rigs.clickers import THREADS, check_books, clicking, wait_drained
from tests.rigs.nodes import Node, node
from tests.rigs.workers import wait_until

KINDS = ("a web process", "the server", "the worker")


@pytest.fixture
def codes(world: World) -> list[str]:
    place = make_place(world)
    return [make_tweet(world, place, f"Le chiffre {n} : {{link}}").link.code for n in range(3)]


def kill(running: Node, kind: str, dice: random.Random) -> None:
    """SIGKILL, and a new one at once, as a supervisor does."""
    if kind == "a web process":
        children = running.web_children()
        if children:  # else the server is about to make them
            os.kill(dice.choice(children), signal.SIGKILL)
        return
    name = "serve" if kind == "the server" else "worker"
    running.kill(name)
    running.start(name)


def kill_at_random(
    running: Node, kinds: list[str], dice: random.Random, pause_s: tuple[float, float]
) -> list[tuple[float, str]]:
    """How long it took each time until it was ready again, and what had been killed."""
    back = []
    for kind in kinds:
        time.sleep(dice.uniform(*pause_s))
        kill(running, kind, dice)
        began = time.monotonic()
        running.wait()
        back.append((round(time.monotonic() - began, 1), kind))
    return sorted(back)


@pytest.mark.timeout(120)
def test_a_few_kills_lose_and_double_nothing(world: World, environ: dict[str, str], codes: list[str]) -> None:
    with node(environ) as running:
        with clicking([running], codes, pause_s=0.03) as visitors:
            kill_at_random(running, list(KINDS), random.Random(20261103), (0.3, 0.8))
            time.sleep(0.5)
        wait_drained(running)
        told = check_books(world, visitors)
    assert told["acknowledged"] > 100
    assert told["lost"] == 0


@pytest.mark.audit
@pytest.mark.both_databases
def test_thirty_kills_lose_and_double_nothing(world: World, environ: dict[str, str], codes: list[str]) -> None:
    dice = random.Random(20261104)
    kinds = [dice.choice(KINDS) for _ in range(30)]
    with node(environ, PERCHOIR_PROCESSES="2") as running:
        with clicking([running], codes) as visitors:
            back = kill_at_random(running, kinds, dice, (0.2, 3))
        wait_drained(running)
        told = check_books(world, visitors)
    print(told, "ready again after", back[-5:], "at most, in the middle", back[15])
    assert told["acknowledged"] > 5_000
    assert told["lost"] == 0


@pytest.mark.audit
@pytest.mark.both_databases
def test_a_worker_that_is_killed_again_and_again_while_it_catches_up_doubles_nothing(
    world: World, environ: dict[str, str], codes: list[str]
) -> None:
    dice = random.Random(20261105)
    with node(environ, "serve") as running:
        with clicking([running], codes, pause_s=0) as visitors:
            time.sleep(10)
        for _ in range(15):
            running.start("worker")
            time.sleep(dice.uniform(0.8, 2.5))
            running.kill("worker")
        running.start("worker")
        wait_drained(running)
        print(check_books(world, visitors))


@pytest.mark.audit
@pytest.mark.both_databases
def test_two_nodes_drain_into_one_database(
    world: World, environ: dict[str, str], codes: list[str], tmp_path: Path
) -> None:
    other = environ | {"PERCHOIR_DATA_DIR": str(tmp_path / "other")}
    dice = random.Random(20261106)
    with node(environ) as one, node(other) as two:
        with clicking([one, two], codes) as visitors:
            for _ in range(10):
                time.sleep(dice.uniform(0.2, 2))
                kill(dice.choice((one, two)), dice.choice(KINDS), dice)
            one.wait()
            two.wait()
        wait_drained(one, two)
        print(check_books(world, visitors))


@pytest.mark.audit
@pytest.mark.both_databases
def test_ending_by_sigterm_cuts_little_and_is_over_in_ten_seconds(
    world: World, environ: dict[str, str], codes: list[str]
) -> None:
    took, ends = [], []
    with node(environ) as running:
        with clicking([running], codes) as visitors:
            for _ in range(20):
                time.sleep(0.5)
                for name in ("serve", "worker"):
                    code, seconds = running.end(name)
                    took.append(seconds)
                    ends.append(code)
                    running.start(name)
                running.wait()
        wait_drained(running)
        told = check_books(world, visitors)
    print(told, f"ended after {max(took):.1f} s at most")
    assert set(ends) == {0}
    assert max(took) <= 10
    assert told["lost"] == 0
    # each visitor's connection may be closed while its next request is on the way
    assert told["cut"] <= 20 * THREADS


@pytest.mark.audit
@pytest.mark.both_databases
def test_a_reload_by_hup_refuses_nobody(world: World, environ: dict[str, str], codes: list[str]) -> None:
    with node(environ, PERCHOIR_PROCESSES="2") as running:
        with clicking([running], codes) as visitors:
            for _ in range(4):
                before = set(running.web_children())
                running.processes["serve"].send_signal(signal.SIGHUP)
                wait_until(lambda: not before & set(running.web_children()), 60)  # noqa: B023
                running.wait()
                time.sleep(0.5)
        assert running.ended == [], running.lines[-5:]
        wait_drained(running)
        told = check_books(world, visitors)
    print(told, f"99 of 100 within {1000 * visitors.slowest(0, float('inf')):.0f} ms")
    assert visitors.others == []
    assert (told["refused"], told["lost"]) == (0, 0)
    assert visitors.slowest(0, float("inf")) <= 1
