"""GET /leads: the desk · POST /leads: another state for the ticked ones."""

from dataclasses import dataclass
from datetime import timedelta

from flask import redirect, render_template, request, url_for

from campaigns import words
from campaigns.flows.work_lead import work_leads
from campaigns.kernel.errors import Fault, Problem
from campaigns.measuring import desk
from campaigns.measuring.attention import UNANSWERED
from campaigns.measuring.desk import Row, View
from web.request import Answer, locale, now, say, viewer, world
from web.sales.blueprint import blueprint
from web.sales.views import PARTS, asked, chips, count_words, kept, state_words


@dataclass(frozen=True)
class Shown:
    """A row of the table; `late_days` since it came and nobody answered, when that is long ago."""

    row: Row
    late_days: int


@dataclass(frozen=True)
class Tab:
    """A saved view: a state, how many leads it has."""

    word: str
    count: str
    href: str
    is_current: bool


@blueprint.get("/leads")
def leads() -> Answer:
    """GET /leads: all of them, or those of a state, a campaign, a tweet, some days, some words."""
    return _page([])


@blueprint.post("/leads")
def change_leads() -> Answer:
    """POST /leads: the same address, so that the list stands there again when nothing was ticked."""
    try:
        work_leads(
            world(), request.form.getlist("lead"), request.form.get("state", ""), who=viewer().name,
            user_id=viewer().id,
        )  # fmt: skip
    except Problem as refused:
        if refused.kind not in ("invalid", "missing"):
            raise
        return _page(refused.faults)
    return redirect(url_for("sales.leads", **kept(), done="saved"), 303)


def _page(faults: list[Fault]) -> Answer:
    days = world().settings.lookback_days
    with world().db.read() as session:
        try:
            view = asked()
            found = desk.list_page(session, view, lookback_days=days, before=request.args.get("cursor"))
        except Problem as refused:
            if refused.kind != "invalid":
                raise
            view, found = View(rehearsal=world().publisher.rehearses), None
            faults = [*faults, *refused.faults]
        counts = desk.count_states(session, view, lookback_days=days)
        campaigns = desk.campaign_names(session, [view.campaign_id] if view.campaign_id else [])
        tweet = desk.tweet_of(session, view)
        is_empty = not any(counts.values()) and not desk.any_lead(session)
    rows = [Shown(row, _late(row)) for row in found.items] if found else []
    name = next((name for campaign_id, name in campaigns if campaign_id == view.campaign_id), None)
    page = render_template(
        "sales/leads.html", rows=rows, next=found.next if found else None, campaigns=campaigns, tabs=_tabs(counts),
        chips=chips(name, tweet.text if tweet else None), kept=kept(), states=state_words(), is_empty=is_empty,
        waiting=count_words(counts["new"]), whole=count_words(counts[""]), may_work=viewer().role != "marketer",
        faults=[words.tell(fault, locale()) for fault in faults],
        typed={name: request.args.get(name, "") for name in PARTS},
        is_narrowed=bool(kept("state", "rehearsal")), cursor=request.args.get("cursor"),
    )  # fmt: skip
    return (page, 422) if faults else page


def _late(row: Row) -> int:
    waited: timedelta = now() - row.lead.created_at
    return waited.days if row.lead.state == "new" and waited >= UNANSWERED else 0


def _tabs(counts: dict[str, int]) -> list[Tab]:
    current, narrowed = request.args.get("state", ""), kept("state")
    return [
        Tab(
            word, count_words(counts[state]), url_for("sales.leads", **narrowed, state=state or None), state == current
        )
        for state, word in ({"": say("All")} | state_words()).items()
    ]  # fmt: skip
