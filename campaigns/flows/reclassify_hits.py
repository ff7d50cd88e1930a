"""Past hits are judged again by today's rules, and the rollups follow.

A batch a transaction, in turns with the drainers: it may be stopped at any moment and begun again, and hits come in
meanwhile. Doing it twice changes nothing.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime

from campaigns.kernel.db import take_turns
from campaigns.tracking import judgements, months
from campaigns.tracking.judgements import TODAY, Dictionary, Findings, Key, Rules
from campaigns.world import World

MOST_HITS = 5_000
Tell = Callable[[date, Findings], None]


def reclassify_hits(
    world: World, since: date | None = None, *, tries: bool = False, rules: Rules = TODAY,
    tell: Tell = lambda _day, _found: None, most: int = MOST_HITS,
) -> Findings:  # fmt: skip
    """What changed, or would with `tries`.

    | argument | meaning |
    |---|---|
    | since | a day of UTC; None: as far back as hits are kept |
    | tell | is told each day's findings |
    | most | hits in one transaction, about |
    """
    known = Dictionary(rules, keeps=not tries)
    total = Findings()
    with world.db.read() as session:
        days = judgements.days(session, _first(world, since))
    for day in days:
        found = Findings()
        for link_ids in _parts(world, day, most):
            _judge(world, rules, known, link_ids, day, most, found, tries=tries)
        if found.judged:
            tell(day, found)
            total.add(found)
    return total


def most_changed(world: World, found: Findings, most: int = 10) -> list[tuple[str, int]]:
    """The codes of the links with most changes, and how many."""
    links = found.links.most_common(most)
    with world.db.read() as session:
        codes = judgements.codes_of(session, [link_id for link_id, _ in links])
    return [(codes[link_id], hits) for link_id, hits in links]


def _first(world: World, since: date | None) -> datetime:
    """Days that are about to be forgotten are left alone: of a day that is half gone nothing can be told."""
    kept = months.kept_since(world.clock.now(), world.settings.hits_kept_days - 1)
    asked = datetime(since.year, since.month, since.day, tzinfo=UTC) if since else kept
    return max(kept, asked)


def _parts(world: World, day: date, most: int) -> Iterator[list[str]]:
    """The links of a day, several together as long as they have few hits."""
    with world.db.read() as session:
        links = judgements.links_of(session, day)
    part: list[str] = []
    size = 0
    for link_id, hits in links:
        if part and size + hits > most:
            yield part
            part, size = [], 0
        part.append(link_id)
        size += hits
    if part:
        yield part


def _judge(
    world: World, rules: Rules, known: Dictionary, link_ids: list[str], day: date, most: int, found: Findings, *,
    tries: bool,
) -> None:  # fmt: skip
    after: Key | None = None
    while True:
        now = world.clock.now()
        with world.db.read() if tries else world.db.write() as session:
            if not tries:
                take_turns(session, "drain_hits")
            groups, after = judgements.read(session, link_ids, day, after, most)
            part = judgements.judge_again(session, rules, known, groups, now, keeps=not tries)
        found.add(part)
        if after is None:
            return
