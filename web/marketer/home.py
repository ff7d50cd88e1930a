"""GET /: the period's funnel beside the one before, the best tweets, and what needs attention."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import redirect, render_template, request

from campaigns.crediting.models import Lens
from campaigns.kernel.money import Money
from campaigns.measuring import attention, funnels
from campaigns.measuring.figures import Count, Figures
from campaigns.measuring.funnels import Overview
from campaigns.measuring.questions import Asked
from campaigns.planning import campaigns
from campaigns.statistics import intervals
from web import filters
from web.marketer.blueprint import blueprint
from web.request import Answer, locale, now, say, viewer, world, zone

DAY = timedelta(days=1)
FEWEST = 10
"""Under so many a change says nothing."""
PERIODS = {"7": 7, "28": 28, "90": 90}


@dataclass(frozen=True)
class Step:
    """A step of the funnel: its figure and that of the period before, as numbers or as sums of money."""

    name: str
    value: Count | list[Money]
    before: Count | list[Money]
    of: str  # what the rate is of; empty: no rate
    rate: float | None
    low: float
    high: float
    change: str  # against the period before, with its interval; empty: too few, or nothing before
    href: str


@blueprint.get("/")
def home() -> Answer:
    """GET /?days=28: whole days, in the viewer's zone; sales come in at their desk."""
    if viewer().role == "sales":
        return redirect("/leads")
    chosen = request.args.get("days", "28")
    since, until = period(PERIODS.get(chosen, 28))
    rehearsal = world().publisher.rehearses
    with world().db.read() as session:
        lens = Lens(lookback_days=world().settings.lookback_days)
        asked = Asked(lens, zone().key, since.date(), (until - DAY).date(), rehearsal=rehearsal)
        overview = funnels.overview(session, asked, [*campaigns.ids(session), None])
        todo = attention.needed(session, now(), rehearsal=rehearsal)
        is_new = not campaigns.list_page(session, limit=1).items
    return render_template(
        "marketer/home.html", overview=overview, steps=_steps(overview.figures, overview.before), todo=todo,
        rest=_rest(overview), is_new=is_new, periods=PERIODS, chosen=chosen, since=since, until=until,
    )  # fmt: skip


def period(days: int) -> tuple[datetime, datetime]:
    """The last days, today included, from midnight to midnight in the viewer's zone."""
    today = now().astimezone(zone()).replace(hour=0, minute=0, second=0, microsecond=0)
    return today - timedelta(days=days - 1), today + timedelta(days=1)


def _steps(is_now: Figures, before: Figures) -> list[Step]:
    names = {
        "hits": say("Hits"), "clicks": say("Clicks"), "visits": say("Visits confirmed"), "leads": say("Leads"),
        "qualified": say("Qualified"), "customers": say("Customers"),
    }  # fmt: skip
    of = {"clicks": say("of hits"), "visits": say("of clicks"), "leads": say("of clicks"),
          "qualified": say("of leads"), "customers": say("of leads")}  # fmt: skip
    bases = {"clicks": "hits", "visits": "clicks", "leads": "clicks", "qualified": "leads", "customers": "leads"}
    steps = []
    for field, name in names.items():
        value, earlier = getattr(is_now, field), getattr(before, field)
        base = round(getattr(is_now, bases[field])) if field in bases else 0
        low, high = intervals.wilson(min(value, base), base)
        href = "/leads" if field == "leads" else ""
        rate = _share(value, base) if base else None
        steps.append(Step(name, value, earlier, of.get(field, ""), rate, low, high, _change(value, earlier), href))
    return [*steps, Step(say("Net revenue"), is_now.net_revenue, before.net_revenue, "", None, 0, 0, "", "")]


def _change(value: Count, before: Count) -> str:
    """How much more than in the period before, as far as both carry it."""
    one, other = round(value), round(before)
    if min(one, other) < FEWEST:
        return ""
    low, high = intervals.poisson_ratio(other, 1.0, one, 1.0)
    told = [_signed(each - 1) for each in (one / other, low, high)]
    return say("%(change)s (%(low)s to %(high)s)", change=told[0], low=told[1], high=told[2])


def _signed(change: float) -> str:
    return f"{'−' if change < 0 else '+'}{filters.rate(abs(change), locale(), 0)}"


def _rest(overview: Overview) -> list[tuple[str, Figures]]:
    """What the best tweets leave of the period's figures, as far as there is something."""
    named = [(say("Other tweets"), overview.others), (say("Unattributed"), overview.unattributed)]
    return [(name, figures) for name, figures in named if figures != Figures()]


def _share(part: Count, whole: Count) -> float | None:
    return min(part / whole, 1.0) if whole else None
