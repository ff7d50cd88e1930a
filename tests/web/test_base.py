"""The parts that all pages share: forms that say what is wrong, lists, icons, and files that are what they say."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, render_template_string
from jinja2 import UndefinedError
from wtforms import BooleanField, RadioField, SelectField, StringField, TextAreaField

from web.forms import StaffForm, choices
from web.request import Viewer, see_as

WEB = Path(__file__).parents[2] / "web"
MACROS = '{% import "base/macros.html" as ui with context %}'


class PenForm(StaffForm):
    name = StringField("Name")
    colour = SelectField("Colour", choices=choices({"blue": "Blue", "black": "Black"}))
    note = TextAreaField("Note")
    sharp = BooleanField("Sharp")
    kind = RadioField("Kind", choices=choices({"quill": "Quill", "ball": "Ball"}))


def shown(app: Flask, source: str, **values: Any) -> str:
    with app.test_request_context("/", headers={"Accept-Language": "fr"}):
        return render_template_string(MACROS + source, **values)


def tag_of(page: str, field: str) -> str:
    found = re.search(rf'<(?:input|select|textarea)[^>]*\bid="{field}"[^>]*>', page)
    assert found
    return found.group(0)


@pytest.fixture
def form(app: Flask) -> PenForm:
    with app.test_request_context("/"):
        form = PenForm(name="Bic", kind="ball")
    form.name.errors = ["Too short"]
    form.sharp.errors = ["Tick it"]
    form.form_errors.append("Somebody was first")
    return form


def test_a_fields_fault_and_hint_are_tied_to_it(app: Flask, form: PenForm) -> None:
    page = shown(app, '{{ ui.field(form.name, hint="As on the cap", more={"maxlength": 9}) }}', form=form)
    control = tag_of(page, "name")
    assert 'aria-describedby="name-hint name-error"' in control
    assert 'aria-invalid="true"' in control
    assert 'maxlength="9"' in control
    assert 'value="Bic"' in control
    hint, error, box = (page.index(part) for part in ('id="name-hint"', 'id="name-error"', control))
    assert page.index('<label for="name">') < hint < error < box


def test_a_sound_field_claims_no_fault(app: Flask, form: PenForm) -> None:
    for source in ("{{ ui.field(form.colour) }}", "{{ ui.field(form.note) }}"):
        page = shown(app, source, form=form)
        assert "aria-" not in page
        assert "field-bad" not in page


def test_a_box_says_its_fault_too(app: Flask, form: PenForm) -> None:
    page = shown(app, '{{ ui.check(form.sharp, hint="At both ends") }}', form=form)
    assert 'aria-describedby="sharp-hint sharp-error"' in tag_of(page, "sharp")


def test_choices_stand_under_one_legend(app: Flask, form: PenForm) -> None:
    page = shown(app, "{{ ui.choices(form.kind) }}", form=form)
    assert ">Kind</legend>" in page
    assert re.search(r"<input checked[^>]*value=\"ball\"", page)
    assert page.count('<label for="kind-') == 2


def test_the_list_of_faults_leads_to_each_field(app: Flask, form: PenForm) -> None:
    page = shown(app, "{{ ui.faults(form) }}", form=form)
    assert "Somebody was first" in page
    assert re.findall(r'href="#(\w+)">([^<]+)<', page) == [("name", "Too short"), ("sharp", "Tick it")]
    assert "Pas encore enregistré" in page


def test_a_form_without_faults_has_no_list(app: Flask) -> None:
    with app.test_request_context("/"):
        form = PenForm()
    assert shown(app, "{{ ui.faults(form) }}", form=form).strip() == ""


def test_what_a_person_wrote_is_escaped(app: Flask, form: PenForm) -> None:
    form.name.data = '"><script>alert(1)</script>'
    form.name.errors = ["<b>no</b>"]
    page = shown(app, "{{ ui.faults(form) }}{{ ui.field(form.name) }}", form=form)
    assert "<script>" not in page
    assert "<b>" not in page


def test_a_list_goes_on_until_its_end(app: Flask) -> None:
    assert 'rel="next"' in shown(app, '{{ ui.pager("/?after=x") }}')
    assert "hx-" not in shown(app, '{{ ui.pager("/?after=x") }}')
    assert 'hx-target="#rows"' in shown(app, '{{ ui.pager("/?after=x", rows="rows") }}')
    assert shown(app, '{{ ui.pager("") }}').strip() == ""


def test_an_icon_nobody_drew_is_an_error(app: Flask) -> None:
    with pytest.raises(UndefinedError):
        shown(app, '{% from "base/icons.html" import icon %}{{ icon("unicorn") }}')


@pytest.mark.parametrize("role,places", [("marketer", 6), ("admin", 6), ("sales", 3)])
def test_the_rail_shows_what_the_role_may_open(app: Flask, role: Any, places: int) -> None:
    with app.test_request_context("/"):
        see_as(Viewer("1", "2", "Léa Martin", "lea@x.example", role, "fr", "Europe/Paris"))
        page = render_template_string('{% extends "base/staff.html" %}{% set current = "leads" %}')
    rail = page[page.index("<nav") : page.index("</nav>")]
    assert rail.count("<li>") == places
    assert re.findall(r'href="(/\w+)" aria-current="page"', rail) == ["/leads"]
    assert "Rien ne sort de cette machine." in page
    assert 'href="#main"' in page


def test_an_error_page_asks_for_no_font(app: Flask) -> None:
    page = app.test_client().get("/nothing").text
    assert "tokens.css" in page
    assert "inter.css" not in page


def test_vendored_files_are_those_listed() -> None:
    rows = re.findall(r"^\| (\S+\.(?:js|woff2)) \|.*\| ([0-9a-f]{64}) \|$", _read("static/vendor/VENDORED.md"), re.M)
    there = {path.name for path in (WEB / "static/vendor").iterdir() if path.suffix in (".js", ".woff2")}
    assert {name for name, _ in rows} == there
    for name, digest in rows:
        assert hashlib.sha256((WEB / "static/vendor" / name).read_bytes()).hexdigest() == digest


def test_every_file_that_a_template_names_is_there() -> None:
    named = {
        (path.name, file)
        for path in (WEB / "templates").rglob("*.html")
        for file in re.findall(r"""static\(["']([^"']+)["']\)""", path.read_text())
    }
    assert ("staff.html", "css/tokens.css") in named
    assert {(page, file) for page, file in named if not (WEB / "static" / file).is_file()} == set()


def _read(name: str) -> str:
    return (WEB / name).read_text()
