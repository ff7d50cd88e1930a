"""The form of a landing page: its rows of fields and consents come and go, so the form is made for what was sent."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, FileField, SelectField, StringField, TextAreaField

from campaigns.kernel.errors import Fault
from campaigns.planning import fields as questions
from campaigns.planning.fields import Field, FieldKind
from campaigns.planning.pages import MAX_CONSENTS, THEMES, Consent, PageDraft
from web.forms import StaffForm, _, choices
from web.options import LANGUAGES
from web.request import say

MOST_ROWS = {"fields": questions.MAX_FIELDS, "consents": MAX_CONSENTS}


def kind_words() -> dict[str, str]:
    """The kinds of fields, in words."""
    return {
        "text": say("A line"), "textarea": say("Several lines"), "name": say("Name"), "company": say("Organisation"),
        "email": say("E-mail address"), "phone": say("Phone number"), "number": say("Number"), "date": say("Date"),
        "url": say("Web address"), "choice": say("Choice of a list"), "checkbox": say("Box to tick"),
    }  # fmt: skip


def theme_words() -> dict[str, str]:
    """The themes, in words."""
    return {"night": say("Night: dark blue and cream"), "plum": say("Plum: dark red and gold")}


class PageForm(StaffForm):
    headline = StringField(_("Headline"))
    summary = TextAreaField(_("Under the headline"))
    body = TextAreaField(_("Text"))
    button = StringField(_("Button"))
    slug = StringField(_("Address"))
    locale = SelectField(_("Language"), choices=choices(LANGUAGES))
    theme = SelectField(_("Colours"), choices=lambda: choices(theme_words()))


class PictureForm(StaffForm):
    picture = FileField(_("Picture"))
    picture_alt = StringField(_("What the picture shows"))


@dataclass(frozen=True)
class Row:
    """A row of the form: its fields by their last name."""

    place: int
    number: int
    fields: Mapping[str, Any]
    is_address: bool = False

    @property
    def has_faults(self) -> bool:
        return any(field.errors for field in self.fields.values())


QUESTION = {
    "label": lambda: StringField(_("Question")),
    "kind": lambda: SelectField(_("Kind"), choices=lambda: choices(kind_words())),
    "required": lambda: BooleanField(_("Must be answered")),
    "options": lambda: TextAreaField(_("Choices, one a line")),
    "name": lambda: StringField(_("Name in downloads")),
}
CONSENT = {
    "text": lambda: TextAreaField(_("What they agree to")),
    "purpose": lambda: StringField(_("Purpose, in a word")),
}
SHAPES: dict[str, dict[str, Any]] = {"fields": QUESTION, "consents": CONSENT}


class Editor:
    """The form with its rows: as it was sent, or as a page keeps it.

    Rows are told by numbers of their own (`fields_0_label`), and the hidden `rows` say which there are and in which
    order: one that was taken out leaves the others as they were.
    """

    def __init__(self, rows: Mapping[str, Sequence[int]], sent: Mapping[str, Any] | None, kept: dict[str, Any]) -> None:
        self.rows = {what: list(numbers) for what, numbers in rows.items()}
        shape = {
            f"{what}_{number}_{name}": make()
            for what, numbers in rows.items()
            for number in numbers
            for name, make in SHAPES[what].items()
        }
        self.form: Any = type("RowsForm", (PageForm,), shape)(cast(Any, sent), data=kept)

    def row(self, what: str, place: int, number: int) -> Row:
        """One of its rows."""
        named = {name: self.form[f"{what}_{number}_{name}"] for name in SHAPES[what]}
        return Row(place, number, named)

    @property
    def fields(self) -> list[Row]:
        """The questions; the first e-mail address is the one that a lead is known by."""
        rows = [self.row("fields", place, number) for place, number in enumerate(self.rows["fields"])]
        first = next((row.number for row in rows if row.fields["kind"].data == "email"), None)
        return [Row(row.place, row.number, row.fields, row.number == first) for row in rows]

    @property
    def consents(self) -> list[Row]:
        """The consents."""
        return [self.row("consents", place, number) for place, number in enumerate(self.rows["consents"])]

    @property
    def can_grow(self) -> dict[str, bool]:
        """Whether there is room for one more of each."""
        return {what: len(numbers) < MOST_ROWS[what] for what, numbers in self.rows.items()}

    def draft(self, picture_alt: str) -> PageDraft:
        """What was typed, as the stage takes it."""
        form = self.form
        return PageDraft(
            locale=form.locale.data or "", headline=form.headline.data or "",
            slug=(form.slug.data or "").strip() or None, summary=form.summary.data or "", body=form.body.data or "",
            button=form.button.data or "", theme=form.theme.data or "", picture_alt=picture_alt,
            fields=tuple(self._questions()), consents=tuple(self._consents()),
        )  # fmt: skip

    def _questions(self) -> Iterable[Field]:
        taken = {row.fields["name"].data for row in self.fields}
        for row in self.fields:
            typed = {name: field.data for name, field in row.fields.items()}
            name = (typed["name"] or "").strip() or questions.name_of(typed["label"] or "", taken)
            taken.add(name)
            options = tuple((typed["options"] or "").splitlines()) if typed["kind"] == "choice" else ()
            kind = cast(FieldKind, typed["kind"] or "")  # the stage refuses a kind there isn't
            yield Field(name, typed["label"] or "", kind, bool(typed["required"]), options)

    def _consents(self) -> Iterable[Consent]:
        for row in self.consents:
            typed = {name: field.data or "" for name, field in row.fields.items()}
            yield Consent(typed["purpose"].strip(), typed["text"])

    def placed(self, fault: Fault) -> Fault:
        """A fault of the third question (`fields.2.label`) beside its row, whatever number that has."""
        what, _dot, rest = (fault.field or "").partition(".")
        place, _dot, name = rest.partition(".")
        if what in self.rows and place.isdigit() and int(place) < len(self.rows[what]):
            return Fault(f"{what}_{self.rows[what][int(place)]}_{name}", fault.code, fault.values)
        return fault


def sent_editor(sent: MultiDict[str, str]) -> Editor:
    """The form as it was sent, with the row that a button added or took out."""
    rows = {what: _numbers(sent, what) for what in SHAPES}
    what, _dash, number = sent.get("do", "").partition("-")
    deed, _dot, what = what.partition(".")
    if deed == "add" and what in rows and len(rows[what]) < MOST_ROWS[what]:
        rows[what].append(max(rows[what], default=-1) + 1)
    if deed == "remove" and what in rows and number.isdigit():
        rows[what] = [each for each in rows[what] if each != int(number)]
    return Editor(rows, sent, {})


def _numbers(sent: MultiDict[str, str], what: str) -> list[int]:
    told = [text for text in sent.getlist(f"rows_{what}") if text.isdigit() and len(text) < 5]
    return list(dict.fromkeys(map(int, told)))[: MOST_ROWS[what]]


def kept_editor(draft: PageDraft) -> Editor:
    """The form as a page keeps it."""
    kept: dict[str, Any] = {
        "headline": draft.headline, "summary": draft.summary, "body": draft.body, "button": draft.button,
        "slug": draft.slug or "", "locale": draft.locale, "theme": draft.theme,
    }  # fmt: skip
    for place, field in enumerate(draft.fields):
        kept |= {
            f"fields_{place}_label": field.label, f"fields_{place}_kind": field.kind,
            f"fields_{place}_required": field.required, f"fields_{place}_options": "\n".join(field.options),
            f"fields_{place}_name": field.name,
        }  # fmt: skip
    for place, consent in enumerate(draft.consents):
        kept |= {f"consents_{place}_text": consent.text, f"consents_{place}_purpose": consent.purpose}
    rows = {"fields": list(range(len(draft.fields))), "consents": list(range(len(draft.consents)))}
    return Editor(rows, None, kept)


def first_draft(locale: str, headline: str) -> PageDraft:
    """What a new page begins with: it asks for the address, and for a name if one likes."""
    return PageDraft(
        locale=locale, headline=headline, theme=THEMES[0],
        fields=(
            Field("email", say("E-mail address"), "email", True),
            Field("name", say("Your name"), "name"),
        ),
    )  # fmt: skip
