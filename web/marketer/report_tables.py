"""The tables of the reports, for those who take them elsewhere."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date

from campaigns.crediting.models import Removal
from campaigns.kernel.money import Money
from campaigns.measuring.costs import Asked, Cost
from campaigns.measuring.curves import Day
from campaigns.measuring.figures import Figures, count_of
from campaigns.measuring.funnels import Report, Row
from campaigns.measuring.impacts import Impacts
from campaigns.measuring.leagues import League
from campaigns.measuring.link_reports import Part
from campaigns.measuring.link_reports import Step as LinkStep
from campaigns.measuring.profiles import Hour, Profile
from campaigns.measuring.whys import Behind, Why
from campaigns.statistics.delays import Waiting
from web.marketer.funnel_steps import Step
from web.marketer.rates import Rate, rate_of
from web.marketer.table_files import Cell, Table

FIGURES = ("hits", "clicks", "visits", "leads", "lead_rate", "qualified", "customers", "sales", "net_revenue")


def of_rows(rows: Sequence[Row], name_of: Callable[[Row], str]) -> Table:
    """A ledger's rows."""
    return Table(("key", "name", *FIGURES), [(row.key, name_of(row), *_figures(row.figures)) for row in rows])


def of_report(report: Report, name_of: Callable[[Row], str]) -> Table:
    """The ledger, unattributed and total last, by keys of their own."""
    rows: list[tuple[Cell, ...]] = [(row.key, name_of(row), *_figures(row.figures)) for row in report.rows]
    rows += [("unattributed", "", *_figures(report.unattributed)), ("total", "", *_figures(report.totals))]
    return Table(("key", "name", *FIGURES), rows)


def _figures(told: Figures) -> tuple[Cell, ...]:
    return (
        told.hits, told.clicks, told.visits, told.leads, rate_of(told), told.qualified, told.customers, told.sales,
        told.net_revenue,
    )  # fmt: skip


def of_steps(steps: Sequence[Step]) -> Table:
    """The funnel: each step's value, the one before, its rate and what that is of."""
    rows = [
        (each.key, _number(each.value), _number(each.before), each.base,
         Rate(each.n, each.rate, each.low, each.high, False) if each.base else None, _money(each.value),
         _money(each.before))
        for each in steps
    ]  # fmt: skip
    return Table(("step", "value", "before", "rate_of", "rate", "sums", "sums_before"), rows)


def _number(value: object) -> float | None:
    return value if isinstance(value, int | float) else None


def _money(value: object) -> list[Money]:
    return value if isinstance(value, list) else []


def of_days(days: Sequence[Day]) -> Table:
    """A campaign's curve: clicks, leads and tweets sent, day by day."""
    return Table(("day", "clicks", "leads", "tweets"), [(f"{d.on}", d.clicks, d.leads, len(d.tweets)) for d in days])


def of_costs(costs: Sequence[Cost]) -> Table:
    """The budget shared among the tweets; the total last."""
    rows = [
        (each.key or "total", [each.whole],
         *([one] if one else [] for one in (each.a_click, each.a_lead, each.a_customer)), each.earned)
        for each in costs
    ]  # fmt: skip
    return Table(("key", "cost", "a_click", "a_lead", "a_customer", "earned"), rows)


def of_asked(costs: Sequence[Asked]) -> Table:
    """What X asked, in millionths of a dollar; the total last."""
    rows = [(each.key or "total", each.micros, each.a_click, each.a_lead, each.a_customer) for each in costs]
    return Table(("key", "micros", "a_click", "a_lead", "a_customer"), rows)


def of_removals(rows: Sequence[tuple[str, str, Removal]]) -> Table:
    """What would be lost without each tweet, by the data-driven model."""
    return Table(("key", "name", "effect", "low", "high"), [(k, n, r.effect, r.low, r.high) for k, n, r in rows])


def of_week(rows: Sequence[tuple[int, int, int, int]]) -> Table:
    """The heat map: Monday is 0, hours in the viewer's zone."""
    return Table(("weekday", "hour", "tweets", "clicks"), rows)


def of_hours(hours: Sequence[Hour]) -> Table:
    """A tweet's first hours."""
    return Table(("hour", "clicks", "leads"), [(hour.at.isoformat(), hour.clicks, hour.leads) for hour in hours])


def of_models(profile: Profile) -> Table:
    """What a tweet is owed under each model."""
    rows = [(m, count_of(s, "lead"), count_of(s, "sale"), s.money) for m, s in profile.by_model.items()]
    return Table(("model", "leads", "sales", "net_revenue"), rows)


def of_delays(curve: Waiting) -> Table:
    """What share of a tweet's clicks had led there by which delay, with its interval."""
    waiting = [(at, curve.band(at)) for at in curve.at]
    rows = [(at, curve.arrived(at), 1 - band.high, 1 - band.low) for at, band in waiting]
    return Table(("delay_s", "share", "low", "high"), rows)


def of_impact(impact: Impacts) -> Table:
    """What each campaign brought; money of none has no key, the total is last."""
    rows = [
        (row.campaign.id if row.campaign else "", row.campaign.name if row.campaign else "", row.clicks, row.leads,
         row.customers, row.net_revenue)
        for row in impact.rows
    ]  # fmt: skip
    whole = impact.whole
    rows.append(("total", "", whole.clicks, whole.leads, whole.customers, whole.net_revenue))
    return Table(("key", "name", "clicks", "leads", "customers", "net_revenue"), rows)


def of_curve(steps: Sequence[LinkStep]) -> Table:
    """A link's hits, clicks and confirmed visits, by hour or by day."""
    return Table(("from", "hits", "clicks", "visits"), [(s.at.isoformat(), s.hits, s.clicks, s.visits) for s in steps])


def of_parts(parts: Mapping[str, Part]) -> Table:
    """Where a link's clicks came from and with what; an empty value: unknown, `rest`: all others."""
    rows = [
        (name, value, count)
        for name, part in parts.items()
        for value, count in [*part.values, *([("rest", part.rest)] if part.rest else [])]
    ]
    return Table(("what", "value", "clicks"), rows)


def of_uniques(uniques: Sequence[tuple[date, int]]) -> Table:
    """Unique visitors by the day of UTC, at least."""
    return Table(("day", "visitors"), [(f"{on}", number) for on, number in uniques])


def of_path(why: Why) -> Table:
    """The touches before a conversion, with the weight of each and why it has none."""
    currency = why.worth.currency if why.worth else ""
    rows = [
        (step.touch.at.isoformat(), step.touch.evidence, step.touch.tweet_id, step.code, step.weight, step.why_not,
         [Money(step.cents, currency)] if currency else [])
        for step in why.steps
    ]  # fmt: skip
    return Table(("at", "evidence", "tweet_id", "code", "weight", "why_not", "amount"), rows)


def of_league(league: League, names: dict[str, str]) -> Table:
    """Standings, the best first."""
    rows = [
        (s.rank, s.row.key, names[s.row.key], s.leads, s.clicks, Rate(s.clicks, s.rate, *s.interval, s.is_few),
         s.shrunk, s.p)
        for s in league.standings
    ]  # fmt: skip
    return Table(("rank", "key", "name", "leads", "clicks", "rate", "shrunk", "p"), rows)


def of_behind(found: Behind) -> Table:
    """The conversions behind a figure: a page of them, by their ids and without anybody's address."""
    rows = [
        (each.conversion.id, each.conversion.kind, each.conversion.at.isoformat(), each.share,
         [each.money] if each.money else [])
        for each in found.rows
    ]  # fmt: skip
    return Table(("id", "kind", "at", "share", "amount"), rows)
