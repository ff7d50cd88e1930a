"""Look at what an operator must know: the database, this node's spool, what is known while the database is away.

What the database can't tell is left out; the rest is told all the same, and soon.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from campaigns import schema
from campaigns.kernel import outbox
from campaigns.kernel.errors import Problem
from campaigns.measuring import differences
from campaigns.measuring.differences import Differing
from campaigns.publishing import dues
from campaigns.tracking import rollups, segments
from campaigns.tracking.hits import HitClass
from campaigns.tracking.segments import Depth
from campaigns.world import World

State = Literal["ok", "away", "schema"]
LATE_S = 10
"""A spool whose oldest row waits for longer has no drainer, or one that fails."""

LATELY_S = 3600
NOTHING_DIFFERS = Differing(0, 0, 0)


@dataclass(frozen=True)
class Health:
    """How this process, its node and the database are.

    | field | meaning |
    |---|---|
    | alarms | what somebody should look at; the words are explained in docs/operations.md |
    | lag_s | how long the oldest row of the spool waits for the database |
    | lost | hits lost in the last hour, as far as this process can know |
    | edition, known, is_stale | of the directory of links: its number, how many it knows, whether it can't be renewed |
    """

    database: State
    alarms: tuple[str, ...]
    spool: Depth
    lag_s: float
    lost: int
    edition: int
    known: int
    is_stale: bool

    @property
    def is_ready(self) -> bool:
        """Whether everything can be served; short links are served without, see docs/operations.md."""
        return self.database == "ok"


@dataclass(frozen=True)
class Numbers:
    """What only the database knows. `hits`: of the day in UTC, by class."""

    hits: Mapping[HitClass, int]
    lost: int
    outbox: int
    due_tweets: int
    differing: Differing


def look_at_health(world: World) -> Health:
    """Answers within two seconds, whatever hangs. Queries: 4 at most."""
    now = world.clock.now()
    depth = segments.depth(world.settings.spool_dir)
    lag_s = max(now.timestamp() - depth.oldest_us / 1e6, 0.0) if depth.oldest_us is not None else 0.0
    database, lost, differing = _database(world, now)
    own = world.directory
    if world.spool.is_losing(LATELY_S):
        lost = max(lost, world.spool.lost)
    if now.timestamp() - depth.lost_at_s < LATELY_S:
        lost = max(lost, depth.lost)
    told = {
        "database_away": database == "away",
        "schema_differs": database == "schema",
        "directory_stale": own.is_away,
        "drain_late": lag_s > LATE_S,
        "hits_lost": lost > 0,
        "spool_broken": depth.broken > 0,
        "packs_differ": differing.packs > 0,
        "report_differs": differing.reports_lately > 0,
    }
    alarms = tuple(word for word, is_so in told.items() if is_so)
    return Health(database, alarms, depth, lag_s, lost, own.number, own.known, own.is_away)


def count_for_metrics(world: World) -> Numbers | None:
    """What the database counts; None: it is away. Queries: 5."""
    now = world.clock.now()
    if not world.directory.answers(now):
        return None
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    try:
        with world.db.read() as session:
            return Numbers(
                hits=rollups.all_by_class(session, midnight),
                lost=rollups.lost_since(session, None),
                outbox=outbox.count_open(session),
                due_tweets=dues.count(session, now),
                differing=differences.told(session, now),
            )
    except Problem:
        return None


def _database(world: World, now: datetime) -> tuple[State, int, Differing]:
    """How it is, how many hits of any node were told as lost in the last hour, and what differed."""
    if not world.directory.answers(now):
        return "away", 0, NOTHING_DIFFERS
    try:
        if not schema.is_ready(world.db):
            return "schema", 0, NOTHING_DIFFERS
        with world.db.read() as session:
            lately = now - timedelta(seconds=LATELY_S)
            return "ok", rollups.lost_since(session, lately), differences.told(session, lately)
    except Problem:
        return "away", 0, NOTHING_DIFFERS
