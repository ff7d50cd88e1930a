"""Once a day, after eight in the morning where they are, members who asked for it are told how many leads came."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from campaigns.capturing import letters
from campaigns.kernel import outbox
from campaigns.kernel.letters import put
from campaigns.measuring import desk
from campaigns.people import users
from campaigns.people.users import User
from campaigns.settings import Settings
from campaigns.world import World

AT = time(8)
MOST_DAYS = 7
"""A letter tells of the time since the last one, when that is no longer ago."""


def tell_sales(world: World) -> int:
    """Write the letters that are due; how many. Doing it twice writes none twice: their keys hold the day."""
    now, rehearsal = world.clock.now(), world.publisher.rehearses
    with world.db.read() as session:
        told = users.list_told(session, "daily")
    if not told:
        return 0
    with world.db.write() as session:
        return sum(_tell(session, world.settings, user, now, rehearsal) for user in told)


def _tell(session: Session, settings: Settings, user: User, now: datetime, rehearsal: bool) -> bool:
    zone = ZoneInfo(user.zone)
    today = now.astimezone(zone).date()
    # a letter tells of the time up to eight, whenever it is written: the next one goes on there, to the second
    until = datetime.combine(today, AT, zone)
    days = {_key(user, day): day for day in (today - timedelta(days=n) for n in range(MOST_DAYS + 1))}
    told = outbox.promised(session, days)
    if now < until or _key(user, today) in told:
        return False
    last = max((days[key] for key in told), default=today - timedelta(days=1))
    count = desk.count_between(session, datetime.combine(last, AT, zone), until, rehearsal=rehearsal)
    if not count:
        return False
    letter = letters.daily(settings, user.locale, count)
    return put(session, _key(user, today), user.email, letter, locale=user.locale, host=settings.public_host, now=now)


def _key(user: User, on: date) -> str:
    return f"daily:{user.id}:{on.isoformat()}"
