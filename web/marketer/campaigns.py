"""GET /campaigns, /campaigns/<id> (the report) and GET, POST /campaigns/new, /campaigns/<id>/edit."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from flask import Response, redirect, render_template, request, url_for
from wtforms import SelectField, StringField, TextAreaField

from campaigns.kernel import zones
from campaigns.kernel.errors import problem
from campaigns.kernel.money import Money
from campaigns.measuring import costs, curves, funnels, ledger_sheets
from campaigns.measuring.figures import Figures
from campaigns.measuring.questions import Asked
from campaigns.measuring.spreadsheets import WRITINGS, csv_row, csv_text
from campaigns.planning import campaigns, offers
from campaigns.planning.campaigns import Campaign, CampaignDraft
from campaigns.publishing import results
from web import drawings
from web.forms import StaffForm, Typed, amount_text, showing
from web.marketer import lens_bar, table_files
from web.marketer.blueprint import blueprint
from web.marketer.campaign_drawings import drawn_hours, drawn_removals
from web.marketer.computing import computing
from web.marketer.funnel_steps import steps
from web.marketer.rates import Rate, rate_of
from web.marketer.report_tables import of_asked, of_costs, of_days, of_removals, of_report, of_steps, of_week
from web.options import currencies_with, zones_with
from web.request import Answer, locale, now, say, viewer, world


class CampaignForm(StaffForm):
    name = StringField()
    goal = TextAreaField()
    goal_leads = StringField()
    starts_on = StringField()
    ends_on = StringField()
    zone = SelectField(validate_choice=False)
    budget = StringField()
    currency = SelectField(validate_choice=False)


def _form(**data: object) -> CampaignForm:
    form = CampaignForm(request.form, data=data)
    form.name.label.text = say("Name")
    form.goal.label.text = say("Goal")
    form.goal_leads.label.text = say("Leads wanted")
    form.starts_on.label.text = say("First day")
    form.ends_on.label.text = say("Last day")
    form.zone.label.text = say("Time zone")
    form.zone.choices = zones_with(form.zone.data)
    form.budget.label.text = say("Budget")
    form.currency.label.text = say("Currency")
    form.currency.choices = currencies_with(form.currency.data)
    return form


def _draft() -> CampaignDraft:
    typed = Typed(request.form)
    draft = CampaignDraft(
        name=typed.text("name"), zone=typed.text("zone"), goal=typed.text("goal"),
        goal_leads=typed.whole("goal_leads"), starts_on=typed.date("starts_on"), ends_on=typed.date("ends_on"),
        budget=typed.money("budget", typed.text("currency")),
    )  # fmt: skip
    with typed.faults.gather():
        campaigns.check(draft)
    typed.faults.check()
    return draft


@blueprint.get("/campaigns")
def campaigns_list() -> Answer:
    """GET /campaigns: all of them, newest first."""
    with world().db.read() as session:
        found = campaigns.list_page(session, before=request.args.get("before"))
    return render_template("marketer/campaigns.html", campaigns=found.items, next=found.next)


@blueprint.route("/campaigns/new", methods=["GET", "POST"])
def new_campaign() -> Answer:
    """GET, POST /campaigns/new."""
    form = _form(zone=viewer().zone, currency=world().settings.currency)
    if request.method == "POST":
        with showing(form):
            draft = _draft()
            with world().db.write() as session:
                made = campaigns.create(session, draft, now())
            return redirect(url_for("marketer.offers_of", campaign_id=made.id, done="made"), 303)
    return render_template("marketer/campaign_form.html", form=form, campaign=None), 422 if form.has_faults else 200


@blueprint.route("/campaigns/<uuid:campaign_id>/edit", methods=["GET", "POST"])
def edit_campaign(campaign_id: UUID) -> Answer:
    """GET, POST /campaigns/<id>/edit."""
    with world().db.read() as session:
        campaign = campaigns.find(session, str(campaign_id))
    kept = {
        "name": campaign.name, "goal": campaign.goal, "goal_leads": campaign.goal_leads or "",
        "starts_on": campaign.starts_on or "", "ends_on": campaign.ends_on or "", "zone": campaign.zone,
        "budget": amount_text(campaign.budget_amount, campaign.budget_currency, locale()),
        "currency": campaign.budget_currency or world().settings.currency,
    }  # fmt: skip
    form = _form(**kept)
    if request.method == "POST":
        with showing(form):
            draft = _draft()
            with world().db.write() as session:
                campaigns.update(session, campaigns.find(session, campaign.id, to_change=True), draft, now())
            return redirect(url_for("marketer.campaign", campaign_id=campaign.id, done="saved"), 303)
    return render_template("marketer/campaign_form.html", form=form, campaign=campaign), 422 if form.has_faults else 200


@blueprint.get("/campaigns/<uuid:campaign_id>/report.csv")
def download_report(campaign_id: UUID) -> Response:
    """GET /campaigns/<id>/report.csv: the ledger under the lens that the address holds, for spreadsheets."""
    bar, writing = lens_bar.read(str(campaign_id), strict=True), WRITINGS[locale()]
    with world().db.read() as session:
        found = campaigns.find(session, str(campaign_id))
        report = funnels.report(session, found, bar.asked)
    names = lens_bar.names_of(report.rows, bar.asked.group)
    rows = [ledger_sheets.header(report), *(csv_row(line, writing) for line in ledger_sheets.lines(report, names))]
    mark = b"\xef\xbb\xbf" if writing.mark else b""
    response = Response(mark + csv_text(rows, writing), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{found.slug}.csv"'
    return response


@dataclass(frozen=True)
class Row:
    """A row of the ledger, with its number on the curve and its rate of leads."""

    number: int
    tweet: funnels.Row
    name: str
    rate: Rate


@blueprint.get("/campaigns/<uuid:campaign_id>")
def campaign(campaign_id: UUID) -> Answer:
    """GET /campaigns/<id>: what each tweet brought, under the lens that the address holds."""
    bar, sort = lens_bar.read(str(campaign_id)), request.args.get("sort", "")
    if sort not in ("", "net", *SORTS, *COSTS):
        raise problem("invalid", "not_a_choice", "sort")
    if unready := computing(str(campaign_id), bar):
        return unready
    with world().db.read() as session:
        found = campaigns.find(session, str(campaign_id))
        report = funnels.report(session, found, bar.asked)
        earlier = bar.asked.before()
        before = funnels.totals(session, found, earlier) if earlier else None
        days = curves.curve(session, found, bar.asked)
        made = offers.list_of(session, found.id)
        seen = [results.impressions(session, found.id, *each.span()) if each else None for each in (bar.asked, earlier)]
        asked = costs.asked(session, report.rows) if bar.by_tweet else []
    names = lens_bar.names_of(report.rows, bar.asked.group)
    rows = [Row(number, row, names[row.key], rate_of(row.figures)) for number, row in enumerate(report.rows, 1)]
    numbers = {row.tweet.key: row.number for row in rows} if bar.by_tweet else {}
    drawn = steps(report.totals, before, _opens(found, bar), seen)
    hours = drawn_hours(report.rows) if bar.by_tweet else None
    shared = costs.shared(found, report.rows) if bar.by_tweet else []
    removals = drawn_removals(report.rows, bar.asked.lens.fit) if bar.by_tweet else None
    tables = {
        "ledger": lambda: of_report(report, lambda row: names[row.key]), "funnel": lambda: of_steps(drawn),
        "days": lambda: of_days(days), "hours": lambda: of_week(hours.rows if hours else []),
        "costs": lambda: of_costs(shared), "asked": lambda: of_asked(asked),
        "removals": lambda: of_removals(removals.rows if removals else []),
    }  # fmt: skip
    if answer := table_files.asked_for(tables, found.slug):
        return answer
    html = render_template(
        "marketer/campaign.html", campaign=found, report=report, rows=_sorted(rows, report.totals, sort), days=days,
        on_days=[day.on.isoformat() for day in days], offers=made, bar=bar,
        wide=drawings.curve(days, numbers, drawings.WIDE), narrow=drawings.curve(days, numbers, drawings.NARROW),
        rehearsal=bar.asked.rehearsal, steps=drawn,
        has_funnel=any(each and each != Figures() for each in (report.totals, before)),
        day_of=_day_of(found), whole=rate_of(report.totals),
        sort=sort, costs=_by_cost(shared, sort), asked=asked,
        before=_at(bar, earlier) if earlier else "", hours=hours,
        fit=bar.asked.lens.fit, removals=removals,
    )  # fmt: skip
    return html, 422 if bar.form.has_faults else 200


def _at(bar: lens_bar.Bar, asked: Asked) -> str:
    """This page for another period."""
    return f"?{bar.query(**{'from': f'{asked.since}', 'to': f'{asked.until}'})}"


SORTS: dict[str, Callable[[Row], float]] = {
    "hits": lambda row: row.tweet.figures.hits, "clicks": lambda row: row.tweet.figures.clicks,
    "visits": lambda row: row.tweet.figures.visits,
    "leads": lambda row: row.tweet.figures.leads, "rate": lambda row: row.rate.rate or 0,
    "sales": lambda row: row.tweet.figures.sales,
}  # fmt: skip


def _sorted(rows: list[Row], totals: Figures, sort: str) -> list[Row]:
    """By a column, the largest first; revenue by the first of its currencies alone."""
    by = _earned(totals.net_revenue[0].currency) if sort == "net" and totals.net_revenue else SORTS.get(sort)
    return sorted(rows, key=by, reverse=True) if by else rows


def _earned(currency: str) -> Callable[[Row], float]:
    return lambda row: sum(money.amount for money in row.tweet.figures.net_revenue if money.currency == currency)


COSTS: dict[str, Callable[[costs.Cost], float]] = {
    "cost": lambda cost: cost.whole.amount, "a_click": lambda cost: _least(cost.a_click),
    "a_lead": lambda cost: _least(cost.a_lead), "a_customer": lambda cost: _least(cost.a_customer),
    "earned": lambda cost: -(cost.earned or 0),
}  # fmt: skip


def _least(cost: Money | None) -> float:
    """The cheapest first; what has no cost each comes last."""
    return cost.amount if cost else math.inf


def _by_cost(found: list[costs.Cost], sort: str) -> list[costs.Cost]:
    """By a column, the best first; the total stays last."""
    by = COSTS.get(sort)
    return [*sorted(found[:-1], key=by), *found[-1:]] if by else found


def _opens(campaign: Campaign, bar: lens_bar.Bar) -> dict[str, str]:
    """The rows that each step of the funnel counts: the ledger's, leads at their desk, or conversions."""
    told = {step: f"?{bar.query(sort=sort)}#led" for step, sort in LEDGER.items()}
    told |= {
        step: f"{url_for('marketer.conversions')}?{bar.query(kind=kind, campaign_id=campaign.id)}"
        for step, kind in CONVERTED.items()
    }
    if bar.is_usual:  # the desk counts rehearsals as this page does by default; its link says so when it doesn't
        more = "" if bar.asked.rehearsal == world().publisher.rehearses else f"&rehearsal={bar.said['rehearsal']}"
        told["leads"] = f"/leads?campaign_id={campaign.id}{more}"
    return told


LEDGER = {"hits": "hits", "clicks": "clicks", "visits": "visits"}
CONVERTED = {"leads": "lead", "qualified": "qualified", "customers": "customer", "net": "money"}


def _day_of(campaign: Campaign) -> tuple[int, int] | None:
    """The how manieth day of how many; None before, after, or without both ends."""
    if not campaign.starts_on or not campaign.ends_on:
        return None
    today = zones.day(now(), campaign.zone)
    if not campaign.starts_on <= today <= campaign.ends_on:
        return None
    return (today - campaign.starts_on).days + 1, (campaign.ends_on - campaign.starts_on).days + 1
