"""A link to follow, and a second machine."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from campaigns import compose
from campaigns.settings import Settings
from campaigns.tracking.links import Link
from campaigns.world import World
from tests.clock import HandClock
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
