"""GET /rehearsal/till, GET /rehearsal/till/<id>, POST …/pay, …/lapse, …/refund, …/again: payments without a card.

What is pressed here becomes the message that Stripe would send, signed, and goes the way that Stripe's go.
"""

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import StringField

from campaigns.flows.look_at_rehearsal import find_checkout, list_checkouts
from campaigns.flows.settle_payment import settle_payment
from campaigns.kernel import money
from campaigns.kernel.errors import problem
from campaigns.kernel.money import Money
from campaigns.ports import Rehearsal, RehearsedCheckout
from web.access import recognise
from web.forms import StaffForm, _, showing
from web.rehearsal.blueprint import blueprint
from web.request import now, on_this_host, see_as, world

PAID = ("paid", "refunded")


class RefundForm(StaffForm):
    amount = StringField(_("Amount"))


@blueprint.get("/rehearsal/till")
def checkouts() -> str:
    """The payments, newest first; the older ones by ?before=."""
    found = list_checkouts(world(), request.args.get("before"))
    return render_template(
        "rehearsal/checkouts.html", checkouts=found.items,
        next=url_for(".checkouts", before=found.next) if found.next else "",
        first=url_for(".checkouts") if request.args.get("before") else "",
    )  # fmt: skip


@blueprint.get("/rehearsal/till/<checkout_id>")
def till(checkout_id: str) -> str:
    """What is to be paid; for members, once it is paid, what the shop can do."""
    return _page(find_checkout(world(), checkout_id), RefundForm())


@blueprint.post("/rehearsal/till/<checkout_id>/pay")
def pay(checkout_id: str) -> Response:
    """Pay, and go back to the page that opened it. Twice is once."""
    checkout = find_checkout(world(), checkout_id)
    settle_payment(world(), *_counter().pay(checkout.id, now()))
    return redirect(on_this_host(checkout.success_url), 303)


@blueprint.post("/rehearsal/till/<checkout_id>/lapse")
def lapse(checkout_id: str) -> Response:
    """Go away without paying."""
    checkout = find_checkout(world(), checkout_id)
    settle_payment(world(), *_counter().expire(checkout.id, now()))
    return redirect(on_this_host(checkout.cancel_url), 303)


@blueprint.post("/rehearsal/till/<checkout_id>/refund")
def refund(checkout_id: str) -> Response | tuple[str, int]:
    """Give back an amount, or with `all` what is left."""
    checkout = find_checkout(world(), checkout_id)
    form = RefundForm(request.form)
    with showing(form):
        if request.form.get("all"):
            amount = _left(checkout)
        else:
            amount = money.parse(form.amount.data or "", checkout.due.currency)
        settle_payment(world(), *_counter().refund(checkout.id, amount, now()))
        return redirect(url_for(".till", checkout_id=checkout.id, done="refunded"), 303)
    return _page(checkout, form), 422


@blueprint.post("/rehearsal/till/<checkout_id>/again")
def again(checkout_id: str) -> Response:
    """Deliver the payment's message once more, as Stripe does when it heard no answer: nothing may change."""
    checkout = find_checkout(world(), checkout_id)
    if checkout.state not in PAID:
        raise problem("missing", "not_found")
    settle_payment(world(), *_counter().pay(checkout.id, now()))
    return redirect(url_for(".till", checkout_id=checkout.id, done="again"), 303)


def _page(checkout: RehearsedCheckout, form: RefundForm) -> str:
    if who := recognise():
        see_as(who)
    return render_template(
        "rehearsal/till.html", checkout=checkout, form=form, left=_left(checkout),
        discount=Money(checkout.price.amount - checkout.due.amount, checkout.price.currency),
        is_paid=checkout.state in PAID, back=on_this_host(checkout.success_url),
    )  # fmt: skip


def _left(checkout: RehearsedCheckout) -> Money:
    """What wasn't given back yet."""
    return Money(checkout.due.amount - checkout.refunded.amount, checkout.due.currency)


def _counter() -> Rehearsal:
    found = world().rehearsal
    assert found is not None  # or this blueprint wouldn't be mounted
    return found
