"""An installation that is connected to X."""

from dataclasses import replace

from campaigns import compose
from campaigns.settings import Settings
from campaigns.world import World


def connected(world: World, environ: dict[str, str]) -> World:
    """The same installation with what these settings say of X: its publisher, other accounts', and how they connect."""
    other = compose.world(Settings.read(environ), world.clock)
    return replace(
        world, settings=other.settings, publisher=other.publisher, publishers=other.publishers,
        connector=other.connector,
    )  # fmt: skip
