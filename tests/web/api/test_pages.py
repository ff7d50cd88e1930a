from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from campaigns.world import World
from tests.makers.planning import make_coupon, make_white_paper

Api = Callable[..., FlaskClient]
PAGE = {
    "slug": "six-fridays", "locale": "en", "headline": "A magazine in six Fridays", "body": "## Inside\n\n*Six*",
    "fields": [
        {"name": "email", "label": "E-mail", "kind": "email", "required": True},
        {"name": "level", "label": "Level", "kind": "choice", "required": False, "options": ["CM1", "CM2"]},
    ],
    "consents": [{"purpose": "news", "text": "Write to me"}], "published": True,
}  # fmt: skip


def codes(response: Any) -> list[tuple[str, str]]:
    return [(each["field"], each["code"]) for each in response.get_json()["errors"]]


@pytest.mark.both_databases
def test_a_page_is_created_read_and_changed(api: Api, world: World) -> None:
    machine = api("marketer")
    offer = make_white_paper(world)
    created = machine.post(f"/api/v1/offers/{offer.id}/pages", json=PAGE)
    told = created.get_json()
    assert created.status_code == 201
    assert {name: told[name] for name in ("slug", "locale", "headline", "body", "published")} == {
        name: PAGE[name] for name in ("slug", "locale", "headline", "body", "published")
    }
    assert (told["url"], told["offer_id"]) == ("http://localhost/p/six-fridays", offer.id)
    assert [field["name"] for field in told["fields"]] == ["email", "level"]
    assert told["fields"][1]["options"] == ["CM1", "CM2"]
    assert (told["consents"][0]["text"], len(told["consents"][0]["sha256"])) == ("Write to me", 64)
    own = f"/api/v1/pages/{told['id']}"
    assert machine.get(own).get_json() == told
    changed = machine.patch(own, json={"headline": "Seven", "slug": "seven", "consents": []}).get_json()
    assert (changed["headline"], changed["url"], changed["consents"]) == ("Seven", "http://localhost/p/seven", [])
    assert (changed["fields"], changed["revision"], changed["published"]) == (told["fields"], 2, True)


def test_a_page_goes_off_and_comes_back(api: Api, world: World) -> None:
    machine, offer = api(), make_coupon(world)
    told = machine.post(f"/api/v1/offers/{offer.id}/pages", json=PAGE | {"published": False}).get_json()
    assert (told["published"], told["published_at"]) == (False, None)
    for published in (True, True, False, False, True):
        told = machine.patch(f"/api/v1/pages/{told['id']}", json={"published": published}).get_json()
        assert (told["published"], told["revision"]) == (published, 1)
    assert told["published_at"] == "2026-11-02T09:00:00Z"


def test_a_white_paper_is_uploaded_before_its_page_goes_online(api: Api, world: World) -> None:
    offer = make_white_paper(world, paper=False)
    response = api().post(f"/api/v1/offers/{offer.id}/pages", json=PAGE)
    assert (response.status_code, codes(response)) == (409, [("published", "paper_missing")])


@pytest.mark.parametrize(
    "more, faults",
    [
        ({"slug": "Six Fridays"}, [("slug", "slug_malformed")]),
        ({"slug": ""}, [("slug", "slug_malformed")]),
        ({"slug": "api"}, [("slug", "slug_reserved")]),
        ({"locale": "de", "headline": " "}, [("locale", "not_a_choice"), ("headline", "required")]),
        ({"theme": "neon"}, [("theme", "not_a_choice")]),
        ({"published": "yes"}, [("published", "malformed")]),
        ({"fields": [{"name": "A", "label": "", "kind": "x"}]},
         [("fields.0.name", "field_name_malformed"), ("fields.0.label", "required"),
          ("fields.0.kind", "field_kind_unknown")]),
        ({"fields": [{"name": "a"}], "headline": ""},
         [("fields.0.label", "required"), ("fields.0.kind", "required"), ("headline", "required")]),
        ({"consents": [{"purpose": "news", "text": "a"}] * 2}, [("consents.1.purpose", "consent_purpose_twice")]),
        ({"body_html": "<script>"}, [("body_html", "unknown_field")]),
    ],
)  # fmt: skip
def test_a_page_that_cannot_be_is_refused(
    api: Api, world: World, more: dict[str, Any], faults: list[tuple[str, str]]
) -> None:
    response = api().post(f"/api/v1/offers/{make_coupon(world).id}/pages", json=PAGE | more)
    assert (response.status_code, codes(response)) == (422, faults)


def test_a_slug_that_is_taken_is_told_so(api: Api, world: World) -> None:
    machine, offer = api(), make_coupon(world)
    url = f"/api/v1/offers/{offer.id}/pages"
    machine.post(url, json=PAGE)
    assert codes(machine.post(url, json=PAGE)) == [("slug", "slug_taken")]
    other = machine.post(url, json=PAGE | {"slug": "other"}).get_json()["id"]
    assert codes(machine.patch(f"/api/v1/pages/{other}", json={"slug": "six-fridays"})) == [("slug", "slug_taken")]


def test_pages_are_listed_with_their_offer(api: Api, world: World) -> None:
    machine, offer = api(), make_coupon(world)
    for slug in ("one", "two"):
        machine.post(f"/api/v1/offers/{offer.id}/pages", json=PAGE | {"slug": slug})
    page = machine.get(f"/api/v1/offers/{offer.id}/pages").get_json()
    assert ({each["slug"] for each in page["items"]}, page["next"]) == ({"one", "two"}, None)
