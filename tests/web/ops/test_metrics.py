"""GET /metrics: who may read them, and that they are true."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from campaigns.flows.follow_link import follow_link
from campaigns.kernel.codes import new_id
from campaigns.kernel.db import Database
from campaigns.settings import Settings
from campaigns.tracking.directory import Directory
from campaigns.tracking.rollups import Loss
from campaigns.world import World
from tests.clock import HandClock
from tests.conftest import SECRET
from tests.makers.publishing import make_tweet
from tests.makers.tracking import ask, follow
from web import create_app

TOKEN = SECRET[::-1]


@pytest.fixture
def closed(world: World, environ: dict[str, str]) -> Iterator[FlaskClient]:
    """An installation whose operator set a token."""
    settings = Settings.read(environ | {"PERCHOIR_METRICS_TOKEN": TOKEN})
    return create_app(replace(world, settings=settings)).test_client()


def values(client: FlaskClient) -> dict[str, float]:
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.content_type == "text/plain; version=0.0.4; charset=utf-8"
    lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


def test_they_count_what_is_there(world: World, client: FlaskClient, clock: HandClock) -> None:
    code = make_tweet(world).link.code
    follow(world, code)
    follow(world, code)
    follow(world, code, method="HEAD")
    for _ in range(4):
        follow_link(world, ask(code, address="192.0.2.9"))
    with world.db.write() as session:
        session.add(Loss(id=new_id(), at=clock.now(), hits=1_234_567))
    clock.advance(seconds=2)
    told = values(client)
    assert {name: told[f'perchoir_hits_total{{class="{name}"}}'] for name in ("human", "duplicate", "bot")} == {
        "human": 1, "duplicate": 1, "bot": 1
    }  # fmt: skip
    assert (told["perchoir_spool_rows"], told["perchoir_drain_lag_seconds"]) == (4, 2)
    assert told["perchoir_hits_lost_total"] == 1_234_567
    assert (told["perchoir_database_up"], told["perchoir_directory_links"]) == (1, 1)
    clock.advance(days=1)
    assert values(client)['perchoir_hits_total{class="human"}'] == 0


def test_each_has_its_help_and_kind_before_its_values(client: FlaskClient) -> None:
    told: dict[str, list[str]] = {}
    for line in client.get("/metrics").text.splitlines():
        words = line.split(" ")
        name = words[2] if line.startswith("#") else words[0].partition("{")[0]
        told.setdefault(name, []).append(words[1] if line.startswith("#") else "value")
    assert all(each[:3] == ["HELP", "TYPE", "value"] and set(each[2:]) == {"value"} for each in told.values())


def test_without_a_database_the_rest_is_told(world: World) -> None:
    db = Database("postgresql+psycopg://nobody@127.0.0.1:1/nothing")
    directory = Directory(db, world.settings)
    told = values(create_app(replace(world, db=db, directory=directory)).test_client())
    assert told["perchoir_database_up"] == 0
    assert "perchoir_spool_rows" in told
    assert not [name for name in told if name.startswith(("perchoir_hits", "perchoir_outbox"))]
    directory.close()
    db.close()


@pytest.mark.parametrize("peer,status", [("127.0.0.1", 200), ("::1", 200), ("192.0.2.7", 403), ("", 403)])
def test_without_a_token_only_this_machine_reads(client: FlaskClient, peer: str, status: int) -> None:
    assert client.get("/metrics", environ_base={"REMOTE_ADDR": peer}).status_code == status


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "Via"])
def test_whoever_comes_through_a_proxy_is_not_this_machine(client: FlaskClient, header: str) -> None:
    assert client.get("/metrics", headers={header: "127.0.0.1"}).status_code == 403


def test_with_a_token_nobody_else_reads(closed: FlaskClient) -> None:
    for told in (None, "Bearer", f"Bearer {TOKEN}x", TOKEN[:-1], "Bearer é"):
        headers = {"Authorization": told} if told else {}
        assert closed.get("/metrics", headers=headers).status_code == 403, told
    assert closed.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200
    far = {"REMOTE_ADDR": "192.0.2.7"}
    assert closed.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}, environ_base=far).status_code == 200
