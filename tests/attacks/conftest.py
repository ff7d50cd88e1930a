"""The house under attack, and a server of it that real sockets reach."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from flask import Flask
from werkzeug.serving import make_server

from campaigns.world import World
from tests.attacks.house import House, furnish


@pytest.fixture
def house(world: World, app: Flask) -> House:
    return furnish(world, app)


@pytest.fixture
def served(app: Flask) -> Iterator[str]:
    """The app behind real sockets and threads: its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(10)
    server.server_close()
