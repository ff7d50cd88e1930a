"""GET /: the period's funnel beside the one before, the best tweets, and what needs attention."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode

from flask import redirect, render_template, request

from campaigns.crediting.models import Lens
from campaigns.measuring import attention, funnels, questions
from campaigns.measuring.figures import Figures
from campaigns.measuring.funnels import Overview, Row
from campaigns.measuring.questions import Asked
from campaigns.planning import campaigns
from web.marketer import lens_bar, table_files
from web.marketer.blueprint import blueprint
from web.marketer.funnel_steps import steps
from web.marketer.report_tables import of_rows, of_steps
from web.request import Answer, now, say, viewer, world, zone

DAY = timedelta(days=1)
PERIODS = {"7": 7, "28": 28, "90": 90}


@blueprint.get("/")
def home() -> Answer:
    """GET /?days=28, or ?from=…&to=…: whole days, in the viewer's zone; sales come in at their desk."""
    if viewer().role == "sales":
        return redirect("/leads")
    chosen = request.args.get("days") or request.cookies.get(lens_bar.REMEMBERED, "28")
    chosen = chosen if chosen in PERIODS else "28"
    days = _days(request.args)
    since, until = days or period(PERIODS.get(chosen, 28))
    rehearsal = world().publisher.rehearses
    with world().db.read() as session:
        lens = Lens(lookback_days=world().settings.lookback_days)
        asked = Asked(lens, zone().key, since.date(), (until - DAY).date(), rehearsal=rehearsal)
        overview = funnels.overview(session, asked, [*campaigns.ids(session), None])
        todo = attention.needed(session, now(), rehearsal=rehearsal)
        is_new = not campaigns.list_page(session, limit=1).items
    drawn = steps(overview.figures, overview.before, _opens(asked))
    tables = {"steps": lambda: of_steps(drawn), "best": lambda: of_rows(overview.best, _text)}
    if answer := table_files.asked_for(tables, "home"):
        return answer
    return render_template(
        "marketer/home.html", overview=overview, steps=drawn,
        todo=todo, rest=_rest(overview), is_new=is_new, periods=PERIODS,
        chosen="" if days else chosen, since=since, until=until,
        last=(until - DAY).date(), query=urlencode({"from": f"{asked.since}", "to": f"{asked.until}"}),
    )  # fmt: skip


def _text(row: Row) -> str:
    return row.tweet.text if row.tweet else ""


def _days(asked: Mapping[str, str]) -> tuple[datetime, datetime] | None:
    """Two days of an address, both in the period; None when they aren't there, or aren't days in their order."""
    try:
        first, last = (date.fromisoformat(asked.get(name, "")) for name in ("from", "to"))
    except ValueError:
        return None
    if not timedelta(0) <= last - first <= questions.LONGEST or last.year > now().year + 1:
        return None
    midnights = (datetime.combine(on, time(), zone()) for on in (first, last + DAY))
    return next(midnights), next(midnights)


def period(days: int) -> tuple[datetime, datetime]:
    """The last days, today included, from midnight to midnight in the viewer's zone."""
    today = now().astimezone(zone()).replace(hour=0, minute=0, second=0, microsecond=0)
    return today - timedelta(days=days - 1), today + timedelta(days=1)


def _opens(asked: Asked) -> dict[str, str]:
    """The conversions that each step counts, in this period."""
    kinds = {"leads": "lead", "qualified": "qualified", "customers": "customer", "net": "money"}
    days = {"from": f"{asked.since}", "to": f"{asked.until}"}
    return {step: f"/conversions?{urlencode({'kind': kind, **days})}" for step, kind in kinds.items()}


def _rest(overview: Overview) -> list[tuple[str, Figures]]:
    """What the best tweets leave of the period's figures, as far as there is something."""
    named = [(say("Other tweets"), overview.others), (say("Unattributed"), overview.unattributed)]
    return [(name, figures) for name, figures in named if figures != Figures()]
