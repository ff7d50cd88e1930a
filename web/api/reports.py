"""GET /api/v1/campaigns/{campaign_id}/report and /api/v1/conversions/{conversion_id}/why."""

from typing import Any, Literal

from pydantic import Field

from campaigns.crediting.models import Fit, Lens, Model
from campaigns.flows.pack_conversions import keep_sums
from campaigns.flows.ready_lens import ready_lens
from campaigns.kernel import zones
from campaigns.kernel.codes import is_id
from campaigns.kernel.errors import problem
from campaigns.kernel.money import known_currency
from campaigns.measuring import contests, funnels, leagues, questions, whys
from campaigns.measuring.contests import What
from campaigns.measuring.figures import Figures
from campaigns.measuring.funnels import Report, Row
from campaigns.measuring.questions import Asked, Group
from campaigns.planning import campaigns
from campaigns.planning.campaigns import Campaign
from campaigns.statistics import comparisons, intervals
from web.api.blueprint import ALL, Call, blueprint
from web.api.bodies import Amount, Answer, Flag, Moment, Query
from web.api.operations import operation

MONEY_IN = "Money in this currency, each amount at its day's stored rate; left out: as it was paid"


class ReportQuery(Query):
    model: Model = Field("last_non_direct", description="How a conversion is shared among the touches before it")
    lookback_days: int | None = Field(None, ge=1, le=395, description="Older touches have no credit; 90 unless set")
    half_life_days: float = Field(7, ge=1, le=90, description="Of time decay: after so long a touch weighs half")
    direct: Literal["alone", "always"] = Field(
        "alone", description="Direct visits count only where there is nothing else, or as any other touch"
    )
    by: Literal["conversion", "touch"] = Field(
        "conversion", description="Which moment lies in the period; by touch the conversions are a cohort's"
    )
    evidence: str = Field("", max_length=200, description="Only credit with this evidence; several with commas")
    from_: str = Field("", alias="from", max_length=10, description="First day, in `zone`")
    to: str = Field("", max_length=10, description="Last day")
    group: Group = Field("tweet", description="What the rows are")
    zone: str = Field("", max_length=100, description="Whose days and hours; the campaign's when left out")
    currency: str = Field("", max_length=3, description=MONEY_IN)
    rehearsal: Flag | None = Field(
        None, description="Count what was rehearsed; left out: only while the connection to X is rehearsed"
    )


class Rate(Answer):
    """A share with how sure it is."""

    n: int = Field(description="Of how many")
    rate: float | None
    low: float = Field(description="Wilson's interval, 95 %")
    high: float
    too_few: bool = Field(description="Under 10 conversions or 100 clicks: not to be compared")


class FiguresAnswer(Answer):
    hits: int = Field(description="All requests for its links")
    clicks: int = Field(description="Hits judged human")
    visits: int = Field(description="Clicks after which the landing page was seen")
    leads: int | float = Field(description="Parts of leads, where a model shares them out")
    qualified: int | float
    customers: int | float
    sales: int | float
    net_revenue: list[Amount] = Field(description="Paid − tax − refunded − disputed, one sum a currency")
    lead_rate: Rate = Field(description="Leads a click")


class Removal(Answer):
    """What share of the leads would be lost without it, by the data-driven model. Not causal."""

    effect: float
    low: float = Field(description="Of 200 resamples, 95 %")
    high: float


class FitAnswer(Answer):
    """To what the data-driven model was fitted, at most a day ago."""

    made_at: Moment
    leads: int
    paths: int = Field(description="Of visitors who agreed to be recognised, with those that led to nothing")
    note: str = "Not causal"


class RowFigures(FiguresAnswer):
    key: str = Field(description="A tweet's or campaign's id, a contact, a channel, an hour, a weekday, a format")
    by_evidence: dict[str, FiguresAnswer] = Field(description="What proves the credit")


class TweetFigures(RowFigures):
    tweet_id: str
    text: str | None
    state: str | None
    code: str | None = Field(description="Of its link")
    x_url: str | None
    sent_at: Moment | None
    rehearsed: bool
    removal: Removal | None = Field(description="Under the data-driven model")
    elsewhere: bool = Field(description="A tweet of another campaign that earned credit here; its hits count there")
    spillover: FiguresAnswer = Field(description="By its link opened from elsewhere than X: part of unattributed")


class ReportAnswer(Answer):
    campaign_id: str
    model: str
    lookback_days: int
    half_life_days: float
    direct: str
    by: str
    evidence: list[str]
    since: str | None = Field(description="First day, in that time zone; null: ever")
    until: str | None = Field(description="Last day")
    zone: str
    group: str
    currency: str | None = Field(description="In which money is told; what has no stored rate stays as it was paid")
    rehearsal: bool
    fit: FitAnswer | None = Field(description="Of the data-driven model")
    totals: FiguresAnswer
    tweets: list[TweetFigures] = Field(description="The rows of group tweet or thread")
    rows: list[RowFigures] = Field(description="The rows of any other group")
    unattributed: FiguresAnswer
    unattributed_by_evidence: dict[str, FiguresAnswer]
    paths: int = Field(description="Conversions with a touch in the lookback")
    one_touch_share: float | None = Field(description="Of those, the share with only one: every model agrees on them")


@blueprint.get("/v1/campaigns/<campaign_id>/report")
@operation("Reports", gives=ReportAnswer, query=ReportQuery, roles=ALL)
def show_report(call: Call, campaign_id: str, query: ReportQuery) -> ReportAnswer:
    """Tell what each tweet of a campaign brought; rows and unattributed make the totals"""
    world = call.world
    with world.db.read() as session:
        campaign = campaigns.find(session, campaign_id)
    asked = _asked(call, query, campaign)
    asked = ready_lens(world, campaign_id, asked)
    keep_sums(world, campaign_id, asked.lens, rehearsal=asked.rehearsal)
    with world.db.read() as session:
        return _told(campaign_id, funnels.report(session, campaign, asked))


def _asked(call: Call, query: ReportQuery, campaign: Campaign) -> Asked:
    settings, own = call.world.settings, {"rehearsal", "campaign_id", "keys", "what", "periods"}
    told = {name: f"{value}" for name, value in query.model_dump(by_alias=True, exclude=own).items() if value}
    rehearsal = call.world.publisher.rehearses if query.rehearsal is None else query.rehearsal
    zone = zones.known(query.zone or campaign.zone)
    return questions.read(told, zone, lookback_days=settings.lookback_days, rehearsal=rehearsal)


def _told(campaign_id: str, found: Report) -> ReportAnswer:
    asked = found.asked
    by_tweet = asked.group in ("tweet", "thread")
    return ReportAnswer(
        campaign_id=campaign_id, model=asked.lens.model, lookback_days=asked.lens.lookback_days,
        half_life_days=asked.lens.half_life_days, direct=asked.lens.direct, by=asked.by,
        evidence=sorted(asked.evidence), since=asked.since.isoformat() if asked.since else None,
        until=asked.until.isoformat() if asked.until else None, zone=asked.zone, group=asked.group,
        currency=asked.currency or None, rehearsal=asked.rehearsal, totals=_figures(found.totals),
        fit=_fit(asked.lens.fit),
        tweets=[_tweet(row, asked.lens.fit) for row in found.rows] if by_tweet else [],
        rows=[] if by_tweet else [RowFigures(**_row(row)) for row in found.rows],
        unattributed=_figures(found.unattributed),
        unattributed_by_evidence={name: _figures(each) for name, each in found.by_evidence.items()},
        paths=found.paths, one_touch_share=found.short_paths / found.paths if found.paths else None,
    )  # fmt: skip


def _row(row: Row) -> dict[str, Any]:
    proofs = {name: _figures(each) for name, each in row.by_evidence.items()}
    return {"key": row.key, "by_evidence": proofs, **dict(_figures(row.figures))}


def _fit(fit: Fit | None) -> FitAnswer | None:
    return FitAnswer(made_at=fit.made_at, leads=fit.conversions, paths=fit.paths) if fit else None


def _tweet(row: Row, fit: Fit | None) -> TweetFigures:
    tweet = row.tweet
    removal = fit.effects.get(f"tweet:{row.key}") if fit else None
    return TweetFigures(
        tweet_id=row.key,
        text=tweet.text if tweet else None,
        state=tweet.state if tweet else None,
        code=row.code,
        x_url=tweet.x_url if tweet else None,
        sent_at=tweet.sent_at if tweet else None,
        rehearsed=bool(tweet and tweet.rehearsed),
        removal=Removal(effect=removal.effect, low=removal.low, high=removal.high) if removal else None,
        elsewhere=row.elsewhere,
        spillover=_figures(row.spillover),
        **_row(row),
    )


def _figures(found: Figures) -> FiguresAnswer:
    return FiguresAnswer(
        hits=found.hits, clicks=found.clicks, visits=found.visits, leads=found.leads, qualified=found.qualified,
        customers=found.customers, sales=found.sales,
        net_revenue=[Amount(amount=each.amount, currency=each.currency) for each in found.net_revenue],
        lead_rate=_rate(found.leads, found.clicks),
    )  # fmt: skip


def _rate(part: float, whole: int) -> Rate:
    # a form may be sent without a click that was counted: then the rate says nothing
    part = min(part, whole)
    low, high = intervals.wilson(part, whole)
    return Rate(
        n=whole, rate=part / whole if whole else None, low=low, high=high, too_few=comparisons.too_few(part, whole)
    )


class CompareQuery(ReportQuery):
    campaign_id: str = Field(max_length=36)
    what: What = Field(
        "rows", description="The report's rows, the campaign's pages (leads a visit), campaigns, periods"
    )
    keys: str = Field("", max_length=8_000, description="Of the rows, pages or campaigns, with commas; empty: all")
    periods: str = Field("", max_length=400, description="For periods: 2026-10-01..2026-10-31,2026-11-01..2026-11-30")


class StandingAnswer(Answer):
    key: str
    leads: int = Field(description="Whole ones")
    clicks: int
    lead_rate: Rate
    shrunk_rate: float = Field(description="Drawn towards all others' as far as the numbers are few")
    rank: int = Field(description="By the shrunk rate")
    p: float | None = Field(description="That it differs from the others, after all comparisons; null: too few")


class DuelAnswer(Answer):
    difference: float = Field(description="The second key's rate less the first's")
    low: float = Field(description="Newcombe's interval, 95 %")
    high: float
    p: float = Field(description="Fisher's exact")


class CompareAnswer(Answer):
    group: str
    model: str
    note: str = "A comparison, not an experiment"
    average: float | None
    standings: list[StandingAnswer]
    duel: DuelAnswer | None = Field(description="When two are compared, and both have enough")


@blueprint.get("/v1/reports/compare")
@operation("Reports", gives=CompareAnswer, query=CompareQuery, roles=ALL)
def compare_rows(call: Call, query: CompareQuery) -> CompareAnswer:
    """Compare rows of a campaign's report, saying only what the numbers carry"""
    with call.world.db.read() as session:
        campaign = campaigns.find(session, query.campaign_id)
    asked = ready_lens(call.world, campaign.id, _asked(call, query, campaign))
    with call.world.db.read() as session:
        keys = [each for each in query.keys.split(",") if each]
        rows = _compared(session, campaign, asked, query, keys)
    if not {row.key for row in rows}.issuperset(keys):
        raise problem("invalid", "not_a_choice", "keys")
    found = leagues.league(rows, keys)
    duel = found.duel
    return CompareAnswer(
        group=asked.group, model=asked.lens.model, average=found.average,
        standings=[
            StandingAnswer(
                key=each.row.key, leads=each.leads, clicks=each.clicks, lead_rate=_rate(each.leads, each.clicks),
                shrunk_rate=each.shrunk, rank=each.rank, p=each.p,
            )
            for each in found.standings
        ],
        duel=DuelAnswer(difference=duel.difference, low=duel.interval.low, high=duel.interval.high, p=duel.p)
        if duel else None,
    )  # fmt: skip


def _compared(session: Any, campaign: Campaign, asked: Asked, query: CompareQuery, keys: list[str]) -> list[Row]:
    if query.what == "pages":
        return contests.of_pages(session, campaign, asked)
    if query.what == "campaigns":
        return contests.of_campaigns(session, asked, [key for key in keys if is_id(key)])
    if query.what == "periods":
        return contests.of_periods(session, campaign, asked, contests.periods(query.periods))
    return funnels.report(session, campaign, asked).rows


class WhyQuery(Query):
    model: Model = Field("last_non_direct", description="How it is shared among the touches before it")
    lookback_days: int | None = Field(None, ge=1, le=395)
    half_life_days: float = Field(7, ge=1, le=90)
    direct: Literal["alone", "always"] = "alone"
    currency: str = Field("", max_length=3, description=MONEY_IN)


class TouchAnswer(Answer):
    id: str
    at: Moment
    evidence: str
    tweet_id: str | None
    code: str | None = Field(description="Of the link")
    campaign_id: str | None
    referrer: str | None
    hit_id: str | None
    weight: float
    amount: Amount | None = Field(description="Its share of the money")
    why_not: str | None = Field(description="too_old, after, repeated, direct; null: it counts")


class WhyAnswer(Answer):
    id: str
    kind: str
    at: Moment
    campaign_id: str | None
    lead_id: str | None
    sale_id: str | None
    amount: Amount | None = Field(description="As it was paid")
    excluded: str | None = Field(description="test, internal, spam, withdrawn: kept without credit")
    model: str
    lookback_days: int
    unattributed: bool
    submission_ids: list[str]
    path: list[TouchAnswer]


@blueprint.get("/v1/conversions/<conversion_id>/why")
@operation("Reports", gives=WhyAnswer, query=WhyQuery, roles=ALL)
def show_why(call: Call, conversion_id: str, query: WhyQuery) -> WhyAnswer:
    """Tell why a conversion is whose: its path, with the weights of a model"""
    world = call.world
    lens = Lens(query.model, query.lookback_days or world.settings.lookback_days, query.half_life_days, query.direct)
    with world.db.read() as session:
        campaign_id = whys.campaign_of(session, conversion_id)
    currency = known_currency(query.currency) if query.currency else ""
    asked = Asked(lens, "UTC", rehearsal=world.publisher.rehearses, currency=currency)
    lens = ready_lens(world, campaign_id, asked).lens
    with world.db.read() as session:
        found = whys.why(session, conversion_id, lens)
    told = found.conversion
    return WhyAnswer(
        id=told.id, kind=told.kind, at=told.at, campaign_id=told.campaign_id, lead_id=told.lead_id,
        sale_id=told.sale_id, amount=_money(told.amount, told.currency), excluded=told.excluded, model=lens.model,
        lookback_days=lens.lookback_days, unattributed=found.unattributed,
        submission_ids=[form.id for form in found.submissions],
        path=[
            TouchAnswer(
                id=step.touch.id, at=step.touch.at, evidence=step.touch.evidence, tweet_id=step.touch.tweet_id,
                code=step.code, campaign_id=step.touch.campaign_id, referrer=step.touch.referrer,
                hit_id=step.touch.hit_id, weight=step.weight,
                amount=_money(step.cents, found.worth.currency) if found.worth else None,
                why_not=step.why_not,
            )
            for step in found.steps
        ],
    )  # fmt: skip


def _money(amount: int, currency: str | None) -> Amount | None:
    return Amount(amount=amount, currency=currency) if currency else None
