"""A link to follow, a second machine, and an X on this one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from campaigns import compose
from campaigns.settings import Settings
from campaigns.tracking.links import Link
from campaigns.world import World
from tests.clock import HandClock
from tests.loopback.x import FakeX
from tests.makers.connected import connected
from tests.makers.publishing import make_tweet


@pytest.fixture
def link(world: World) -> Link:
    return make_tweet(world).link


@pytest.fixture
def other_node(environ: dict[str, str], clock: HandClock, tmp_path: Path) -> Iterator[World]:
    """Another machine at the same database."""
    node = compose.world(Settings.read(environ | {"PERCHOIR_DATA_DIR": str(tmp_path / "other")}), clock)
    yield node
    node.close()


@pytest.fixture
def x(clock: HandClock) -> Iterator[FakeX]:
    with FakeX(clock) as server:
        yield server


@pytest.fixture
def real(world: World, x: FakeX, environ: dict[str, str]) -> World:
    """The same installation, connected to a loopback X by its settings."""
    return connected(world, environ | x.environ)
