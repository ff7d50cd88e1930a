"""The landing pages that this process knows, with what stands around them: no visitor's page or form waits to read one.

One is good until the edition turns (kernel.editions), or for a minute; two seconds when it tells how many codes are
left, which changes with each form. While the database is away it stays good, as long as its offer does.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from campaigns.flows.look_at_page import Around, look_at_page
from campaigns.kernel import zones
from campaigns.kernel.errors import Problem
from campaigns.planning import offers
from campaigns.world import World

CHANGING, LASTING = timedelta(seconds=2), timedelta(seconds=60)
MOST_PAGES = 2_000


@dataclass(frozen=True, slots=True)
class _Look:
    around: Around
    edition: int
    since: datetime
    until: datetime


class KnownPages:
    """Pages by their slug. Opens nothing before it is asked."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._looks: dict[str, _Look] = {}

    def good(self, slug: str, now: datetime) -> Around | None:
        """The page, when what is known of it still holds: the same object until it is read again."""
        edition = self._world.directory.look(now)
        look = self._looks.get(slug)
        if look is None:
            return None
        if look.edition == edition and look.since <= now < look.until:
            return look.around
        return _while_away(look, now) if self._world.directory.is_away else None

    def find(self, slug: str, now: datetime) -> Around:
        """The page. Raises missing (`page_missing`), later when it isn't known and the database is away."""
        return self.good(slug, now) or self.read(slug, now)

    def read(self, slug: str, now: datetime) -> Around:
        """The page, read now. Raises as `find`."""
        edition = self._world.directory.edition  # before it is read: a change in between makes this look old
        try:
            around = look_at_page(self._world, slug)
        except Problem as refused:
            look = self._looks.get(slug)
            kept = _while_away(look, now) if look and refused.kind == "later" else None
            if kept is None:
                raise
            return kept
        if len(self._looks) >= MOST_PAGES:
            self._looks = {}
        self._looks[slug] = _Look(around, edition, now, good_until(around, now))
        return around


def good_until(around: Around, now: datetime) -> datetime:
    """When it is to be read again: soon, and when another day begins where the campaign is."""
    zone = around.campaign.zone
    tomorrow = datetime.combine(zones.day(now, zone) + timedelta(days=1), time(), ZoneInfo(zone))
    life = LASTING if around.offer.stock is None else CHANGING
    return min(now + life, tomorrow.astimezone(UTC))


def _while_away(look: _Look, now: datetime) -> Around | None:
    around = look.around
    return None if offers.has_ended(around.offer, around.campaign.zone, now) else around
