from collections.abc import Callable
from threading import Barrier, Thread

import pytest
from flask.testing import FlaskClient

from campaigns.planning import campaigns, pages
from campaigns.planning.campaigns import Campaign
from campaigns.planning.pages import Page
from campaigns.world import World
from tests.makers.planning import make_white_paper

Api = Callable[..., FlaskClient]
pytestmark = pytest.mark.both_databases
URL = "/api/v1/campaigns"
KEY = {"Idempotency-Key": "order 66"}


def names(world: World) -> list[str]:
    with world.db.read() as session:
        return [row.name for row in campaigns.list_page(session).items]


def test_the_same_request_again_is_the_same_answer_once(api: Api, world: World) -> None:
    machine = api()
    first = machine.post(URL, json={"name": "Six", "goal": "x"}, headers=KEY)
    again = machine.post(URL, data='{ "goal":"x",\n"name":"Six" }', content_type="application/json", headers=KEY)
    assert (again.status_code, again.data, again.content_type) == (201, first.data, first.content_type)
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert names(world) == ["Six"]


def test_without_a_key_each_request_counts(api: Api, world: World) -> None:
    machine = api()
    for _ in range(2):
        machine.post(URL, json={"name": "Six"})
    assert names(world) == ["Six", "Six"]


def test_another_body_or_path_under_the_same_key_is_a_conflict(api: Api, world: World) -> None:
    machine = api()
    campaign = machine.post(URL, json={"name": "Six"}, headers=KEY).get_json()["id"]
    for path, body in [(URL, {"name": "Seven"}), (URL, {}), (f"{URL}/{campaign}/offers", {"name": "Six"})]:
        response = machine.post(path, json=body, headers=KEY)
        assert response.status_code == 409
        assert [each["code"] for each in response.get_json()["errors"]] == ["key_reused"]
    assert names(world) == ["Six"]


def test_each_token_has_its_own_keys(api: Api, world: World) -> None:
    for machine in (api("admin"), api("marketer")):
        assert machine.post(URL, json={"name": "Six"}, headers=KEY).status_code == 201
    assert names(world) == ["Six", "Six"]


def test_a_refusal_keeps_neither_the_key_nor_anything_else(api: Api, world: World) -> None:
    machine, offer = api(), make_white_paper(world, paper=False)
    body = {"slug": "six", "locale": "en", "headline": "Six", "published": True}
    url = f"/api/v1/offers/{offer.id}/pages"
    assert machine.post(url, json=body, headers=KEY).status_code == 409  # no paper yet
    with world.db.read() as session:
        assert session.query(Page).count() == 0
    assert machine.post(url, json=body | {"published": False}, headers=KEY).status_code == 201
    with world.db.read() as session:
        assert pages.find_by_slug(session, "six").is_online is False


def test_eight_at_one_moment_are_one_and_get_one_answer(api: Api, world: World) -> None:
    machines = [api("admin")] * 8
    start, told = Barrier(8), []

    def post(machine: FlaskClient) -> None:
        own = machine.application.test_client()
        own.environ_base = dict(machine.environ_base)
        start.wait()
        response = own.post(URL, json={"name": "Six"}, headers=KEY)
        told.append((response.status_code, response.data))

    threads = [Thread(target=post, args=(machine,)) for machine in machines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(told) == 8
    assert len(set(told)) == 1
    assert told[0][0] == 201
    with world.db.read() as session:
        assert session.query(Campaign).count() == 1


@pytest.mark.parametrize("key", ["", "x" * 256, "tab\tbed", "é"])
def test_a_key_that_is_none_is_refused(api: Api, world: World, key: str) -> None:
    response = api().post(URL, json={"name": "Six"}, headers={"Idempotency-Key": key})
    assert response.status_code == 422
    assert response.get_json()["errors"][0]["field"] == "Idempotency-Key"
    assert names(world) == []


def test_a_key_of_255_characters_is_taken(api: Api) -> None:
    assert api().post(URL, json={"name": "Six"}, headers={"Idempotency-Key": "~" * 255}).status_code == 201
