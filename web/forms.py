"""Forms: WTForms in the page's language, and a flow's faults put beside the fields they are about."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from babel.numbers import get_decimal_symbol
from wtforms import Form
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.i18n import DummyTranslations

from campaigns import words
from campaigns.kernel import money
from campaigns.kernel.errors import Faults, Problem
from web.request import locale, say

SHOWN = ("invalid", "conflict", "gone", "later", "missing")


def _(message: str) -> str:
    """Marks a label for the catalogue; it is said in the page's language when the form is made."""
    return message


class _Words(DummyTranslations):
    """WTForms' own sentences never reach a person: the stages check, these forms only carry."""


class StaffForm(Form):
    """A form of a staff page. The gate has checked its CSRF token already: no form can forget it.

    `earlier_id`: of the tweet with the same words, where that is why it was refused.
    """

    earlier_id = ""

    class Meta:
        locales = False

        def get_translations(self, _form: Any) -> DummyTranslations:
            return _Words()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self:
            if field.label.text:  # nothing would be said as the catalogue’s own head
                field.label.text = say(field.label.text)

    @property
    def has_faults(self) -> bool:
        return bool(self.errors)


def choices(words: Mapping[str, str]) -> list[Any]:
    """The options of a select field: values and what they are called."""
    return [SelectChoice(value, told) for value, told in words.items()]


def show(form: StaffForm, refused: Problem) -> None:
    """Put each fault beside its field; what is about no field, or none of this form, goes on top.

    A fault's field may be dotted (price.amount): the form's price_amount, or its price, takes it.
    """
    for fault in refused.faults:
        form.earlier_id = f"{fault.values.get('earlier', '')}" or form.earlier_id
        name = (fault.field or "").replace(".", "_")
        field = form._fields.get(name) or form._fields.get(name.split("_")[0])
        told = words.tell(fault, locale())
        if field is None:
            form.form_errors.append(told)
        else:
            field.errors = [*field.errors, told]


class showing:
    """Run a flow; when it refuses, its faults are in the form and the view goes on to show it again.

    with showing(form):
        campaign = create_campaign(world(), ...)
        return redirect(...)
    return render_template(..., form=form), 422
    """

    def __init__(self, form: StaffForm) -> None:
        self._form = form

    def __enter__(self) -> None: ...

    def __exit__(self, kind: type[BaseException] | None, refused: BaseException | None, trace: Any) -> bool:
        if not isinstance(refused, Problem) or refused.kind not in SHOWN or not refused.faults:
            return False
        if any(fault.code == "too_often" for fault in refused.faults):
            return False  # an answer of its own: 429, and when to try again
        show(self._form, refused)
        return True


class Typed:
    """Reads what was typed into values, and keeps a fault for each that can't be read.

    typed = Typed(request.form)
    draft = CampaignDraft(starts_on=typed.date("starts_on"), ...)
    with typed.faults.gather():
        campaigns.check(draft)
    typed.faults.check()  # all at once
    """

    def __init__(self, form: Mapping[str, str]) -> None:
        self._form = form
        self.faults = Faults()

    def text(self, name: str) -> str:
        """As it was typed; nothing is an empty text."""
        return self._form.get(name, "")

    def date(self, name: str) -> date | None:
        """A day, as a date field sends it; empty is none."""
        text = self.text(name).strip()
        if not text:
            return None
        try:
            return date.fromisoformat(text)
        except ValueError:
            self.faults.add(name, "date_unreadable")
            return None

    def whole(self, name: str) -> int | None:
        """A whole number; empty is none."""
        text = "".join(self.text(name).split())
        if not text:
            return None
        if len(text) > 12 or not text.lstrip("-").isascii() or not text.lstrip("-").isdigit():
            self.faults.add(name, "not_a_number")
            return None
        return int(text)

    def money(self, name: str, currency: str) -> money.Money | None:
        """An amount as people write it; empty is none."""
        text = self.text(name).strip()
        if not text:
            return None
        try:
            return money.parse(text, money.known_currency(currency), name)
        except Problem as refused:
            self.faults.found.extend(refused.faults)
            return None


def amount_text(amount: int | None, currency: str | None, language: str = "en") -> str:
    """An amount as it goes back into a field, with the decimal sign of whoever reads it.

    >>> amount_text(123450, "EUR"), amount_text(123450, "EUR", "fr"), amount_text(None, None)
    ('1234.50', '1234,50', '')
    """
    if amount is None or currency is None:
        return ""
    text = f"{Decimal(amount).scaleb(-money.decimals(currency)):f}"
    return text.replace(".", get_decimal_symbol(language))
