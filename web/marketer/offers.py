"""GET /campaigns/<id>/offers, /offers/<id>/cover.webp; GET, POST /campaigns/<id>/offers/new, /offers/<id>;
POST /offers/<id>/paper."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from flask import Response, redirect, render_template, request, url_for
from wtforms import FileField, SelectField, StringField

from campaigns.flows.show_cover import show_cover
from campaigns.flows.upload_paper import upload_paper as keep_paper
from campaigns.kernel.errors import Fault, Faults, problem
from campaigns.planning import campaigns, offers, pages, papers
from campaigns.planning.campaigns import Campaign
from campaigns.planning.offers import KINDS, Offer, OfferDraft
from campaigns.planning.pages import Page
from campaigns.planning.papers import Paper
from campaigns.selling import coupons
from web.forms import StaffForm, Typed, _, amount_text, showing
from web.marketer.blueprint import blueprint
from web.options import currencies_with
from web.request import Answer, locale, now, world


class WhitePaperForm(StaffForm):
    title = StringField(_("Title"))


class CouponForm(WhitePaperForm):
    percent_off = StringField(_("Percent off"))
    amount_off = StringField(_("Or an amount off"))
    price = StringField(_("Full price"))
    currency = SelectField(_("Currency"))
    stock = StringField(_("Number of codes"))
    expires_on = StringField(_("Last day"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency.choices = currencies_with(self.currency.data)


class PaperForm(StaffForm):
    paper = FileField(_("White paper, as a PDF"))


@dataclass(frozen=True)
class Shown:
    """An offer with what belongs to it."""

    offer: Offer
    paper: Paper | None
    pages: list[Page]


def _form(kind: str, data: dict[str, Any]) -> StaffForm:
    shape = CouponForm if kind == "coupon" else WhitePaperForm
    return shape(request.form if request.endpoint != "marketer.upload_paper" else None, data=data)


def _draft(kind: str) -> OfferDraft:
    """What was typed. Raises invalid with every fault, one a field."""
    typed = Typed(request.form)
    if kind == "white_paper":
        return OfferDraft("white_paper", typed.text("title"))
    currency = typed.text("currency")
    off = typed.money("amount_off", currency)
    draft = OfferDraft(
        "coupon", typed.text("title"), typed.whole("percent_off"), off.amount if off else None,
        currency if off else None, typed.money("price", currency), typed.whole("stock"), typed.date("expires_on"),
    )  # fmt: skip
    if typed.faults.found:
        more = Faults()
        with more.gather():
            offers.check(draft, date.min)
        unread = {fault.field for fault in typed.faults.found}
        typed.faults.found.extend(fault for fault in more.found if _is_news(fault, unread))
        typed.faults.check()
    return draft


def _is_news(fault: Fault, unread: set[str | None]) -> bool:
    if fault.code == "percent_or_amount" and unread & {"percent_off", "amount_off"}:
        return False  # what couldn't be read isn't missing
    return fault.field not in unread


def _kept(offer: Offer) -> dict[str, Any]:
    return {
        "title": offer.title, "percent_off": offer.percent_off or "",
        "amount_off": amount_text(offer.amount_off, offer.currency, locale()),
        "price": amount_text(offer.price_amount, offer.currency, locale()),
        "currency": offer.currency or world().settings.currency, "stock": offer.stock or "",
        "expires_on": offer.expires_on or "",
    }  # fmt: skip


@blueprint.get("/campaigns/<uuid:campaign_id>/offers")
def offers_of(campaign_id: UUID) -> Answer:
    """GET /campaigns/<id>/offers: what the campaign offers, with its pages."""
    with world().db.read() as session:
        campaign = campaigns.find(session, str(campaign_id))
        shown = [
            Shown(offer, papers.get(session, offer.id), pages.list_of(session, offer.id))
            for offer in offers.list_of(session, campaign.id)
        ]
    return render_template("marketer/offers.html", campaign=campaign, shown=shown)


@blueprint.route("/campaigns/<uuid:campaign_id>/offers/new", methods=["GET", "POST"])
def new_offer(campaign_id: UUID) -> Answer:
    """GET, POST /campaigns/<id>/offers/new?kind=white_paper|coupon."""
    kind = request.args.get("kind", "white_paper")
    if kind not in KINDS:
        raise problem("missing", "not_found")
    with world().db.read() as session:
        campaign = campaigns.find(session, str(campaign_id))
    form = _form(kind, {"currency": campaign.budget_currency or world().settings.currency})
    if request.method == "POST":
        with showing(form):
            draft = _draft(kind)
            with world().db.write() as session:
                made = offers.create(session, campaign, draft, now())
            step = "marketer.offer" if kind == "white_paper" else "marketer.new_page"
            return redirect(url_for(step, offer_id=made.id, done="made"), 303)
    html = render_template("marketer/offer_form.html", campaign=campaign, kind=kind, form=form)
    return html, 422 if form.has_faults else 200


@blueprint.route("/offers/<uuid:offer_id>", methods=["GET", "POST"])
def offer(offer_id: UUID) -> Answer:
    """GET, POST /offers/<id>: its terms, its paper or its codes, its pages."""
    campaign, found = _found(offer_id)
    form = _form(found.kind, _kept(found))
    if request.method == "POST":
        with showing(form):
            draft = _draft(found.kind)
            with world().db.write() as session:
                offers.update(session, campaign, offers.find(session, found.id), draft, now())
            return redirect(url_for("marketer.offer", offer_id=found.id, done="saved"), 303)
    return _page(campaign, found, form, PaperForm())


@blueprint.post("/offers/<uuid:offer_id>/paper")
def upload_paper(offer_id: UUID) -> Answer:
    """POST /offers/<id>/paper: its PDF, or another one."""
    campaign, found = _found(offer_id)
    paper_form = PaperForm()
    with showing(paper_form):
        sent = request.files.get("paper")
        if sent is None or not sent.filename:
            raise problem("invalid", "paper_missing", "paper")
        keep_paper(world(), found.id, sent.read(), sent.filename)
        return redirect(url_for("marketer.offer", offer_id=found.id, done="uploaded"), 303)
    return _page(campaign, found, _form(found.kind, _kept(found)), paper_form)


def _found(offer_id: UUID) -> tuple[Campaign, Offer]:
    with world().db.read() as session:
        found = offers.find(session, str(offer_id))
        return campaigns.find(session, found.campaign_id), found


def _page(campaign: Campaign, found: Offer, form: StaffForm, paper_form: PaperForm) -> Answer:
    with world().db.read() as session:
        paper, made = papers.get(session, found.id), pages.list_of(session, found.id)
        redeemed = coupons.count_redeemed(session, found.id) if found.kind == "coupon" else 0
    html = render_template(
        "marketer/offer.html", campaign=campaign, offer=found, form=form, paper_form=paper_form, paper=paper,
        size=_size(paper.bytes) if paper else None, pages=made, redeemed=redeemed,
        has_ended=offers.has_ended(found, campaign.zone, now()),
    )  # fmt: skip
    return html, 422 if form.has_faults or paper_form.has_faults else 200


def _size(size: int) -> tuple[float, str]:
    """The size of a file in the unit that says it best.

    >>> _size(2_140_000), _size(8_300)
    ((2.1, 'MB'), (8, 'KB'))
    """
    return (round(size / 1e6, 1), "MB") if size >= 1_000_000 else (round(size / 1e3), "KB")


@blueprint.get("/offers/<uuid:offer_id>/cover.webp")
def cover(offer_id: UUID) -> Response:
    """GET /offers/<id>/cover.webp: the paper's first page; members only, whatever is online."""
    return Response(show_cover(world(), str(offer_id)), content_type="image/webp")
