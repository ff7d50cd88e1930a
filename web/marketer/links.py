"""GET /links, /links/download, /links/dead: all links, as a list and as a file; and codes that are no link's."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from flask import Response, redirect, render_template, request, url_for

from campaigns.kernel.errors import Problem, problem
from campaigns.measuring import link_lists
from campaigns.measuring.link_lists import LinkView
from campaigns.measuring.spreadsheets import WRITINGS, Writing, csv_row, csv_text
from campaigns.planning import campaigns
from campaigns.planning.campaigns import Campaign
from campaigns.tracking import drafts, links
from campaigns.tracking.links import CHANNELS
from campaigns.world import World
from web.marketer.blueprint import blueprint
from web.marketer.link_words import channel_words, state_of, state_words
from web.request import Answer, locale, world

MOST_CAMPAIGNS = 200
MOST_DOWNLOADED = 20_000
BATCH = 500
PARTS = ("q", "campaign_id", "channel", "made")


def _asked() -> LinkView:
    """The view that the address says. Raises invalid, missing."""
    channel = next((each for each in CHANNELS if each == request.args.get("channel")), None)
    made = request.args.get("made", "").replace(" ", "+")  # an offset's plus, when it came as it stands
    try:
        made_at = datetime.fromisoformat(made) if made else None
    except ValueError:
        made_at = None
    if made_at and made_at.tzinfo is None:
        made_at = None
    return LinkView(request.args.get("campaign_id") or None, channel, request.args.get("q", "")[:200], made_at)


def _kept() -> dict[str, str]:
    return {name: value for name in PARTS if (value := request.args.get(name))}


@blueprint.get("/links")
def links_list() -> Answer:
    """GET /links?campaign_id=&channel=&q=: newest first, each with its three counts."""
    view, before = _asked(), request.args.get("before")
    with world().db.read() as session:
        campaign = campaigns.find(session, view.campaign_id) if view.campaign_id else None
        found = link_lists.list_page(session, view, before)
        known = campaigns.list_page(session, limit=MOST_CAMPAIGNS).items
        is_empty = not found.items and not link_lists.any_link(session)
    return render_template(
        "marketer/links.html", rows=found.items, next=found.next, campaign=campaign, known=known, kept=_kept(),
        channels=channel_words(), states=state_words(), state_of=state_of, is_empty=is_empty, is_later=bool(before),
        view=view,
    )  # fmt: skip


@blueprint.get("/links/download")
def download_links() -> Response:
    """GET /links/download: the same links as CSV, with their short addresses and counts."""
    view = _asked()
    with world().db.read() as session:
        if view.campaign_id:
            campaigns.find(session, view.campaign_id)
    response = Response(_pieces(world(), view, WRITINGS[locale()]), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="links.csv"'
    return response


def _pieces(world: World, view: LinkView, writing: Writing) -> Iterator[bytes]:
    before = None
    yield b"\xef\xbb\xbf" if writing.mark else b""
    yield csv_text([list(link_lists.COLUMNS)], writing)
    for _batch in range(MOST_DOWNLOADED // BATCH):
        with world.db.read() as session:
            found = link_lists.list_page(session, view, before, BATCH)
        yield csv_text((csv_row(link_lists.line(world.settings, row), writing) for row in found.items), writing)
        if not found.next:
            return
        before = found.next


@blueprint.get("/links/dead")
def dead_codes() -> Answer:
    """GET /links/dead: codes that were asked for and are nobody's, those that cost most people first."""
    with world().db.read() as session:
        found = link_lists.dead_codes(session)
    return render_template(
        "marketer/links_dead.html", codes=[(each, _may_be_made(each.code)) for each in found],
        url=links.url(world().settings, ""), most=link_lists.MOST_DEAD,
    )  # fmt: skip


def _may_be_made(code: str) -> bool:
    try:
        return drafts.spell_code(code) == code
    except Problem:
        return False


def choose_campaign(going: str, title: str, **more: Any) -> Answer:
    """Ask which campaign something is for; with a single one there is nothing to ask."""
    known = all_campaigns()
    if len(known) == 1:
        return redirect(url_for(going, campaign_id=known[0].id, **more))
    return render_template("marketer/links_choose.html", known=known, going=going, title=title, more=more)


def all_campaigns() -> list[Campaign]:
    """The campaigns, newest first."""
    with world().db.read() as session:
        return campaigns.list_page(session, limit=MOST_CAMPAIGNS).items


def missing() -> Problem:
    """Nothing is at this address."""
    return problem("missing", "not_found")
