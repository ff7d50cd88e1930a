import time
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.kernel.errors import Faults, Problem
from campaigns.planning import fields
from campaigns.planning.fields import KINDS, Field

EMAIL = Field("email", "E-mail address", "email", True)


def form(*asked: Field) -> tuple[list[Field], list[tuple[str | None, str]]]:
    faults = Faults()
    kept = fields.check_form(faults, asked, "fr")
    return kept, [(fault.field, fault.code) for fault in faults.found]


def answer(kind: Any, typed: str, locale: str = "en", **more: Any) -> Any:
    field = Field("x", "X", kind, **more)
    return fields.check([field], {"x": typed}, locale).get("x")


def refusal(kind: Any, typed: str, locale: str = "en", **more: Any) -> list[tuple[str | None, str]]:
    with pytest.raises(Problem) as refused:
        answer(kind, typed, locale, **more)
    return [(fault.field, fault.code) for fault in refused.value.faults]


def test_a_form_always_asks_for_the_address() -> None:
    kept, faults = form(Field("school", "École", "text"))
    assert faults == []
    assert kept[0] == Field("email", "Adresse électronique", "email", True)
    kept, _ = form(Field("school", "École", "text"), Field("mail", "Mail", "email"))
    assert [(field.name, field.required) for field in kept] == [("school", False), ("mail", True)]
    kept, faults = form(Field("email", "Comment", "text"))
    assert ([field.name for field in kept], faults) == (["email_address", "email"], [])


def test_a_form_is_told_all_that_is_wrong() -> None:
    choice = Field("c", "C", "choice", options=("", " "))
    wrong = Field("Bad-Name", "", "telepathy")  # type: ignore[arg-type]
    _, faults = form(wrong, EMAIL, EMAIL, choice)
    assert faults == [
        ("fields.0.name", "field_name_malformed"),
        ("fields.0.label", "required"),
        ("fields.0.kind", "field_kind_unknown"),
        ("fields.3.options", "options_missing"),
        ("fields.2.name", "field_name_twice"),
    ]
    assert form(*[Field(f"f{n}", "F", "text") for n in range(21)])[1] == [("fields", "fields_too_many")]


def test_a_form_survives_being_kept() -> None:
    kept, _ = form(Field("c", "C", "choice", options=("One", "Two", "One")), EMAIL)
    assert fields.of([field.stored() for field in kept]) == kept
    assert kept[0].options == ("One", "Two")


@pytest.mark.parametrize(
    "kind, typed, kept",
    [
        ("text", "  Zoé \r\n Roussel ", "Zoé   Roussel"),
        ("textarea", "a\r\nb\rc", "a\nb\nc"),
        ("email", " Zoé+x@École.fr ", "Zoé+x@École.fr"),
        ("phone", "+33 1 23 45 67 89", "+33123456789"),
        ("number", " 1\u202f234 ", 1234),
        ("date", "2026-12-13", "2026-12-13"),
        ("url", "www.ecole.fr/a?b=c", "https://www.ecole.fr/a?b=c"),
        ("checkbox", "on", True),
        ("name", "👩‍🚀 שלום", "👩‍🚀 שלום"),
    ],
)
def test_an_answer_is_kept_in_one_spelling(kind: str, typed: str, kept: Any) -> None:
    assert answer(kind, typed) == kept


def test_a_phone_number_without_its_country_is_the_page_countrys() -> None:
    assert answer("phone", "01 23 45 67 89", "fr") == "+33123456789"
    assert refusal("phone", "01 23 45 67 89", "en") == [("x", "phone_malformed")]


@pytest.mark.parametrize(
    "kind, typed, code",
    [
        ("email", "zoe", "email_malformed"),
        ("email", "zoe@localhost", "email_malformed"),
        ("email", "a@b@c.fr", "email_malformed"),
        ("email", "x" * 250 + "@a.fr", "too_long"),
        ("email", "zoe@ecole.fr\x00", "control_characters"),
        ("phone", "call me", "phone_malformed"),
        ("number", "1.5", "not_a_number"),
        ("number", "९", "not_a_number"),
        ("number", "9" * 15, "out_of_range"),
        ("date", "13/12/2026", "date_unreadable"),
        ("date", "2026-02-30", "date_unreadable"),
        ("url", "javascript://alert.fr/%0aalert(1)", "target_malformed"),
        ("url", "https://me:secret@ecole.fr", "target_malformed"),
        ("url", "http://[", "target_malformed"),
        ("text", "a\x00b", "control_characters"),
        ("text", "x" * 201, "too_long"),
        ("textarea", "x" * 2001, "too_long"),
    ],
)
def test_an_answer_that_is_none_is_told_so(kind: str, typed: str, code: str) -> None:
    assert refusal(kind, typed) == [("x", code)]


def test_an_address_of_254_characters_is_taken() -> None:
    address = "a" * 60 + "@" + ".".join(["b" * 60] * 3) + "." + "c" * 7 + ".fr"
    assert len(address) == 254
    assert answer("email", address) == address


def test_a_choice_is_one_of_the_list() -> None:
    assert answer("choice", "Two", options=("One", "Two")) == "Two"
    assert refusal("choice", "Three", options=("One", "Two")) == [("x", "not_a_choice")]


def test_all_missing_answers_are_told_at_once_and_no_others_are_kept() -> None:
    asked = [EMAIL, Field("age", "Age", "number", True), Field("news", "News", "checkbox")]
    with pytest.raises(Problem) as refused:
        fields.check(asked, {"news": "", "role": "admin"})
    assert [(fault.field, fault.code) for fault in refused.value.faults] == [("email", "required"), ("age", "required")]
    assert fields.check(asked, {"email": "z@e.fr", "age": "9", "role": "admin"}) == {"email": "z@e.fr", "age": 9}


@given(st.sampled_from(KINDS), st.text(max_size=60), st.sampled_from(["en", "fr"]))
def test_what_is_kept_is_kept_again_the_same(kind: Any, typed: str, locale: str) -> None:
    asked = [Field("x", "X", kind, options=("a", "b"))]
    with suppress(Problem):
        kept = fields.check(asked, {"x": typed}, locale)
        again = {name: str(value) for name, value in kept.items()}
        assert fields.check(asked, again, locale) == kept


@pytest.mark.parametrize("kind", KINDS)
def test_ten_thousand_characters_are_refused_at_once(kind: Any) -> None:
    for typed in ("a" * 10_000, "a@" + "a." * 5_000, "1" * 10_000, "+" * 10_000):
        began = time.process_time()
        with pytest.raises(Problem):
            answer(kind, typed, options=("a",))
        assert time.process_time() - began < 0.1
