"""Forms: WTForms in the page's language, and a flow's faults put beside the fields they are about."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from wtforms import Form
from wtforms.i18n import DummyTranslations

from campaigns import words
from campaigns.kernel.errors import Problem
from web.request import locale

SHOWN = ("invalid", "conflict", "gone", "later", "missing")


class _Words(DummyTranslations):
    """WTForms' own sentences never reach a person: the stages check, these forms only carry."""


class StaffForm(Form):
    """A form of a staff page. The gate has checked its CSRF token already: no form can forget it."""

    class Meta:
        locales = False

        def get_translations(self, _form: Any) -> DummyTranslations:
            return _Words()

    @property
    def has_faults(self) -> bool:
        return bool(self.errors)


def show(form: Form, refused: Problem) -> None:
    """Put each fault beside its field; what is about no field, or none of this form, goes on top.

    A fault's field may be dotted (price.amount): the form's price_amount, or its price, takes it.
    """
    for fault in refused.faults:
        name = (fault.field or "").replace(".", "_")
        field = form._fields.get(name) or form._fields.get(name.split("_")[0])
        told = words.tell(fault, locale())
        if field is None:
            form.form_errors.append(told)
        else:
            field.errors = [*field.errors, told]


@contextmanager
def showing(form: Form) -> Iterator[None]:
    """Run a flow; when it refuses, its faults are in the form and the view goes on to show it again.

    with showing(form):
        campaign = create_campaign(world(), ...)
        return redirect(...)
    return render_template(..., form=form), 422
    """
    try:
        yield
    except Problem as refused:
        if refused.kind not in SHOWN or not refused.faults:
            raise
        show(form, refused)
