"""POST /p/<slug>/pay: on to the payment page. GET /p/<slug>/paid: back from it, and only what is known is said."""

from flask import Response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from campaigns import words
from campaigns.flows.open_checkout import open_checkout
from campaigns.kernel.errors import Problem, problem
from campaigns.planning import offers, pages
from campaigns.planning.pages import Page
from campaigns.selling import claims, sales
from campaigns.selling.coupons import Coupon
from campaigns.selling.sales import EARNED, Sale
from web.errors import status_of
from web.prospect.blueprint import blueprint
from web.prospect.pages import CLAIM_S, read_claim
from web.request import client_key, is_foreign, locale, now, on_this_host, speak, world

MINUTE_S = 60
BACK_S = CLAIM_S + 14 * 86400
"""The button works as long as the claim does, the payment page a day more, and some banks take days."""


@blueprint.post("/p/<slug>/pay")
def pay(slug: str) -> AnyResponse:
    """POST: 303 to the payment page. Field: claim, the signed token of the thanks page."""
    if is_foreign():
        raise problem("forbidden", "foreign_origin")
    if world().limits.count(f"pay:{client_key()}", MINUTE_S, now()) > world().settings.coupon_tries_per_minute:
        raise problem("later", "too_often", wait_s=MINUTE_S)
    token = request.form.get("claim", "")
    page, coupon, _ = _paid_with(slug, token)
    here = f"{world().settings.public_url}/p/{page.slug}"
    try:
        url = open_checkout(
            world(), coupon.id, page.locale, f"{here}/paid?claim={token}", f"{here}/thanks?claim={token}"
        )
    except Problem as refused:
        told = words.tell_all(refused, locale())
        return _show(page, coupon, "refused", token, told, status_of(refused))
    return redirect(on_this_host(url), 303)


@blueprint.get("/p/<slug>/paid")
def paid(slug: str) -> Response:
    """GET ?claim=…: paid when the message of it has come; until then it says that it hasn't."""
    token = request.args.get("claim", "")
    page, coupon, sale = _paid_with(slug, token, BACK_S)
    state = "paid" if sale and sale.state in EARNED else "failed" if sale and sale.state == "failed" else "waiting"
    return _show(page, coupon, state, token, sale=sale)


def _paid_with(slug: str, token: str, max_age_s: int = CLAIM_S) -> tuple[Page, Coupon, Sale | None]:
    """The page, whether online or closed meanwhile; the code; the sale that it was used for."""
    claim = read_claim(token, max_age_s)
    with world().db.read() as session:
        page = pages.find_by_slug(session, slug)
        coupon, _ = claims.find(session, claim, page.offer_id)
        sale = sales.of_coupon(session, coupon.id) if coupon else None
    if coupon is None:
        raise problem("missing", "not_found")
    speak(page.locale)
    return page, coupon, sale


def _show(
    page: Page, coupon: Coupon, state: str, token: str, told: str = "", status: int = 200, sale: Sale | None = None
) -> Response:
    with world().db.read() as session:
        offer = offers.find(session, page.offer_id)
    html = render_template(
        "prospect/paid.html", offer=offer, coupon=coupon, state=state, told=told, sale=sale, theme=page.theme,
        again=f"/p/{page.slug}/thanks?claim={token}", look=f"/p/{page.slug}/paid?claim={token}",
        rehearsed=world().payments.rehearses,
    )  # fmt: skip
    return Response(html, status)
