"""Each Monday after seven where they are, those who asked are told what last week brought."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import structlog

from campaigns.crediting.models import Lens
from campaigns.kernel import outbox
from campaigns.kernel.letters import put
from campaigns.measuring import funnels, weeklies
from campaigns.measuring.accounts import Unreconciled
from campaigns.measuring.questions import Asked
from campaigns.people import users
from campaigns.people.users import User
from campaigns.planning import campaigns
from campaigns.world import World

AT = time(7)
log = structlog.get_logger("weekly")
PURPOSE = "weekly"
LASTS_S = 400 * 86_400
"""A mail is found again long after; its link ends nothing but mails."""


def send_weekly(world: World) -> int:
    """Write the letters that are due; how many. Doing it twice writes none twice: their keys hold the Monday.

    A worker that was down at seven catches up as long as it is Monday there.
    """
    now = world.clock.now()
    with world.db.read() as session:
        due = [user for user in users.list_weekly(session) if _is_due(user, now)]
        told = outbox.promised(session, [_key(user, now) for user in due]) if due else set()
    return sum(_sent(world, user, now) for user in due if _key(user, now) not in told)


def stop_weekly(world: World, token: str) -> None:
    """End it for whoever the token was made for; once more changes nothing.

    Raises forbidden (`token_forged`), gone (`token_expired`), missing.
    """
    user_id, _ = world.signer.read(PURPOSE, token, world.clock.now(), LASTS_S)
    with world.db.write() as session:
        users.find(session, str(user_id)).weekly = False


def _sent(world: World, user: User, now: datetime) -> bool:
    """Whether a letter was written: one report that doesn't add up keeps nobody else's."""
    try:
        return _send(world, user, now)
    except Unreconciled:
        log.exception("weekly_unwritten", user=user.id)
        return False


def _send(world: World, user: User, now: datetime) -> bool:
    monday = now.astimezone(ZoneInfo(user.zone)).date()
    since, until = monday - timedelta(days=7), monday - timedelta(days=1)
    lens = Lens(lookback_days=world.settings.lookback_days)
    asked = Asked(lens, user.zone, since, until, rehearsal=world.publisher.rehearses)
    with world.db.read() as session:
        overview = funnels.overview(session, asked, [*campaigns.ids(session), None])
    stop = f"{world.settings.public_url}/weekly/{world.signer.sign(PURPOSE, user.id, now)}"
    letter = weeklies.letter(world.settings, user.locale, overview, since.isoformat(), until.isoformat(), stop)
    with world.db.write() as session:
        return put(
            session, _key(user, now), user.email, letter, locale=user.locale, host=world.settings.public_host, now=now,
            unsubscribe=stop,
        )  # fmt: skip


def _is_due(user: User, now: datetime) -> bool:
    here = now.astimezone(ZoneInfo(user.zone))
    return here.weekday() == 0 and here.time() >= AT


def _key(user: User, now: datetime) -> str:
    return f"weekly:{user.id}:{now.astimezone(ZoneInfo(user.zone)).date().isoformat()}"
