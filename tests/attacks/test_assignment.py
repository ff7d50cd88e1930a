"""Fields that nobody offered: refused by the API, left out by the pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select

from campaigns.capturing.leads import Lead
from campaigns.people.users import User
from campaigns.world import World
from tests.attacks.dump import dump
from tests.attacks.house import House
from tests.makers.capturing import rows_of
from tests.web.doors import csrf

STOLEN = "0193a1b2-0000-7000-8000-00000000000a"
EXTRA: dict[str, Any] = {
    "id": STOLEN, "role": "admin", "state": "won", "created_at": "2020-01-01T00:00:00Z", "issued": -5,
    "rehearsed": True,
    "person_id": STOLEN, "x_id": "1", "sent_at": "2020-01-01T00:00:00Z", "revision": 99, "body_html": "<script>",
    "stripe_coupon_id": "x", "url": "https://evil.example", "code": "OWN", "published_at": "2020-01-01T00:00:00Z",
    "__proto__": {"role": "admin"}, "amount": 1, "is_admin": True, "password_hash": "x", "slug_": "x",
}  # fmt: skip


def test_the_api_refuses_each_field_that_it_does_not_know(house: House, api: Callable[..., FlaskClient]) -> None:
    machine, ids = api("admin"), house.ids
    kept = dump(house.world, {"api_tokens", "tokens"})
    doors: dict[tuple[str, str], dict[str, Any]] = {
        ("POST", "/api/v1/campaigns"): {"name": "x"},
        ("PATCH", f"/api/v1/campaigns/{ids['campaign_id']}"): {"name": "x"},
        ("POST", f"/api/v1/campaigns/{ids['campaign_id']}/offers"): {"kind": "white_paper", "title": "x"},
        ("PATCH", f"/api/v1/offers/{ids['offer_id']}"): {"title": "x"},
        ("POST", f"/api/v1/offers/{ids['offer_id']}/pages"): {"slug": "own-1", "locale": "en", "headline": "x"},
        ("PATCH", f"/api/v1/pages/{ids['page_id']}"): {"headline": "x"},
        ("POST", "/api/v1/tweets"): {"campaign_id": ids["campaign_id"], "offer_id": ids["offer_id"],
                                     "text": "x {link}"},
        ("PATCH", f"/api/v1/tweets/{ids['tweet_id']}"): {"text": "y {link}"},
        ("PATCH", f"/api/v1/links/{ids['code']}"): {"target": "https://a.example"},
    }  # fmt: skip
    for (method, path), body in doors.items():
        for name, value in EXTRA.items():
            answer = machine.open(path, method=method, json=body | {name: value})
            known = name in body or answer.status_code == 422
            assert known, (method, path, name, answer.text)
    assert dump(house.world, {"api_tokens", "tokens"}) == kept


def test_pages_take_their_own_fields_and_no_others(house: House, staff: Callable[..., FlaskClient]) -> None:
    member = staff("marketer")
    data = {"csrf_token": csrf(member), "name": "Léa", "locale": "en", "zone": "UTC", "lead_notices": "none"}
    extra = {name: str(value) for name, value in EXTRA.items()}
    assert member.post("/account", data=extra | data).status_code == 303
    with house.world.db.read() as session:
        mine = session.scalars(select(User).where(User.email == "marketer@feuillet.example")).one()
    assert (mine.role, mine.id == STOLEN, mine.password_hash) == ("marketer", False, None)
    path = f"/campaigns/{house.ids['campaign_id']}/edit"
    wanted = {"csrf_token": csrf(member), "name": "Other name", "zone": "Europe/Paris", "currency": "EUR"}
    assert member.post(path, data=extra | wanted).status_code in (303, 422)
    assert [name for name, rows in dump(house.world, {"audits"}).items() if STOLEN in str(rows)] == []


def test_a_prospects_form_sets_nothing_but_its_answers(world: World, house: House) -> None:
    extra = {name: str(value) for name, value in EXTRA.items()}
    assert house.send(extra | {"email": "own@ecole.example", "lead_id": house.ids["lead_id"]}).status_code == 303
    [lead] = [row for row in rows_of(world, Lead) if "own@ecole.example" in row.search]
    assert (lead.state, lead.rehearsed, lead.created_at) == ("new", False, world.clock.now())
    assert [answer["name"] for answer in lead.answers] == ["email"]
    assert STOLEN not in (lead.id, lead.person_id)
