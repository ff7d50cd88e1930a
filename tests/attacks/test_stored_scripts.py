"""Scripts that strangers and marketers leave behind: none runs on a staff page, a public page or in a preview."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from campaigns.kernel.outbox import OutboxRow
from campaigns.planning import pages
from campaigns.planning.pages import PageDraft
from campaigns.world import World
from tests.attacks.house import FIELDS, furnish, page_of
from tests.attacks.payloads import MARK, MARKDOWN, SCRIPTS, TEMPLATES
from tests.attacks.reading import dangers
from tests.clock import HandClock
from tests.conftest import SECRET
from tests.makers.capturing import claim
from tests.makers.planning import make_coupon, make_page

STAFF = ("account", "marketer", "sales", "rehearsal")


def faults_of(answer: TestResponse) -> list[str]:
    """A letter has its styles in its tags and is shown in a sandbox; nothing else has any."""
    found = dangers(answer.text)
    if "sandbox" not in answer.headers["Content-Security-Policy"]:
        return found
    return [fault for fault in found if " style=" not in fault and fault not in ("<style>", "<base>")]


@pytest.mark.parametrize("shift", [0, 5])
def test_what_a_visitor_sends_never_runs_on_a_staff_page(
    world: World, app: Flask, staff: Callable[..., FlaskClient], shift: int
) -> None:
    texts = SCRIPTS[shift:] + SCRIPTS[:shift]
    house = furnish(world, app, *texts, body="\n\n".join(texts))
    member = staff("admin")
    told, shown = {}, 0
    for endpoint, path in house.doors(*STAFF, "prospect"):
        answer = member.get(path)
        assert answer.status_code < 500, endpoint
        if answer.mimetype == "text/html":
            told[endpoint] = faults_of(answer)
            shown += MARK in answer.text
    assert {endpoint: found for endpoint, found in told.items() if found} == {}
    assert shown > 10, "the payloads must reach pages, or nothing was tried"


def test_what_a_visitor_sends_never_runs_on_the_page_that_gives_it_back(world: World, app: Flask) -> None:
    house = furnish(world, app)
    for script in SCRIPTS:
        answer = house.send({"email": script, "school": script, "words": script, "pc-consent": script}, "?utm_source=x")
        assert answer.status_code == 422
        assert MARK in answer.text
        assert dangers(answer.text) == []


def test_what_a_marketer_writes_never_runs_on_the_public_page(
    world: World, client: FlaskClient, api: Callable[..., FlaskClient]
) -> None:
    offer, machine = make_coupon(world), api("marketer")
    for number, written in enumerate(MARKDOWN):
        body = {
            "slug": f"leaf-{number}", "locale": "en", "headline": written[:120], "body": written, "published": True,
            "fields": [{"name": "school", "label": written[:200], "kind": "text", "required": False}],
            "button": written[:40], "consents": [{"purpose": "news", "text": written}],
        }  # fmt: skip
        made = machine.post(f"/api/v1/offers/{offer.id}/pages", json=body)
        assert made.status_code == 201, made.text
        answer = client.get(f"/p/leaf-{number}")
        assert MARK in answer.text
        assert dangers(answer.text) == [], written
        assert "script-src 'self'" in answer.headers["Content-Security-Policy"]


def test_the_preview_is_as_harmless_as_the_page(
    world: World, app: Flask, staff: Callable[..., FlaskClient]
) -> None:  # fmt: skip
    house = furnish(world, app)
    member = staff("marketer")
    csrf = BeautifulSoup(member.get(f"/pages/{house.page.id}").text, "lxml").find(attrs={"name": "csrf_token"})
    assert csrf
    for written in MARKDOWN:
        data = {"csrf_token": csrf["value"], "offer_id": house.ids["offer_id"], "page_id": house.page.id,
                "locale": "en", "headline": written, "body": written, "button": written, "summary": written,
                "slug": "first",
                "theme": "night", "fields-0-label": written, "consents-0-text": written}  # fmt: skip
        answer = member.post("/pages/preview", data=data)
        assert answer.status_code in (200, 422), written
        assert dangers(answer.text) == [], written
        assert (
            "sandbox" in answer.headers["Content-Security-Policy"]
            or "script-src" in answer.headers["Content-Security-Policy"]
        )


def test_stored_html_is_sanitised_whoever_wrote_it(world: World, client: FlaskClient, clock: HandClock) -> None:
    page = make_page(world, make_coupon(world), slug="leaf", fields=FIELDS)
    for written in MARKDOWN:
        with world.db.write() as session:
            row = pages.find(session, page.id, to_change=True)
            pages.update(
                session,
                row,
                PageDraft(**{**vars(pages.draft_of(row)), "body": written}),
                clock.now(),
            )
        html = page_of(world, "leaf").body_html
        assert dangers(html) == [], written
        assert "<img" not in html


def test_templates_in_what_people_write_come_out_as_they_were_written(
    world: World, app: Flask, staff: Callable[..., FlaskClient]
) -> None:
    texts = [text for text in TEMPLATES if "{link}" not in text]
    house = furnish(world, app, *texts, body="```\n" + "\n".join(texts) + "\n```")
    member = staff("admin")
    for endpoint, path in house.doors(*STAFF, "prospect"):
        answer = member.get(path)
        assert answer.status_code < 500, endpoint
        assert [word for word in (b"1337", SECRET.encode(), b"&lt;class") if word in answer.data] == [], endpoint
    shown = BeautifulSoup(house.stranger().get("/p/first").text, "lxml").get_text()
    assert [text for text in texts if text not in shown] == []


def test_templates_in_answers_stay_out_of_letters(world: World) -> None:
    page = make_page(world, make_coupon(world))
    for number, text in enumerate(TEMPLATES):
        claim(world, page, f"zoe{number}@ecole.example", school=text)
    with world.db.read() as session:
        letters = [row.payload for row in session.scalars(select(OutboxRow).where(OutboxRow.kind == "mail"))]
    assert {f"zoe{number}@ecole.example" for number in range(len(TEMPLATES))} <= {letter["to"] for letter in letters}
    told = " ".join(f"{letter['subject']} {letter['text']} {letter['html']}" for letter in letters)
    assert str(7 * 191) not in told
    assert [text for text in TEMPLATES if text in told] == []
