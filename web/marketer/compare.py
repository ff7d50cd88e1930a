"""GET /campaigns/<id>/compare: rows of its report beside each other, saying only what the numbers carry."""

from uuid import UUID

from flask import render_template, request

from campaigns.flows.pack_conversions import keep_sums
from campaigns.measuring import funnels, groups, leagues
from campaigns.measuring.leagues import League, Standing
from campaigns.planning import campaigns
from web import filters
from web.marketer import lens_bar
from web.marketer.blueprint import blueprint
from web.request import Answer, locale, say, world
from web.row_drawings import NARROW_ROWS, WIDE_ROWS, Rate, rates

MOST_DRAWN = 40


@blueprint.get("/campaigns/<uuid:campaign_id>/compare")
def compare(campaign_id: UUID) -> Answer:
    """GET /campaigns/<id>/compare?key=…&key=…: the league of its tweets, or of whatever the lens makes rows of."""
    bar, keys = lens_bar.read(str(campaign_id)), request.args.getlist("key")[: leagues.MOST]
    keep_sums(world(), str(campaign_id), bar.asked.lens)
    with world().db.read() as session:
        campaign = campaigns.find(session, str(campaign_id))
        report = funnels.report(session, campaign, bar.asked)
        league = leagues.league(report, keys)
        named = groups.names(session, [row.key for row in report.rows], bar.asked.group)
    names = {row.key: _name(row, bar, named) for row in report.rows}
    drawn = [_drawn(standing, names) for standing in league.standings[:MOST_DRAWN]]
    html = render_template(
        "marketer/compare.html", campaign=campaign, bar=bar, league=league, names=names, keys=keys,
        words=verdict(league, names),
        wide=rates(drawn, WIDE_ROWS, league.average) if drawn else None,
        narrow=rates(drawn, NARROW_ROWS, league.average) if drawn else None,
    )  # fmt: skip
    return html, 422 if bar.form.has_faults else 200


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
