"""/settings/rates: the exchange rates that reports in one currency use, for administrators."""

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import FileField

from campaigns.flows.import_rates import import_rates
from campaigns.kernel import sheets
from campaigns.kernel.errors import problem
from campaigns.measuring import exchange_rates
from web.account.blueprint import blueprint
from web.account.people import me
from web.forms import StaffForm, _, showing
from web.request import world


class RatesForm(StaffForm):
    rates = FileField(_("File of rates, as CSV"))


@blueprint.get("/settings/rates")
def rates() -> str:
    """Which rates are stored, and the form for more."""
    return _page(RatesForm())


@blueprint.post("/settings/rates")
def store_rates() -> Response | tuple[str, int]:
    """All rates of a file, over those that are there; none when a line can't be read."""
    form, file = RatesForm(request.form), request.files.get("rates")
    with showing(form):
        if file is None or not file.filename:
            raise problem("invalid", "rates_missing", "rates")
        import_rates(world(), sheets.text_of(file.read()), **me())
        return redirect(url_for("account.rates", done="stored"), 303)
    return _page(form), 422


def _page(form: RatesForm) -> str:
    with world().db.read() as session:
        known = exchange_rates.known(session)
    return render_template("account/rates.html", form=form, known=known)
