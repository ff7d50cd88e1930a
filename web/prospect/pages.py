"""GET, POST /p/<slug>, GET /p/<slug>/thanks, /p/<slug>/picture.webp, /p/<slug>/card.jpg: landing pages.

No session and no cookie. The form has no action, so posting it keeps the visit's token in the address.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from campaigns import words
from campaigns.capturing import deliveries
from campaigns.flows.claim_offer import Form, claim_offer
from campaigns.flows.look_at_page import Around
from campaigns.flows.show_picture import Shown, show_picture
from campaigns.kernel.errors import Problem, problem
from campaigns.planning import offers
from campaigns.selling import claims, coupons
from campaigns.selling.claims import Claim
from campaigns.tracking import visits
from campaigns.tracking.sights import Sight
from web.headers import policy
from web.known import good_until
from web.landing import Typed, landing
from web.prospect import choices, copies
from web.prospect.blueprint import blueprint
from web.prospect.seen import sight
from web.request import client_key, is_foreign, known_pages, now, speak, world

CLAIM_S = 24 * 3600
CONFIRM_LEAST_S, CONFIRM_MOST_S = 1, 3600
STAMP_S = 30 * 86400
MINUTE_S, HARD = 60, 10


@blueprint.get("/p/<slug>")
def page(slug: str) -> Response:
    """GET /p/<slug>."""
    known_pages().read(slug, now())  # a copy is made of it, and that one's life begins now
    response = _show(_still_open(_around(slug)), Typed(), 200)
    # kept by this browser alone, and asked for again: going back finds what was typed
    response.headers["Cache-Control"] = "private, no-cache"
    return response


@blueprint.post("/p/<slug>")
def send(slug: str) -> AnyResponse:
    """POST /p/<slug>: 303 to the thanks; 422 and the same page when something is to be mended or confirmed.

    With the banner's answer (pc-choice) 303 to the page.
    """
    if is_foreign():
        raise problem("forbidden", "foreign_origin")
    around = _around(slug)
    tries = world().limits.count(f"form:{client_key()}", MINUTE_S, now())
    if tries > world().settings.forms_per_minute * HARD:
        raise problem("later", "too_often", wait_s=MINUTE_S)
    seen = sight(request.form.get("pc-from") or None)
    if said := request.form.get(choices.FIELD):
        return choices.answer(around.page, said, seen)
    return _take(_still_open(around), seen, is_much=tries > world().settings.forms_per_minute)


def _take(around: Around, seen: Sight, *, is_much: bool) -> AnyResponse:
    kept = Typed(answers=request.form, ticked=request.form.getlist("pc-consent"))
    if not _is_confirmed(around.page.id):
        if is_much:
            return _show(around, kept, 429, ask=True)
        if request.form.get("pc-website") or _is_hasty():
            return _show(around, kept, 422, ask=True)
    form = Form(request.form, kept.ticked, seen)
    try:
        claim = claim_offer(world(), around.page.id, form)
    except Problem as refused:
        if refused.kind not in ("invalid", "later"):
            raise
        return _show(around, _with_faults(kept, around, refused), 503 if refused.kind == "later" else 422)
    token = world().signer.sign("claim", [claim.lead_id, claim.coupon_id, claim.delivery_id], now())
    return redirect(url_for("prospect.thanks", slug=around.page.slug, claim=token), 303)


def _around(slug: str) -> Around:
    """The page; from here on everything is said in its language."""
    around = known_pages().find(slug, now())
    speak(around.page.locale)
    return around


def _still_open(around: Around) -> Around:
    """A page that takes forms. Raises gone (`page_closed`, `offer_ended`)."""
    if around.over:
        raise problem("gone", around.over)
    return around


def _opened_at() -> datetime | None:
    """When the page was opened: by the visit's token, else by the stamp in the form."""
    via = visits.read(world().signer, request.args.get(visits.PARAMETER), now(), world().settings.lookback_days)
    if via:
        return via.at
    return _stamped_at(request.form.get("pc-stamp", ""))


def _stamped_at(stamp: str) -> datetime | None:
    return copies.stamped_at(world().signer, stamp, now(), STAMP_S)


def _is_hasty() -> bool:
    opened_at = _opened_at()
    return opened_at is not None and (now() - opened_at).total_seconds() < world().settings.form_min_s


def _is_confirmed(page_id: str) -> bool:
    try:
        told, asked_at = world().signer.read("confirm", request.form.get("pc-confirm", ""), now(), CONFIRM_MOST_S)
    except Problem:
        return False
    return bool(told == page_id and (now() - asked_at).total_seconds() >= CONFIRM_LEAST_S)


def _with_faults(kept: Typed, around: Around, refused: Problem) -> Typed:
    names: set[str | None] = {each["name"] for each in around.page.fields}
    locale = around.page.locale
    return Typed(
        kept.answers, kept.ticked,
        {str(fault.field): words.tell(fault, locale) for fault in refused.faults if fault.field in names},
        [words.tell(fault, locale) for fault in refused.faults if fault.field not in names],
    )  # fmt: skip


def _show(around: Around, typed: Typed, status: int, *, ask: bool = False) -> Response:
    shown = landing(world().settings, around, typed, now())
    stamp = request.form.get("pc-stamp", "")
    if _stamped_at(stamp) is None:  # the first one stays: mending a field takes less than two seconds
        stamp = copies.stamp(world().signer, UUID(around.page.id).bytes, now())
    confirm = world().signer.sign("confirm", around.page.id, now()) if ask else ""
    html = render_template(
        "prospect/page.html", l=shown, theme=around.page.theme, form=True, stamp=stamp, confirm=confirm,
        came_from=request.form.get("pc-from", ""), errors=bool(typed.errors),
        choice=choices.of_environ(world().settings, request.environ),
    )  # fmt: skip
    response = Response(html, status)
    if request.method == "GET":
        ends_at = offers.last_moment(around.offer, around.campaign.zone)
        request.environ[copies.MARK] = copies.Wish(around.page.id, stamp, good_until(around, now()), ends_at)
    if status == 429:
        response.headers["Retry-After"] = str(MINUTE_S)
    return response


@dataclass(frozen=True)
class Got:
    """What the visitor came for, as the thanks page shows it."""

    code: str
    download: str
    is_used: bool


def read_claim(token: str, max_age_s: int = CLAIM_S) -> Claim:
    """The claim that an address or a form tells of. Raises forbidden (`token_forged`), gone (`token_expired`)."""
    value, _ = world().signer.read("claim", token, now(), max_age_s)
    return Claim(*value)


@blueprint.get("/p/<slug>/thanks")
def thanks(slug: str) -> Response:
    """GET /p/<slug>/thanks?claim=…: the code or the paper, at once."""
    around = _around(slug)
    claim = read_claim(request.args.get("claim", ""))
    with world().db.read() as session:
        coupon, delivery = claims.find(session, claim, around.offer.id)
    due = coupons.due(around.offer) if coupon else None
    got = Got(
        code=coupon.code if coupon else "", is_used=bool(coupon and coupon.redeemed_at),
        download=f"/d/{deliveries.token(world().signer, delivery, now())}" if delivery else "",
    )  # fmt: skip
    html = render_template(
        "prospect/thanks.html", l=landing(world().settings, around, Typed(), now()), got=got, due=due,
        theme=around.page.theme, claim=request.args["claim"], pay=url_for("prospect.pay", slug=slug),
    )  # fmt: skip
    response = Response(html)
    # the pay button's answer leads to the payment page: a browser checks the whole way against form-action
    response.headers["Content-Security-Policy"] = policy(
        form_action=" ".join(["'self'", *world().settings.payment_origins])
    )
    return response


@blueprint.get("/p/<slug>/picture.webp")
def picture(slug: str) -> Response:
    """GET /p/<slug>/picture.webp?v=…: the page's picture or the paper's cover, 9 KB at most."""
    return _kept_long(show_picture(world(), slug, "small"), "image/webp")


@blueprint.get("/p/<slug>/card.jpg")
def card(slug: str) -> Response:
    """GET /p/<slug>/card.jpg?v=…: what X shows, 1200 × 600."""
    return _kept_long(show_picture(world(), slug, "card"), "image/jpeg")


def _kept_long(shown: Shown, kind: str) -> Response:
    response = Response(shown.content, content_type=kind)
    # another picture has another address; under one that isn't its own it would stay the wrong one for a year
    is_its_own = request.args.get("v") == shown.version
    response.headers["Cache-Control"] = f"public, max-age={'31536000, immutable' if is_its_own else 300}"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
