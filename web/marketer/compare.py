"""GET /campaigns/<id>/compare: rows of its report, pages, campaigns or periods beside each other.

It says only what the numbers carry.
"""

from datetime import date
from typing import Any
from uuid import UUID

from flask import render_template, request
from wtforms import StringField

from campaigns.kernel.codes import is_id
from campaigns.measuring import contests, funnels, groups, leagues
from campaigns.measuring.contests import WHATS, Span, What
from campaigns.measuring.leagues import League, Standing
from campaigns.planning import campaigns
from campaigns.planning.campaigns import Campaign
from web import filters
from web.forms import StaffForm, showing
from web.marketer import lens_bar, table_files
from web.marketer.blueprint import blueprint
from web.marketer.computing import computing
from web.marketer.report_tables import of_league
from web.request import Answer, locale, now, say, world, zone
from web.row_drawings import NARROW_ROWS, WIDE_ROWS, Rate, rates

MOST_DRAWN = 40


class PeriodsForm(StaffForm):
    periods = StringField()


@blueprint.get("/campaigns/<uuid:campaign_id>/compare")
def compare(campaign_id: UUID) -> Answer:
    """GET /campaigns/<id>/compare?what=rows&key=…&key=…: the league of its tweets, or of what else is asked for."""
    bar, keys = lens_bar.read(str(campaign_id)), request.args.getlist("key")[: leagues.MOST]
    what: What = next((each for each in WHATS if each == request.args.get("what")), "rows")
    form = PeriodsForm(request.args)
    if unready := computing(str(campaign_id), bar):
        return unready
    spans: list[Span] = []
    with showing(form):
        spans = contests.periods(",".join(each for each in _typed_periods() if each != ".."))
    with world().db.read() as session:
        campaign = campaigns.find(session, str(campaign_id))
    rows: list[funnels.Row] = []
    names: dict[str, str] = {}
    with showing(bar.form), world().db.read() as session:
        rows, names = _rows(session, campaign, bar, what, keys, spans)
    league = leagues.league(rows, keys if what in ("rows", "pages") else [])
    if answer := table_files.asked_for({"league": lambda: of_league(league, names)}, campaign.slug):
        return answer
    drawn = [_drawn(standing, names) for standing in league.standings[:MOST_DRAWN]]
    html = render_template(
        "marketer/compare.html", campaign=campaign, bar=bar, league=league, names=names, keys=keys, what=what,
        form=form, whats=what_words(), spans=_fields(),
        words=verdict(league, names),
        wide=rates(drawn, WIDE_ROWS, league.average) if drawn else None,
        narrow=rates(drawn, NARROW_ROWS, league.average) if drawn else None,
    )  # fmt: skip
    return html, 422 if bar.form.has_faults or form.has_faults else 200


def _typed_periods() -> list[str]:
    """From the two fields of each, or from one that holds them all."""
    since, until = request.args.getlist("since"), request.args.getlist("until")
    return [*request.args.get("periods", "").split(","), *(f"{a}..{b}" for a, b in zip(since, until, strict=False))]


def _fields() -> list[tuple[str, str]]:
    """The periods as they were typed, and room for another one; two at least."""
    typed = [
        (since, until) for since, _, until in (each.partition("..") for each in _typed_periods()) if since or until
    ]
    return [*typed, *[("", "")] * 2][: max(2, len(typed) + 1)]


def _rows(
    session: Any, campaign: Campaign, bar: lens_bar.Bar, what: What, keys: list[str], spans: list[Span]
) -> tuple[list[funnels.Row], dict[str, str]]:
    """What is compared, and what each is called."""
    if what == "pages":
        rows = contests.of_pages(session, campaign, bar.asked)
        return rows, contests.names_of_pages(session, [row.key for row in rows])
    if what == "campaigns":
        rows = contests.of_campaigns(session, bar.asked, [key for key in keys if is_id(key)])
        return rows, groups.names(session, [row.key for row in rows], "campaign")
    if what == "periods":
        rows = contests.of_periods(session, campaign, bar.asked, spans)
        told = [f"{_day(since)} – {_day(until)}" for since, until in spans]
        return rows, dict(zip([row.key for row in rows], told, strict=True))
    rows = funnels.report(session, campaign, bar.asked).rows
    named = groups.names(session, [row.key for row in rows], bar.asked.group)
    return rows, {row.key: _name(row, bar, named) for row in rows}


def _day(on: date) -> str:
    return filters.day(on, locale(), zone(), now(), "dm")


def what_words() -> dict[What, str]:
    """What may be compared."""
    return {
        "rows": say("Tweets"), "pages": say("Pages"), "campaigns": say("Campaigns"), "periods": say("Periods"),
    }  # fmt: skip


def _name(row: funnels.Row, bar: lens_bar.Bar, named: dict[str, str]) -> str:
    if not bar.by_tweet:
        return lens_bar.name_of(row, bar.asked.group, named)
    return row.tweet.text.replace("{link}", "").strip() if row.tweet else say("A tweet that is gone")


def _drawn(standing: Standing, names: dict[str, str]) -> Rate:
    low, high = standing.interval
    return Rate(
        names[standing.row.key], standing.rate, low, high,
        filters.rate(standing.rate, locale()) if standing.rate is not None else "—",
        say("%(leads)s of %(clicks)s", leads=standing.leads, clicks=standing.clicks), is_few=standing.is_few,
    )  # fmt: skip


def verdict(league: League, names: dict[str, str]) -> str:
    """What may be said of it, in one sentence."""
    if duel := league.duel:
        told = {
            "points": filters.points(duel.difference, locale()), "low": filters.points(duel.interval.low, locale()),
            "high": filters.points(duel.interval.high, locale()), "p": filters.number(round(duel.p, 3), locale()),
        }  # fmt: skip
        if duel.p < leagues.SURE:
            return say("They differ by %(points)s (%(low)s to %(high)s, p = %(p)s).", **told)
        return say("They may well be the same: %(points)s (%(low)s to %(high)s, p = %(p)s).", **told)
    sure = [names[each.row.key] for each in league.standings if each.is_sure]
    if all(each.is_few for each in league.standings):
        return say("Too few to compare: it takes 10 leads and 100 clicks each.")
    if not sure:
        return say("None differs from the others by more than chance would make it.")
    return say("Different from the others, after all comparisons made: %(names)s.", names="; ".join(sure[:5]))
