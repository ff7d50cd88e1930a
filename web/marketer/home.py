"""GET /: the period's funnel beside the one before, the best tweets, and what needs attention."""

from collections.abc import Mapping
from urllib.parse import urlencode

from flask import redirect, render_template, request

from campaigns.kernel.errors import Problem
from campaigns.measuring import attention, funnels, questions
from campaigns.measuring.figures import Figures
from campaigns.measuring.funnels import Overview, Row
from campaigns.measuring.questions import Asked
from campaigns.measuring.whys import NOBODY
from campaigns.planning import campaigns
from campaigns.publishing import results
from web.marketer import lens_bar, table_files
from web.marketer.blueprint import blueprint
from web.marketer.funnel_steps import steps
from web.marketer.report_tables import of_rows, of_steps
from web.request import Answer, now, say, viewer, world, zone

USUAL = "28"


@blueprint.get("/")
def home() -> Answer:
    """GET /?period=28, or ?from=…&to=…: whole days, in the viewer's zone; sales come in at their desk."""
    if viewer().role == "sales":
        return redirect("/leads")
    chosen, asked = _asked()
    earlier = asked.before()
    assert earlier
    with world().db.read() as session:
        overview = funnels.overview(session, asked, [*campaigns.ids(session), None])
        seen = [results.impressions(session, None, *each.span()) for each in (asked, earlier)]
        todo = attention.needed(session, now(), rehearsal=asked.rehearsal)
        is_new = not campaigns.list_page(session, limit=1).items
    drawn = steps(overview.figures, overview.before, _opens(asked), seen)
    tables = {"steps": lambda: of_steps(drawn), "best": lambda: of_rows(overview.best, _text)}
    if answer := table_files.asked_for(tables, "home"):
        return answer
    periods = [(key, name) for key, name in lens_bar.period_words().items() if key != "ever"]
    return render_template(
        "marketer/home.html", overview=overview, steps=drawn, asked=asked, todo=todo, rest=_rest(overview),
        is_new=is_new, periods=periods, chosen=chosen, query=_days(asked),
        address=f"/?{urlencode({'period': chosen})}" if chosen else f"/?{_days(asked)}",
    )  # fmt: skip


def _asked() -> tuple[str, Asked]:
    """The period that was chosen, or empty; and the question. What is no period is the last 28 days."""
    chosen = lens_bar.chosen(request.args)
    try:
        asked = _read(lens_bar.days_of(chosen) if chosen else request.args)
        if asked.since and asked.until:
            return chosen, asked
    except Problem:
        pass
    return USUAL, _read(lens_bar.days_of(USUAL))


def _read(days: Mapping[str, str]) -> Asked:
    told = {name: days[name] for name in ("from", "to") if name in days}
    return questions.read(
        told, zone().key, lookback_days=world().settings.lookback_days, rehearsal=world().publisher.rehearses
    )


def _text(row: Row) -> str:
    return row.tweet.text if row.tweet else ""


def _days(asked: Asked) -> str:
    return urlencode({"from": f"{asked.since}", "to": f"{asked.until}"})


def _opens(asked: Asked) -> dict[str, str]:
    """The conversions that each step counts, in this period."""
    kinds = {"leads": "lead", "qualified": "qualified", "customers": "customer", "net": "money"}
    return {step: f"/conversions?kind={kind}&{_days(asked)}" for step, kind in kinds.items()}


def _rest(overview: Overview) -> list[tuple[str, str, Figures]]:
    """What the best tweets leave of the period's figures, as far as there is something: its name, its rows' key."""
    named = [(say("Other tweets"), "", overview.others), (say("Unattributed"), NOBODY, overview.unattributed)]
    return [each for each in named if each[2] != Figures()]
