"""GET /impact: what a period brought, campaign by campaign, on one page that prints."""

from datetime import datetime, timedelta

from flask import render_template, request

from campaigns.measuring import impacts
from web.marketer import table_files
from web.marketer.blueprint import blueprint
from web.marketer.report_tables import of_impact
from web.request import Answer, now, world, zone

PERIODS = {"28": 28, "90": 90, "365": 365}


@blueprint.get("/impact")
def impact() -> Answer:
    """GET /impact?days=90: whole days, in the viewer's zone."""
    chosen = request.args.get("days", "90")
    chosen = chosen if chosen in PERIODS else "90"
    since, until = period(PERIODS[chosen])
    rehearsal = world().publisher.rehearses
    with world().db.read() as session:
        found = impacts.between(session, since, until, rehearsal=rehearsal)
    if answer := table_files.asked_for({"campaigns": lambda: of_impact(found)}, "impact"):
        return answer
    first, last = (moment.astimezone(zone()).date() for moment in (since, until - timedelta(seconds=1)))
    days = {"from": f"{first}", "to": f"{last}"}  # of the rows behind a number
    return render_template(
        "marketer/impact.html", found=found, since=since, last=until - timedelta(seconds=1), periods=PERIODS,
        chosen=chosen, made_at=now(), rehearsal=rehearsal, days=days,
    )  # fmt: skip


def period(days: int) -> tuple[datetime, datetime]:
    """The last days, today included, from midnight to midnight in the viewer's zone."""
    today = now().astimezone(zone()).replace(hour=0, minute=0, second=0, microsecond=0)
    return today - timedelta(days=days - 1), today + timedelta(days=1)
