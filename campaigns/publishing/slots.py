"""Slots: the usual times of the week at which tweets go out, and the queue: the next one that is free."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import UniqueConstraint, delete, select
from sqlalchemy.orm import Mapped, Session

from campaigns.kernel import zones
from campaigns.kernel.codes import is_id, new_id
from campaigns.kernel.columns import Pk
from campaigns.kernel.db import Base, insert_once
from campaigns.kernel.errors import Faults, problem
from campaigns.publishing import calendars, repeats
from campaigns.publishing.calendars import Plan
from campaigns.publishing.tweets import Tweet

QUEUE = "queue"
"""What may be asked for instead of a time: the next free slot."""

MOST = 100
AHEAD = timedelta(days=90)


class Slot(Base):
    """A time of the week, by the clock of a zone. `weekday`: 0 is Monday; `local_time`: HH:MM."""

    __tablename__ = "slots"
    __table_args__ = (UniqueConstraint("weekday", "local_time", "zone"),)

    id: Mapped[Pk]
    weekday: Mapped[int]
    local_time: Mapped[str]
    zone: Mapped[str]


@dataclass(frozen=True)
class Free:
    """A slot that no tweet has yet: its instant, and the time as the clock shows it there."""

    at: datetime
    local_time: str
    zone: str


def add(session: Session, weekdays: list[str], local_time: str, zone: str) -> None:
    """The same time on several days; one that is there stays. Raises invalid."""
    faults = Faults()
    days = [int(each) for each in weekdays if each in ("0", "1", "2", "3", "4", "5", "6")]
    if len(days) < max(len(weekdays), 1):
        faults.add("weekdays", "not_a_choice" if weekdays else "required")
    if not _is_time(local_time):
        faults.add("local_time", "time_unreadable")
    with faults.gather():
        zones.known(zone)
    if len(list_of(session)) + len(days) > MOST:
        faults.add("weekdays", "slots_too_many", most=MOST)
    faults.check()
    for day in days:
        insert_once(session, Slot, id=new_id(), weekday=day, local_time=local_time[:5], zone=zone)


def remove(session: Session, slot_id: str) -> None:
    """Nothing when it is gone."""
    if is_id(slot_id):
        session.execute(delete(Slot).where(Slot.id == slot_id))


def list_of(session: Session) -> list[Slot]:
    """By weekday and time. 1 query; there are 100 at most."""
    return list(session.scalars(select(Slot).order_by(Slot.weekday, Slot.local_time, Slot.id).limit(MOST)))


def free(session: Session, since: datetime, until: datetime) -> list[Free]:
    """The slots between two moments at which no tweet is planned or went out, in order. Queries: 2."""
    slots = list_of(session)
    if not slots:
        return []
    taken = set(
        session.scalars(
            select(Tweet.scheduled_at).where(
                Tweet.scheduled_at >= since, Tweet.scheduled_at < until, Tweet.state != "draft"
            )
        )
    )
    found = {each.at: each for slot in slots for each in _times(slot, since, until)}
    return [found[at] for at in sorted(found) if at not in taken]


def asked(text: str, zone: str | None, now: datetime) -> Plan | None:
    """The plan that was asked for; None: the next place in the queue (see take). Raises as calendars.plan."""
    return None if text.strip() == QUEUE else calendars.plan(text, zone, now)


def take(session: Session, now: datetime) -> Plan:
    """The next place in the queue, which nobody else gets before this transaction ends.

    Raises conflict (`slots_none`, `slots_full`). Queries: 2.
    """
    repeats.one_at_a_time(session)
    found = free(session, now, now + AHEAD)
    if not found:
        raise problem("conflict", "slots_full" if list_of(session) else "slots_none", "scheduled_at")
    return Plan(found[0].at, found[0].local_time, found[0].zone)


def _times(slot: Slot, since: datetime, until: datetime) -> list[Free]:
    """When a slot comes round. A time that the clocks skip isn't there that day; one that comes twice is the first."""
    rules = ZoneInfo(slot.zone)
    day: date = since.astimezone(rules).date()
    day += timedelta(days=(slot.weekday - day.weekday()) % 7)
    found: list[Free] = []
    while True:
        wall = datetime.combine(day, time.fromisoformat(slot.local_time))
        at = wall.replace(tzinfo=rules, fold=0).astimezone(UTC)
        if at >= until:
            return found
        if at >= since and at.astimezone(rules).replace(tzinfo=None) == wall:
            found.append(Free(at, wall.isoformat(timespec="minutes"), slot.zone))
        day += timedelta(days=7)


def _is_time(text: str) -> bool:
    try:
        time.fromisoformat(text)
    except ValueError:
        return False
    return len(text) in (5, 8)
