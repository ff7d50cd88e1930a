"""GET /leads/<id> · POST /leads/<id>/state, /leads/<id>/sale · GET, POST /leads/<id>/sale/withdraw."""

from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, url_for
from wtforms import SelectField, StringField, TextAreaField

from campaigns.flows.enter_sale import enter_sale, withdraw_sale
from campaigns.flows.work_lead import exclude_lead, work_leads
from campaigns.kernel.errors import problem
from campaigns.kernel.money import Money
from campaigns.measuring import sheets
from campaigns.measuring.sheets import Sheet
from web.forms import StaffForm, Typed, _, amount_text, choices, showing
from web.options import currencies_with
from web.request import Answer, locale, viewer, world
from web.sales.blueprint import blueprint
from web.sales.views import exclusion_words, state_words


class StateForm(StaffForm):
    state = SelectField(_("State"), choices=lambda: choices(state_words()), validate_choice=False)
    note = TextAreaField(_("Note"))


class CountsForm(StaffForm):
    excluded = SelectField(_("Does it count?"), choices=lambda: choices(exclusion_words()), validate_choice=False)


class SaleForm(StaffForm):
    amount = StringField(_("Amount"))
    currency = SelectField(_("Currency"), validate_choice=False)
    note = TextAreaField(_("Note"), id="sale-note")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency.choices = currencies_with(self.currency.data)


def _me() -> dict[str, Any]:
    return {"who": viewer().name, "user_id": viewer().id}


def _sheet(lead_id: UUID) -> Sheet:
    with world().db.read() as session:
        return sheets.find(session, str(lead_id), lookback_days=world().settings.lookback_days)


def _shown(
    sheet: Sheet, state: StateForm | None = None, sale: SaleForm | None = None, counts: CountsForm | None = None
) -> Answer:
    entered = sheet.entered
    kept = {"currency": world().settings.currency}
    if entered and entered.state != "withdrawn":
        kept = {"amount": amount_text(entered.amount, entered.currency, locale()), "currency": entered.currency}
    faulty = any(form.has_faults for form in (state, sale, counts) if form)
    page = render_template(
        "sales/lead.html", sheet=sheet, lead=sheet.row.lead, states=state_words(),
        form=state or StateForm(state=sheet.row.lead.state), sale=sale or SaleForm(**kept),
        may_work=viewer().role != "marketer", has_sale=bool(entered and entered.state != "withdrawn"),
        paid=[Money(each.amount, each.currency) for each in sheet.sales if each.state != "withdrawn"],
        lookback_days=world().settings.lookback_days, exclusions=exclusion_words(),
        counts=counts or CountsForm(excluded=sheet.row.lead.excluded or ""),
    )  # fmt: skip
    return (page, 422) if faulty else page


@blueprint.get("/leads/<uuid:lead_id>")
def lead(lead_id: UUID) -> Answer:
    """GET /leads/<id>: who it is, the way here, what was agreed, who worked it."""
    return _shown(_sheet(lead_id))


@blueprint.post("/leads/<uuid:lead_id>/state")
def change_lead(lead_id: UUID) -> Answer:
    """POST /leads/<id>/state: another state, a note, or both."""
    form = StateForm(request.form)
    with showing(form):
        work_leads(world(), [str(lead_id)], form.state.data or "", **_me(), note=form.note.data or "")
        return redirect(url_for("sales.lead", lead_id=lead_id, done="saved"), 303)
    return _shown(_sheet(lead_id), state=form)


@blueprint.post("/leads/<uuid:lead_id>/counts")
def exclude(lead_id: UUID) -> Answer:
    """POST /leads/<id>/counts: it and all that it did count no more, or again."""
    form = CountsForm(request.form)
    with showing(form):
        exclude_lead(world(), str(lead_id), form.excluded.data or None, **_me())
        return redirect(url_for("sales.lead", lead_id=lead_id, done="saved"), 303)
    return _shown(_sheet(lead_id), counts=form)


@blueprint.post("/leads/<uuid:lead_id>/sale")
def enter_lead_sale(lead_id: UUID) -> Answer:
    """POST /leads/<id>/sale: it is won, and this is what it brought; again: the amount is corrected."""
    form = SaleForm(request.form)
    with showing(form):
        typed = Typed(request.form)
        money = typed.money("amount", typed.text("currency"))
        typed.faults.check()
        if money is None:
            raise problem("invalid", "amount_unreadable", "amount")
        enter_sale(world(), str(lead_id), money.amount, money.currency, **_me(), note=form.note.data or "")
        return redirect(url_for("sales.lead", lead_id=lead_id, done="entered"), 303)
    return _shown(_sheet(lead_id), sale=form)


@blueprint.get("/leads/<uuid:lead_id>/sale/withdraw")
def ask_to_withdraw(lead_id: UUID) -> Answer:
    """GET /leads/<id>/sale/withdraw: what it does, before it is done."""
    sheet = _sheet(lead_id)
    if sheet.entered is None:
        raise problem("missing", "sale_missing")
    return render_template("sales/withdraw.html", sheet=sheet, lead=sheet.row.lead)


@blueprint.post("/leads/<uuid:lead_id>/sale/withdraw")
def withdraw_lead_sale(lead_id: UUID) -> Answer:
    """POST /leads/<id>/sale/withdraw: it wasn't one; the lead is qualified again."""
    withdraw_sale(world(), str(lead_id), **_me())
    return redirect(url_for("sales.lead", lead_id=lead_id, done="withdrawn"), 303)
