import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator

from campaigns.world import World
from tests.makers.planning import make_page, make_white_paper

Api = Callable[..., FlaskClient]


@pytest.fixture
def spec(client: FlaskClient) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/api/openapi.json").get_json()
    return found


def operations(spec: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in spec["paths"].items():
        for method, told in methods.items():
            yield path, method, told


def conforms(spec: dict[str, Any], name: str, value: Any) -> list[str]:
    schema = {"$ref": f"#/components/schemas/{name}", "components": spec["components"]}
    validator = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    return [error.message for error in validator.iter_errors(value)]


def test_every_operation_there_is_is_documented(app: Flask, spec: dict[str, Any]) -> None:
    there = {
        (re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule), method.lower())
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert there == {(path, method) for path, method, _ in operations(spec)}
    assert (spec["openapi"], spec["info"]["version"]) == ("3.1.0", "1")


def test_every_operation_says_what_it_does_takes_and_gives(spec: dict[str, Any]) -> None:
    for path, method, told in operations(spec):
        where = f"{method} {path}"
        for needed in ("summary", "tags", "x-roles", "operationId"):
            assert told[needed], where
        assert "<" not in told["summary"], where
        in_path = {each["name"] for each in told["parameters"] if each["in"] == "path"}
        assert in_path == set(re.findall(r"{(\w+)}", path)), where
        assert told["responses"].keys() & {"200", "201", "202", "204"}, where
        assert "default" in told["responses"], where
        assert ("requestBody" in told) or method not in ("put", "patch"), where
        assert any(each["name"] == "Idempotency-Key" for each in told["parameters"]) is (method == "post"), where


def references(node: Any) -> Iterator[str]:
    children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else []
    if isinstance(node, dict) and isinstance(node.get("$ref"), str):
        yield node["$ref"]
    for each in children:
        yield from references(each)


def test_every_reference_leads_somewhere(spec: dict[str, Any]) -> None:
    found = set(references(spec))
    assert len(found) > 10
    for reference in found:
        node = spec
        for part in reference.removeprefix("#/").split("/"):
            node = node[part]


def test_answers_are_what_the_document_says(api: Api, world: World, spec: dict[str, Any]) -> None:
    machine = api()
    offer = make_white_paper(world)
    page = make_page(world, offer)
    code = machine.post(f"/api/v1/campaigns/{offer.campaign_id}/links", json={"offer_id": offer.id}).get_json()["code"]
    for name, path in [
        ("LinkAnswer", f"links/{code}"), ("Links", f"campaigns/{offer.campaign_id}/links"),
        ("CampaignAnswer", f"campaigns/{offer.campaign_id}"), ("Campaigns", "campaigns"),
        ("OfferAnswer", f"offers/{offer.id}"), ("Offers", f"campaigns/{offer.campaign_id}/offers"),
        ("PageAnswer", f"pages/{page.id}"), ("Pages", f"offers/{offer.id}/pages"),
        ("PaperAnswer", f"offers/{offer.id}/paper"), ("Problem", "nothing"), ("Problem", "offers/x"),
    ]:  # fmt: skip
        assert conforms(spec, name, machine.get(f"/api/v1/{path}").get_json()) == []
    assert conforms(spec, "CampaignAnswer", {"id": 5}) != []


def test_strict_bodies_are_strict_in_the_document_too(spec: dict[str, Any]) -> None:
    assert conforms(spec, "CampaignBody", {"name": "Six"}) == []
    for wrong in ({}, {"name": 5}, {"name": "x", "role": "admin"}, {"name": "x", "budget": {"amount": "1"}}):
        assert conforms(spec, "CampaignBody", wrong) != []


FIELD = {"name": "city", "label": "City", "kind": "text"}
PAGE = {"locale": "en", "headline": "Six Fridays"}


@pytest.mark.parametrize(
    "name,path,right,wrongs",
    [
        ("CampaignBody", "campaigns", {"name": "Six"}, [
            {"name": ""}, {"name": "x" * 121}, {"goal": "x" * 2_001}, {"goal_leads": 0}, {"zone": ""},
            {"budget": {"amount": 0, "currency": "EUR"}}, {"budget": {"amount": 1, "currency": "EURO"}},
        ]),
        ("OfferBody", "campaigns/{campaign}/offers", {"kind": "coupon", "title": "Six", "percent_off": 5}, [
            {"kind": "book"}, {"title": ""}, {"title": "x" * 201}, {"percent_off": 101}, {"stock": 0},
            {"price": {"amount": -1, "currency": "EUR"}}, {"price": {"amount": 10**13, "currency": "EUR"}},
        ]),
        ("PageBody", "offers/{offer}/pages", PAGE, [
            {"locale": "xx"}, {"headline": ""}, {"slug": "A b"}, {"slug": "x" * 61}, {"summary": "x" * 301},
            {"theme": "pink"}, {"button": "x" * 41}, {"fields": [FIELD | {"kind": "colour"}]},
            {"fields": [FIELD | {"name": "First-Name"}]}, {"fields": [FIELD | {"label": ""}]},
            {"fields": [FIELD | {"name": f"f{n}"} for n in range(21)]}, {"consents": [{"purpose": "p", "text": ""}]},
        ]),
        ("TweetBody", "tweets", {"campaign_id": "{campaign}", "offer_id": "{offer}", "text": "Read {link}"}, [
            {"offer_id": "x"}, {"text": " "}, {"poll": {"options": ["One"]}}, {"reply_settings": "nobody"},
            {"text": "{link}" + "x" * 6_000},
        ]),
        ("LinkBody", "campaigns/{campaign}/links", {"channel": "blog", "offer_id": "{offer}", "code": "mine"}, [
            {"channel": "pigeon"}, {"code": "a b"}, {"code": "ab"}, {"code": "x" * 51}, {"name": "x" * 121},
            {"target": "ftp://a.example/"}, {"over_target": "x"}, {"offer_id": ""}, {"source": "x" * 501},
            {"most_clicks": 0}, {"forwarding": "some"}, {"forwarded": ["a&b"]}, {"forwarded": ["a"] * 21},
        ]),
        ("LinksImport", "campaigns/{campaign}/links/import", {"csv": "target\nhttps://a.example/"}, [
            {"csv": ""}, {"csv": "x" * 200_001}, {"zone": "x" * 101}, {"dry_run": "yes"},
        ]),
    ],
)  # fmt: skip
def test_what_a_body_is_refused_for_the_document_says(
    api: Api, world: World, spec: dict[str, Any], name: str, path: str, right: dict[str, Any],
    wrongs: list[dict[str, Any]],
) -> None:  # fmt: skip
    machine, offer = api(), make_white_paper(world)

    def filled(text: str) -> str:
        return text.replace("{campaign}", offer.campaign_id).replace("{offer}", offer.id)

    right = {field: filled(value) if isinstance(value, str) else value for field, value in right.items()}
    address = f"/api/v1/{filled(path)}"
    for wrong in wrongs:
        assert conforms(spec, name, right | wrong), wrong
        assert machine.post(address, json=right | wrong).status_code == 422, wrong
    assert conforms(spec, name, right) == []
    assert machine.post(address, json=right).status_code in (200, 201)


def test_a_change_has_no_defaults_since_what_is_left_out_stays(spec: dict[str, Any]) -> None:
    for name in ("CampaignChange", "OfferChange", "PageChange", "TweetChange", "LinkChange", "LeadBody"):
        schema = spec["components"]["schemas"][name]
        assert all("default" not in told for told in schema["properties"].values()), name
        assert conforms(spec, name, {}) == []


def test_the_docs_page_shows_every_operation(client: FlaskClient, spec: dict[str, Any]) -> None:
    response = client.get("/api/docs")
    page = BeautifulSoup(response.data, "html.parser")
    assert response.status_code == 200
    for path, method, told in operations(spec):
        section = page.find(id=told["operationId"])
        assert section is not None
        assert f"{method.upper()} {path}" in section.get_text()
        assert told["summary"] in section.get_text()
    assert page.select('a[href="#create_campaign"]')


def test_the_docs_page_runs_nothing_and_asks_nobody(client: FlaskClient) -> None:
    page = BeautifulSoup(client.get("/api/docs").data, "html.parser")
    assert page.select("script:not([src]), style, [style]") == []
    sources = [str(tag.get("src") or tag.get("href")) for tag in page.select("[src], link[href]")]
    assert all(source.startswith("/") and not source.startswith("//") for source in sources)
    assert [attribute for tag in page.find_all(True) for attribute in tag.attrs if attribute.startswith("on")] == []
