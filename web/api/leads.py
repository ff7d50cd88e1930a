"""GET /api/v1/leads · GET /api/v1/leads.csv · GET, PATCH /api/v1/leads/{lead_id}."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, cast

from flask import Response
from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from campaigns.flows.enter_sale import enter_sale, withdraw_sale
from campaigns.flows.export_leads import Asking, export_leads
from campaigns.flows.work_lead import exclude_lead, work_leads
from campaigns.kernel.errors import Faults
from campaigns.kernel.keysets import Slice
from campaigns.measuring import desk, sheets
from campaigns.measuring.desk import View
from campaigns.measuring.sheets import Told
from web.api.blueprint import ALL, Call, blueprint
from web.api.bodies import Amount, Answer, Change, Currency, Flag, Id, Items, ListQuery, Moment, Query, Sum, items
from web.api.operations import operation
from web.files import sent

State = Literal["new", "contacted", "qualified", "won", "lost"]
Excluded = Literal["test", "internal", "spam"]


def _whole(text: Any) -> Any:
    if not isinstance(text, str) or not re.match(r"\d{4}-\d\d-\d\d", text):  # pydantic takes 0.5 for seconds of 1970
        raise PydanticCustomError("datetime_parsing", "not a moment")
    # in an address + means a space: 2026-11-02T09:00:00+01:00 arrives without it
    return text.replace(" ", "+") if "T" in text else text


When = Annotated[datetime, BeforeValidator(_whole)]


class LeadFilters(Query):
    campaign_id: Id | None = None
    state: State | None = None
    since: When | None = Field(None, description="From this moment on, or this day in UTC: 2026-11-02T09:00:00Z")
    until: When | None = Field(None, description="Before this moment")
    q: str = Field("", description="Words that the address or the answers hold", max_length=200)
    tweet_id: str | None = Field(None, description="Credited with them, as in the report; `none`: nobody's")
    rehearsal: Flag | None = Field(
        None, description="Count what was rehearsed; left out: only while the connection to X is rehearsed"
    )
    excluded: Literal["any", Excluded] | None = Field(
        None, description="Instead of the leads that count those that don't, for this reason or for any"
    )


class LeadQuery(LeadFilters, ListQuery):
    pass


class LeadBody(Change):
    """What is left out stays. A lead that is won with an amount has a sale, made once and corrected after.

    With `amount` null and another state than `won` that sale is withdrawn: it counts no more, its history stays.
    A lead that is `excluded` counts no more with all that it did; with null it counts again.
    """

    state: State | None = None
    amount: Sum | None = Field(
        None, description="What it brought, in minor units; only with state `won`. Null with another state: nothing"
    )
    currency: Currency | None = Field(None, description="ISO 4217; needed with an amount", max_length=12)
    note: str = Field("", description="Kept in its history", max_length=8_000)
    excluded: Excluded | None = Field(None, description="Why it counts no more; null: it counts")


class LeadField(Answer):
    name: str
    label: str
    kind: str
    value: str | int | bool


class LeadConsent(Answer):
    purpose: str
    state: Literal["granted", "refused", "withdrawn"]
    at: Moment
    text: str = Field(description="The words that were answered to")
    text_sha256: str


class LeadSale(Answer):
    id: str
    amount: Amount = Field(description="What was paid")
    net: Amount = Field(description="Paid − tax − refunded − disputed")
    state: str
    paid_at: Moment


class LeadAnswer(Answer):
    id: str
    person_id: str
    email: str
    campaign_id: str
    offer_id: str
    page_id: str
    locale: str
    state: State
    answers: list[LeadField]
    consents: list[LeadConsent]
    tweet_id: str | None = Field(description="That the lead is owed to, by the last touch that isn't direct")
    evidence: str = Field(description="Of that touch: link+x, link, code, link+other, utm, x_unknown, referrer, direct")
    first_tweet_id: str | None = Field(description="Of the person's first visit within the lookback")
    spillover_tweet_id: str | None = Field(description="Its link was opened from elsewhere than X: nobody's credit")
    sales: list[LeadSale]
    rehearsed: bool
    excluded: Excluded | None = Field(description="Why it counts in no report; null: it counts")
    created_at: Moment
    updated_at: Moment


class Leads(Items[LeadAnswer]):
    """A page of leads, newest first."""


def _told(found: Told) -> LeadAnswer:
    lead, credit = found.row.lead, found.row.credit
    return LeadAnswer(
        id=lead.id,
        person_id=lead.person_id,
        email=found.row.email,
        campaign_id=lead.campaign_id,
        offer_id=lead.offer_id,
        page_id=lead.page_id,
        locale=lead.locale,
        state=lead.state,
        answers=[LeadField(**each) for each in lead.answers],
        consents=[
            LeadConsent(
                purpose=each.consent.purpose, state=each.consent.state, at=each.consent.at, text=each.text,
                text_sha256=each.consent.text_sha256,
            )
            for each in found.agreed
        ],
        tweet_id=credit.tweet_id,
        evidence=credit.evidence,
        first_tweet_id=credit.first_tweet_id,
        spillover_tweet_id=credit.spillover_tweet_id,
        sales=[
            LeadSale(
                id=sale.id, amount=Amount(amount=sale.amount, currency=sale.currency), state=sale.state,
                net=Amount(amount=sale.net, currency=sale.currency),
                paid_at=sale.paid_at,
            )
            for sale in found.sales
        ],
        rehearsed=lead.rehearsed,
        excluded=cast(Excluded | None, lead.excluded),  # of a lead none but these
        created_at=lead.created_at,
        updated_at=lead.updated_at,
    )  # fmt: skip


def _view(call: Call, asked: LeadFilters) -> View:
    return View(
        campaign_id=asked.campaign_id, state=asked.state, since=_aware(asked.since), until=_aware(asked.until),
        text=asked.q, tweet_id=asked.tweet_id,
        rehearsal=call.world.publisher.rehearses if asked.rehearsal is None else asked.rehearsal,
        excluded=True if asked.excluded == "any" else asked.excluded or False,
    )  # fmt: skip


def _aware(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment


@blueprint.get("/v1/leads")
@operation("Leads", gives=Leads, query=LeadQuery, roles=ALL)
def list_leads(call: Call, query: LeadQuery) -> dict[str, Any]:
    """List leads, newest first"""
    days = call.world.settings.lookback_days
    with call.world.db.read() as session:
        found = desk.list_page(session, _view(call, query), lookback_days=days, before=query.cursor, limit=query.limit)
        told = sheets.told(session, found.items)
    return items(Slice(told, found.next), _told)


@blueprint.get("/v1/leads.csv")
@operation("Leads", query=LeadFilters, makes="text/csv", roles=("admin", "sales"))
def export_leads_csv(call: Call, query: LeadFilters) -> Response:
    """Download leads as CSV: UTF-8, commas, every cell quoted; who took a consent back is left out"""
    asking = Asking(call.token.name, None)
    return sent(export_leads(call.world, _view(call, query), "csv", asking))


@blueprint.get("/v1/leads/<lead_id>")
@operation("Leads", gives=LeadAnswer, roles=ALL)
def show_lead(call: Call, lead_id: str) -> LeadAnswer:
    """Show a lead"""
    return _shown(call, lead_id)


@blueprint.patch("/v1/leads/<lead_id>")
@operation("Leads", gives=LeadAnswer, body=LeadBody, roles=("admin", "sales"))
def change_lead(call: Call, lead_id: str, body: LeadBody) -> LeadAnswer:
    """Change a lead's state or whether it counts, note something, enter or correct the sale of one that is won"""
    _work(call, lead_id, body)
    if "excluded" in body.model_fields_set:  # last: nothing of it can be refused any more
        exclude_lead(call.world, lead_id, body.excluded, who=call.token.name, user_id=None)
    return _shown(call, lead_id)


def _work(call: Call, lead_id: str, body: LeadBody) -> None:
    who = call.token.name
    if body.amount is None and body.currency is None:
        if "amount" in body.model_fields_set and _has_entered(call, lead_id):
            state = body.state or _shown(call, lead_id).state
            if state != "won":
                withdraw_sale(call.world, lead_id, who, None, state, body.note)
                return
        work_leads(call.world, [lead_id], body.state, who=who, user_id=None, note=body.note)
        return
    faults = Faults()
    if body.state != "won":
        faults.add("state", "sale_needs_won")
    if body.amount is None:
        faults.add("amount", "required")
    if not body.currency:
        faults.add("currency", "currency_missing")
    faults.check()
    enter_sale(call.world, lead_id, body.amount or 0, body.currency or "", who, None, body.note)


def _has_entered(call: Call, lead_id: str) -> bool:
    with call.world.db.read() as session:
        entered = sheets.find(session, lead_id, lookback_days=call.world.settings.lookback_days).entered
    return entered is not None and entered.state != "withdrawn"


def _shown(call: Call, lead_id: str) -> LeadAnswer:
    with call.world.db.read() as session:
        row = desk.find(session, lead_id, lookback_days=call.world.settings.lookback_days)
        [found] = sheets.told(session, [row])
    return _told(found)
