"""What reports are computed from is packed ahead, as facts settle, and made again when they were restated.

Any number of workers may do it: a pack is read first, and kept only if nobody was quicker. Doing it twice changes
nothing, and without it reports only take longer.
"""

import time
from collections.abc import Callable, Iterator

import structlog
from sqlalchemy import select

from campaigns.crediting.models import Lens
from campaigns.measuring import accounts, differences, packing, packs, sums
from campaigns.measuring.accounts import Question, Unreconciled
from campaigns.planning.campaigns import Campaign
from campaigns.world import World

log = structlog.get_logger("pack_conversions")


def pack_conversions(world: World, is_stopping: Callable[[], bool] = lambda: False, size: int = packs.ROWS) -> int:
    """Pack all that is to be packed, each pack in a transaction of its own, with its sums; how many were made."""
    made = 0
    for campaign_id in _campaigns(world):
        while not is_stopping() and _pack_one(world, campaign_id, size):
            made += 1
        if is_stopping():
            return made
        with world.db.write() as session:
            packing.forget_others(session, campaign_id, world.clock.now())
            sums.forget(session, campaign_id)
    with world.db.write() as session:
        packing.forget_others(session, None, world.clock.now())
        sums.forget_orphans(session)
    return made


def _pack_one(world: World, campaign_id: str, size: int) -> bool:
    now = world.clock.now()
    with world.db.read() as session:
        made = packing.make(session, campaign_id, now, size)
    if made is None:
        return False
    told = {
        sums.name_of(Lens(), rehearsed=each): accounts.sums_of(
            made.facts, Question((campaign_id,), Lens(), rehearsal=each)
        )
        for each in ((False, True) if made.pack.rehearsed else (False,))
    }
    with world.db.write() as session:
        if packing.keep(session, made):
            for name, one in told.items():
                sums.keep(session, made.pack.id, name, one, now)
    return True


def sum_packs(world: World, campaign_id: str, lens: Lens, *, rehearsal: bool = False) -> Iterator[tuple[int, int]]:
    """Keep the sums of a lens that nobody asked for yet, pack by pack; how many of how many are there, as it goes on.

    What an account needs that has no sums it computes itself, each time: without this it is as right, and slow.
    """
    question = Question((campaign_id,), lens, rehearsal=rehearsal)
    with world.db.read() as session:
        spans = [span for span in packs.spans(session, campaign_id) if span.is_packed]
        names = {span.pack_id or "": accounts.name_of(span, question) for span in spans}
        known = sums.known(session, campaign_id, set(names.values()))
    missing = [span for span in spans if (span.pack_id, names[span.pack_id or ""]) not in known]
    for done, span in enumerate(missing, len(spans) - len(missing)):
        yield done, len(spans)
        with world.db.read() as session:
            told = [accounts.sums_of(facts, question) for facts in packs.all_pieces(session, [span])]
        pack_id = span.pack_id or ""
        with world.db.write() as session:
            sums.keep(session, pack_id, names[pack_id], sums.merged(told), world.clock.now())
    yield len(spans), len(spans)


def keep_sums(
    world: World, campaign_id: str, lens: Lens, *, rehearsal: bool = False, for_s: float | None = None
) -> tuple[int, int]:
    """The same before a report is asked for: the first one under a lens is slower, all others are quick. The worker
    keeps those of the standard lens.

    | argument | meaning |
    |---|---|
    | for_s | so many seconds, and a pack at least; the next call goes on. None: to its end |

    Returns how many packs of how many have theirs.
    """
    if lens == Lens():
        return 0, 0
    began, far = time.monotonic(), (0, 0)
    for n, told in enumerate(sum_packs(world, campaign_id, lens, rehearsal=rehearsal)):
        far = told
        if n and for_s is not None and time.monotonic() - began > for_s:
            break
    return far


def check_packs(world: World, is_stopping: Callable[[], bool] = lambda: False) -> int:
    """Compare what packs say with the facts, and drop those of a campaign where it isn't the same; of how many.

    That is an alarm until the next time, when nothing differs.
    """
    dropped = 0
    for campaign_id in _campaigns(world):
        if is_stopping():
            break
        try:
            with world.db.read() as session:
                accounts.from_packs(session, Question((campaign_id,), Lens()))
                was_told = differences.is_open(session, campaign_id)
        except Unreconciled as differs:
            log.error("packs_differ", campaign=campaign_id, fault=str(differs))
            with world.db.write() as session:
                packing.drop(session, campaign_id)
                differences.note_packs(session, campaign_id, str(differs), world.clock.now())
            dropped += 1
            continue
        if was_told:
            with world.db.write() as session:
                differences.close(session, campaign_id)
    return dropped


def _campaigns(world: World) -> list[str]:
    with world.db.read() as session:
        return list(session.scalars(select(Campaign.id).order_by(Campaign.id)))
