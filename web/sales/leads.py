"""GET /leads: the desk · POST /leads: another state for the ticked ones, or whether they count."""

from dataclasses import dataclass, replace
from datetime import timedelta

from flask import redirect, render_template, request, url_for

from campaigns import words
from campaigns.flows.work_lead import exclude_leads, work_leads
from campaigns.kernel.errors import Fault, Problem
from campaigns.measuring import desk
from campaigns.measuring.attention import UNANSWERED
from campaigns.measuring.desk import Row, View
from web.request import Answer, locale, now, say, viewer, world
from web.sales.blueprint import blueprint
from web.sales.views import PARTS, asked, chips, count_words, exclusion_words, kept, state_words


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
    ticked, done = request.form.getlist("lead"), "saved"
    try:
        if request.form.get("do") == "counts":  # the second of the form's two buttons
            why = request.form.get("excluded") or None
            exclude_leads(world(), ticked, why, who=viewer().name, user_id=viewer().id)
            done = "excluded" if why else "counted"
        else:
            work_leads(world(), ticked, request.form.get("state", ""), who=viewer().name, user_id=viewer().id)
    except Problem as refused:
        if refused.kind not in ("invalid", "missing"):
            raise
        return _page(refused.faults)
    return redirect(url_for("sales.leads", **kept(), done=done), 303)


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
        counting = replace(view, excluded=False)
        counts = desk.count_states(session, counting, lookback_days=days)
        left_out = desk.count(session, replace(view, state=None, excluded=True), lookback_days=days)
        campaigns = desk.campaign_names(session, [view.campaign_id] if view.campaign_id else [])
        tweet = desk.tweet_of(session, view)
        is_empty = not any(counts.values()) and not desk.any_lead(session)
    rows = [Shown(row, _late(row)) for row in found.items] if found else []
    name = next((name for campaign_id, name in campaigns if campaign_id == view.campaign_id), None)
    page = render_template(
        "sales/leads.html", rows=rows, next=found.next if found else None, campaigns=campaigns,
        tabs=_tabs(counts, left_out),
        chips=chips(name, tweet.text if tweet else None), kept=kept(), states=state_words(), is_empty=is_empty,
        exclusions=exclusion_words(), reasons=_reasons(view.excluded),
        waiting=count_words(counts["new"]), whole=count_words(counts[""]), may_work=viewer().role != "marketer",
        faults=[words.tell(fault, locale()) for fault in faults],
        typed={name: request.args.get(name, "") for name in PARTS},
        is_narrowed=bool(kept("state", "rehearsal")), cursor=request.args.get("cursor"),
    )  # fmt: skip
    return (page, 422) if faults else page


def _late(row: Row) -> int:
    waited: timedelta = now() - row.lead.created_at
    return waited.days if row.lead.state == "new" and waited >= UNANSWERED else 0


def _reasons(are_out: bool | str) -> dict[str, str]:
    """What may be said of the ticked ones. Of those that don't count first that they do: it undoes what was said."""
    again = {"": say("Counted again")}
    out = {
        "test": say("Not counted: a test"), "internal": say("Not counted: our own people"),
        "spam": say("Not counted: spam"),
    }  # fmt: skip
    return again | out if are_out else out


def _tabs(counts: dict[str, int], left_out: int) -> list[Tab]:
    narrowed = kept("state", "counts")
    current = None if kept().get("counts") == "no" else request.args.get("state", "")
    tabs = [
        Tab(
            word, count_words(counts[state]), url_for("sales.leads", **narrowed, state=state or None), state == current
        )
        for state, word in ({"": say("All")} | state_words()).items()
    ]  # fmt: skip
    href = url_for("sales.leads", **narrowed, counts="no")
    return [*tabs, Tab(say("Not counted"), count_words(left_out), href, current is None)]
