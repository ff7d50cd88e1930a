"""Each port as its rehearsal and as the real thing, which talks to a loopback server."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from campaigns import compose
from campaigns.settings import Settings
from campaigns.world import World
from tests.clock import HandClock
from tests.loopback.mail import MailServer
from tests.loopback.stripe import FakeStripe
from tests.loopback.x import FakeX

SECRET = "tests-only-0123456789-abcdefghijklmnopqrstuvwxyz"
Compose = Callable[..., World]


@pytest.fixture
def composed(tmp_path: Path, clock: HandClock) -> Iterator[Compose]:
    """composed({"PERCHOIR_…": "…"}) gives a World of these settings; its database isn't migrated."""
    made = []

    def make(*environs: dict[str, str]) -> World:
        environ = {"PERCHOIR_DATA_DIR": str(tmp_path), "PERCHOIR_SECRET_KEY": SECRET}
        for each in environs:
            environ |= each
        made.append(compose.world(Settings.read(environ), clock))
        return made[-1]

    yield make
    for world in made:
        world.db.close()


@pytest.fixture
def x(clock: HandClock) -> Iterator[FakeX]:
    with FakeX(clock) as server:
        yield server


@pytest.fixture
def stripe_server(clock: HandClock) -> Iterator[FakeStripe]:
    with FakeStripe(clock) as server:
        yield server


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    with MailServer() as server:
        yield server
