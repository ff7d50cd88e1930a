"""GET /api/v1/calendar · GET, POST /api/v1/slots · DELETE /api/v1/slots/{slot_id}."""

import re
from datetime import date, timedelta
from typing import Annotated

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from campaigns.kernel import zones
from campaigns.kernel.errors import problem
from campaigns.publishing import agendas, slots
from campaigns.publishing.slots import Slot
from web.api.blueprint import ALL, Call, blueprint
from web.api.bodies import Answer, Body, Id, Moment, Query
from web.api.operations import operation
from web.request import locale

LONGEST = 62
ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _as_day(told: object) -> object:
    """As the document has it; pydantic would take a number too, for seconds since 1970."""
    if isinstance(told, str) and not ISO_DAY.fullmatch(told):
        raise PydanticCustomError("date_from_datetime_parsing", "not a day")
    return told


Day = Annotated[date, BeforeValidator(_as_day)]


class CalendarQuery(Query):
    from_: Day | None = Field(None, alias="from", description="The first day; today when left out")
    to: Day | None = Field(
        None, description=f"The last day, at most {LONGEST} days later; six days later when left out"
    )
    zone: str = Field("UTC", max_length=100, description="Whose midnights, and whose country's holidays")
    campaign_id: Id | None = None


class CalendarTweet(Answer):
    id: str
    state: str
    text: str
    at: Moment


class CalendarDay(Answer):
    on: date
    holiday: str = Field(description="The public holiday's name; empty: none")
    tweets: list[CalendarTweet]
    free: list[Moment] = Field(description="Slots that no tweet has")


class CalendarAnswer(Answer):
    days: list[CalendarDay]


@blueprint.get("/v1/calendar")
@operation("Calendar", gives=CalendarAnswer, query=CalendarQuery, roles=ALL)
def show_calendar(call: Call, query: CalendarQuery) -> CalendarAnswer:
    """Show what went out and what will, day by day, with free slots and holidays; a thread by its first part"""
    first = query.from_ or call.now.date()
    last = query.to or first + timedelta(days=6)
    if not timedelta(0) <= last - first <= timedelta(days=LONGEST):
        raise problem("invalid", "out_of_range", "to", least=0, most=LONGEST)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    zone = zones.known(query.zone)
    with call.world.db.read() as session:
        found = agendas.days_of(session, days, zone, locale(), call.now, query.campaign_id)
    return CalendarAnswer(days=[_day(each) for each in found])


def _day(day: agendas.Day) -> CalendarDay:
    return CalendarDay(
        on=day.on, holiday=day.holiday, free=[each.at for each in day.free],
        tweets=[CalendarTweet(id=t.id, state=t.state, text=t.text, at=agendas.moment_of(t)) for t in day.tweets],
    )  # fmt: skip


class SlotsBody(Body):
    weekdays: list[int] = Field(min_length=1, max_length=7, description="0 is Monday")
    local_time: str = Field(max_length=20, description="Such as 08:30")
    zone: str = Field(max_length=100)


class SlotAnswer(Answer):
    id: str
    weekday: int
    local_time: str
    zone: str


class Slots(Answer):
    items: list[SlotAnswer]


@blueprint.get("/v1/slots")
@operation("Calendar", gives=Slots, roles=ALL)
def list_slots(call: Call) -> Slots:
    """List the usual times of the week, which the queue fills"""
    with call.world.db.read() as session:
        return _told(slots.list_of(session))


@blueprint.post("/v1/slots")
@operation("Calendar", gives=Slots, status=201, body=SlotsBody)
def create_slots(call: Call, body: SlotsBody) -> Slots:
    """Add the same time on several days; one that is there stays"""
    with call.world.db.write() as session:
        slots.add(session, [f"{day}" for day in body.weekdays], body.local_time, body.zone)
        return _told(slots.list_of(session))


@blueprint.delete("/v1/slots/<slot_id>")
@operation("Calendar", status=204)
def delete_slot(call: Call, slot_id: str) -> None:
    """Remove a slot; tweets that are planned for it stay planned"""
    with call.world.db.write() as session:
        slots.remove(session, slot_id)


def _told(found: list[Slot]) -> Slots:
    return Slots(
        items=[
            SlotAnswer(id=each.id, weekday=each.weekday, local_time=each.local_time, zone=each.zone) for each in found
        ]
    )
