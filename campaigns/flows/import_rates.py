"""Exchange rates are stored from a file of the European Central Bank, over those that are there."""

from dataclasses import dataclass
from datetime import date

from campaigns.measuring import exchange_rates
from campaigns.people import audits
from campaigns.world import World

AT_ONCE = 20_000


@dataclass(frozen=True)
class Imported:
    """How many rates the file has, how many of them are new or other, and of which days."""

    rates: int
    changed: int
    first: date
    last: date


def import_rates(world: World, text: str, *, who: str, user_id: str | None = None) -> Imported:
    """Store what a file says, twenty thousand rates a transaction. All of it was read before; again changes nothing.

    Raises as exchange_rates.read, and nothing is stored then.
    """
    rates = exchange_rates.read(text)
    done = 0
    for start in range(0, len(rates), AT_ONCE):
        with world.db.write() as session:
            done += exchange_rates.keep(session, rates[start : start + AT_ONCE])
    days = [rate.day for rate in rates]
    told = Imported(len(rates), done, min(days), max(days))
    with world.db.write() as session:
        audits.note(
            session, "rates.imported", world.clock.now(), who=who, user_id=user_id, rates=told.rates,
            changed=told.changed, last=told.last.isoformat(),
        )  # fmt: skip
    return told
