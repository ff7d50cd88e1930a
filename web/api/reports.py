"""GET /api/v1/campaigns/{campaign_id}/report."""

from typing import Literal

from pydantic import Field

from campaigns.measuring import funnels
from campaigns.measuring.figures import Figures
from campaigns.measuring.funnels import Report, TweetRow
from campaigns.planning import campaigns
from web.api.blueprint import ALL, Call, blueprint
from web.api.bodies import Amount, Answer, Flag, Moment, Query
from web.api.operations import operation


class ReportQuery(Query):
    model: Literal["last_non_direct"] = Field("last_non_direct", description="Which touch a conversion is owed to")
    rehearsal: Flag | None = Field(
        None, description="Count what was rehearsed; left out: only while the connection to X is rehearsed"
    )


class FiguresAnswer(Answer):
    hits: int = Field(description="All requests for its links")
    clicks: int = Field(description="Hits judged human")
    leads: int
    sales: int
    net_revenue: list[Amount] = Field(description="Paid − tax − refunded − disputed, one sum a currency")


class TweetFigures(FiguresAnswer):
    tweet_id: str
    text: str | None
    state: str | None
    code: str | None = Field(description="Of its link")
    x_url: str | None
    sent_at: Moment | None
    rehearsed: bool
    elsewhere: bool = Field(description="A tweet of another campaign that earned credit here; its hits count there")
    spillover: FiguresAnswer = Field(description="By its link opened from elsewhere than X: part of unattributed")


class ReportAnswer(Answer):
    campaign_id: str
    model: str
    lookback_days: int
    rehearsal: bool
    totals: FiguresAnswer
    tweets: list[TweetFigures]
    unattributed: FiguresAnswer
    unattributed_by_evidence: dict[str, FiguresAnswer]


@blueprint.get("/v1/campaigns/<campaign_id>/report")
@operation("Reports", gives=ReportAnswer, query=ReportQuery, roles=ALL)
def show_report(call: Call, campaign_id: str, query: ReportQuery) -> ReportAnswer:
    """Tell what each tweet of a campaign brought; tweets and unattributed make the totals"""
    world = call.world
    rehearsal = world.publisher.rehearses if query.rehearsal is None else query.rehearsal
    with world.db.read() as session:
        campaign = campaigns.find(session, campaign_id)
        found = funnels.report(session, campaign, lookback_days=world.settings.lookback_days, rehearsal=rehearsal)
    return _told(found)


def _told(found: Report) -> ReportAnswer:
    return ReportAnswer(
        campaign_id=found.campaign_id,
        model=found.model,
        lookback_days=found.lookback_days,
        rehearsal=found.rehearsal,
        totals=_figures(found.totals),
        tweets=[_row(row) for row in found.tweets],
        unattributed=_figures(found.unattributed),
        unattributed_by_evidence={name: _figures(each) for name, each in found.by_evidence.items()},
    )


def _row(row: TweetRow) -> TweetFigures:
    tweet = row.tweet
    return TweetFigures(
        tweet_id=row.tweet_id,
        text=tweet.text if tweet else None,
        state=tweet.state if tweet else None,
        code=row.code,
        x_url=tweet.x_url if tweet else None,
        sent_at=tweet.sent_at if tweet else None,
        rehearsed=bool(tweet and tweet.rehearsed),
        elsewhere=row.elsewhere,
        spillover=_figures(row.spillover),
        **_figures(row.figures).model_dump(),
    )


def _figures(found: Figures) -> FiguresAnswer:
    return FiguresAnswer(
        hits=found.hits,
        clicks=found.clicks,
        leads=found.leads,
        sales=found.sales,
        net_revenue=[Amount(amount=each.amount, currency=each.currency) for each in found.net_revenue],
    )
