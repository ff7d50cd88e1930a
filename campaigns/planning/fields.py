"""Fields: the form of a page as data, and the answers to it."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

import phonenumbers

from campaigns.kernel import emails, texts
from campaigns.kernel.errors import Faults, problem
from campaigns.planning import slugs

FieldKind = Literal[
    "text", "textarea", "name", "company", "email", "phone", "number", "date", "url", "choice", "checkbox"
]
KINDS: tuple[FieldKind, ...] = get_args(FieldKind)
MAX_FIELDS, MAX_OPTIONS = 20, 40
MAX_LINE, MAX_NUMBER = 200, 10**12
MAX_LENGTHS = {"textarea": 2_000, "url": 500, "email": emails.MAX_LENGTH}
Answer = str | int | bool

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")  # no hyphen: names that the page itself needs have one
_REGIONS = {"fr": "FR"}  # where a phone number without its country is taken to be
_EMAIL_LABELS = {"en": "E-mail address", "fr": "Adresse électronique"}


@dataclass(frozen=True)
class Field:
    """One question of a form. `options` belong to a choice."""

    name: str
    label: str
    kind: FieldKind
    required: bool = False
    options: tuple[str, ...] = ()

    def stored(self) -> dict[str, Any]:
        """As a page keeps it."""
        kept: dict[str, Any] = {
            "name": self.name, "label": self.label, "kind": self.kind, "required": self.required,
        }  # fmt: skip
        return kept | {"options": list(self.options)} if self.options else kept


def of(stored: Sequence[Mapping[str, Any]]) -> list[Field]:
    """The fields that a page keeps."""
    return [
        Field(each["name"], each["label"], each["kind"], each["required"], tuple(each.get("options", ())))
        for each in stored
    ]


def is_name(name: str) -> bool:
    """Whether a field or a consent can be called so."""
    return _NAME.fullmatch(name) is not None


def name_of(label: str, taken: Collection[str] = ()) -> str:
    """A name made of a label, for those who write none.

    >>> name_of("Votre école ?"), name_of("Ihre 2 Fragen", {"ihre_2_fragen"}), name_of("学校")
    ('votre_ecole', 'ihre_2_fragen_2', 'field')
    """
    base = slugs.fold(label, "field").replace("-", "_")[:36]
    base = base if is_name(base) else f"field_{base}"[:36].rstrip("_")
    number, name = 1, base
    while name in taken:
        number += 1
        name = f"{base}_{number}"
    return name


def check_form(faults: Faults, fields: Sequence[Field], locale: str) -> list[Field]:
    """The fields as they are kept, the e-mail address among them; adds what is wrong to the faults.

    A lead is known by its address, so a form always asks for it: added in front where it is missing, always required.
    """
    if len(fields) > MAX_FIELDS:
        faults.add("fields", "fields_too_many", most=MAX_FIELDS)
        return []
    kept = [_check_field(faults, f"fields.{place}", field) for place, field in enumerate(fields)]
    seen: set[str] = set()
    for place, field in enumerate(kept):
        if field.name in seen:
            faults.add(f"fields.{place}.name", "field_name_twice", name=field.name)
        seen.add(field.name)
    if email_field(kept) is None:
        name = "email" if "email" not in seen else "email_address"
        kept.insert(0, Field(name, _EMAIL_LABELS.get(locale, _EMAIL_LABELS["en"]), "email", True))
    return kept


def email_field(fields: Sequence[Field]) -> Field | None:
    """The field whose answer says who the lead is: the first one of that kind."""
    return next((field for field in fields if field.kind == "email"), None)


def _check_field(faults: Faults, where: str, field: Field) -> Field:
    if not is_name(field.name):
        faults.add(f"{where}.name", "field_name_malformed")
    label = texts.check(faults, f"{where}.label", field.label, most=MAX_LINE, least=1)
    if field.kind not in KINDS:
        faults.add(f"{where}.kind", "field_kind_unknown", kind=str(field.kind)[:40])
    options: tuple[str, ...] = ()
    if field.kind == "choice":
        options = _check_options(faults, f"{where}.options", field.options)
    return Field(field.name, label, field.kind, field.required or field.kind == "email", options)


def _check_options(faults: Faults, where: str, options: Sequence[str]) -> tuple[str, ...]:
    if len(options) > MAX_OPTIONS:
        faults.add(where, "fields_too_many", most=MAX_OPTIONS)
        return ()
    told = [texts.check(faults, where, option, most=100) for option in options]
    kept = tuple(dict.fromkeys(option for option in told if option))
    if not kept:
        faults.add(where, "options_missing")
    return kept


def check(fields: Sequence[Field], answers: Mapping[str, str], locale: str = "en") -> dict[str, Answer]:
    """The answers as they are kept, by the field's name; one that wasn't given isn't there.

    Raises invalid with a fault for each field, all at once. Names that are no field's are left out.

    | kind | kept as |
    |---|---|
    | email | as typed, trimmed; kernel.emails.read gives the spelling a person is known by |
    | phone | E.164 |
    | number | an integer |
    | date | 2026-12-13 |
    | checkbox | True when ticked |

    >>> check([Field("email", "E-mail", "email", True)], {"email": " zoe@ecole.fr ", "other": "x"})
    {'email': 'zoe@ecole.fr'}
    """
    faults = Faults()
    kept: dict[str, Answer] = {}
    for field in fields:
        with faults.gather():
            answer = _read(field, answers.get(field.name, ""), locale)
            if answer is not None:
                kept[field.name] = answer
    faults.check()
    return kept


def _read(field: Field, typed: str, locale: str) -> Answer | None:
    """One answer, None when there is none. Raises invalid."""
    faults = Faults()
    least, most = int(field.required), MAX_LENGTHS.get(field.kind, MAX_LINE)
    several_lines = field.kind == "textarea"
    text = texts.check(faults, field.name, typed, most=most, least=least, several_lines=several_lines)
    faults.check()
    if not text:
        return None
    if field.kind == "phone":
        return _phone(field.name, text, _REGIONS.get(locale))
    if field.kind == "choice" and text not in field.options:
        raise problem("invalid", "not_a_choice", field.name)
    read = _READERS.get(field.kind)
    return read(field.name, text) if read else text


def _email(name: str, text: str) -> Answer:
    emails.read(text, name)
    return text


def _phone(name: str, text: str, region: str | None) -> Answer:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        raise problem("invalid", "phone_malformed", name) from None
    if not phonenumbers.is_possible_number(number):
        raise problem("invalid", "phone_malformed", name)
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def _number(name: str, text: str) -> Answer:
    figures = "".join(text.split())
    if not re.fullmatch(r"[+-]?[0-9]{1,15}", figures):
        raise problem("invalid", "not_a_number", name)
    if abs(int(figures)) > MAX_NUMBER:
        raise problem("invalid", "out_of_range", name, least=-MAX_NUMBER, most=MAX_NUMBER)
    return int(figures)


def _date(name: str, text: str) -> Answer:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise problem("invalid", "date_unreadable", name) from None


def _url(name: str, text: str) -> Answer:
    # people write www.ecole.fr; what is kept can be opened, and never runs
    address = text if "://" in text else f"https://{text}"
    try:
        parts = urlsplit(address)
        is_web = parts.scheme in ("http", "https") and "." in (parts.hostname or "") and not parts.username
    except ValueError:
        is_web = False
    if not is_web or any(c.isspace() or c in "\"'<>\\" for c in address):
        raise problem("invalid", "target_malformed", name)
    return address


def _checkbox(_name: str, _text: str) -> Answer:
    return True


_READERS: dict[str, Callable[[str, str], Answer]] = {
    "email": _email,
    "number": _number,
    "date": _date,
    "url": _url,
    "checkbox": _checkbox,
}
