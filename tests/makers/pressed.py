"""Forms as a browser sends them: a page is opened, fields are filled, a button is pressed."""

from typing import Any

from bs4 import BeautifulSoup, Tag
from flask.testing import FlaskClient
from werkzeug.test import TestResponse


def soup(answer: TestResponse) -> BeautifulSoup:
    return BeautifulSoup(answer.text, "html.parser")


def opened(client: FlaskClient, path: str) -> BeautifulSoup:
    """A page that is there."""
    answer = client.get(path)
    assert answer.status_code == 200, f"{path}: {answer.status}"
    return soup(answer)


def press(client: FlaskClient, path: str, word: str, typed: dict[str, Any] | None = None) -> TestResponse:
    """Open a page, type, and press a button by its word; what is typed goes by the fields' names."""
    return press_in(client, opened(client, path), path, word, typed)


def press_in(
    client: FlaskClient, page: BeautifulSoup, path: str, word: str, typed: dict[str, Any] | None = None
) -> TestResponse:
    """The same in a page that is open."""
    pressed = button(page, word)
    form = page.find("form", id=pressed["form"]) if pressed.get("form") else pressed.find_parent("form")
    assert isinstance(form, Tag)
    values = sent_values(form) | (typed or {})
    unknown = (typed or {}).keys() - {each.get("name") for each in form.select("[name]")}
    assert not unknown, f"no such fields: {unknown}"
    if pressed.get("name"):
        values[str(pressed["name"])] = pressed.get("value", "")
    address = str(pressed.get("formaction") or form.get("action") or path)
    target = path if address.startswith("#") else address
    return client.post(target, data={name: value for name, value in values.items() if value is not None})


def button(page: BeautifulSoup, word: str) -> Tag:
    """The button that says this, the one in sight when two do."""
    found = [each for each in page.select("button") if word in " ".join(each.get_text(" ").split())]
    assert found, f"no button says {word!r}"
    return next((each for each in found if "vh" not in each.get("class", [])), found[0])


def sent_values(form: Tag) -> dict[str, Any]:
    """What a form holds: the values that a browser would send."""
    values: dict[str, Any] = {}
    for each in form.select("[name]"):
        name, kind = str(each["name"]), each.get("type", "")
        if each.name == "button" or kind in ("submit", "file"):
            continue
        if kind in ("checkbox", "radio"):
            if each.has_attr("checked"):
                _add(values, name, each.get("value", "on"))
        elif each.name == "select":
            chosen = each.select_one("option[selected]") or each.select_one("option")
            _add(values, name, chosen.get("value", chosen.get_text()) if chosen else "")
        else:
            # the line break after <textarea> isn't part of what it holds
            is_area = each.name == "textarea"
            _add(values, name, each.get_text().lstrip("\r").removeprefix("\n") if is_area else each.get("value", ""))
    return values


def _add(values: dict[str, Any], name: str, value: Any) -> None:
    if name in values:
        before = values[name]
        value = [*(before if isinstance(before, list) else [before]), value]
    values[name] = value


def field(page: BeautifulSoup, label: str) -> Tag:
    """The field of a label."""
    for each in page.find_all("label"):
        if each.get_text(strip=True) == label:
            found = page.find(id=each["for"])
            assert isinstance(found, Tag)
            return found
    raise AssertionError(f"no field is labelled {label!r}")


def told_beside(page: BeautifulSoup, label: str) -> str:
    """What is wrong with a field, as it stands beside it; empty when nothing is."""
    found = field(page, label)
    ids = str(found.get("aria-describedby", "")).split()
    errors = [each for one in ids if (each := page.find(id=one)) and "error" in each.get("class", [])]
    assert bool(errors) == (found.get("aria-invalid") == "true")
    return " ".join(each.get_text(strip=True) for each in errors)
