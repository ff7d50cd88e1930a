"""Generated hits, as the redirect spools them: Zipf's links, a few thousand agents, visitors who come again."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

from bench.agents import agents
from bench.stock import Stocked, moment_of, zipf
from campaigns.kernel.codes import id_bytes, new_id
from campaigns.tracking.spool import HEAD, SEGMENT_ROWS, SUFFIX, Raw, body_of, line_of
from campaigns.tracking.visits import EPOCH

AGENTS = 3_000
PEOPLE = 200_000
VISIT_SHARE = 0.4
DAY_US = 86_400_000_000
REFERRERS = (
    ("link+x", "t.co"), ("link+x", "t.co"), ("link+x", "x.com"), ("link", None), ("link+other", "www.google.com"),
)  # fmt: skip
COUNTRIES = ("FR", "FR", "FR", "BE", "CH", "CA", None)


def hits(stocked: list[Stocked], count: int, now: datetime, window: timedelta | None = None) -> Iterator[Raw]:
    """So many hits in the order of their moments, and behind each the visit that it led to, if any.

    Each link is followed when its tweet is new, see stock.moment_of; or, in a window, all of them until now.
    """
    dice, texts = random.Random(5), agents(AGENTS)
    for moment in _moments(dice, stocked, count, now, window):
        at, place = moment >> 12, stocked[moment & 4095]
        agent = zipf(dice, AGENTS)
        # somebody within one day, as the day's salt makes them; with one agent, as it is part of the hash
        visitor = (dice.randrange(PEOPLE) << 64 | at // DAY_US << 32 | agent).to_bytes(16, "big")
        evidence, referrer = dice.choice(REFERRERS)
        hit = id_bytes(at)
        yield Raw(
            "hit", hit, at, place.link_id, place.code, "GET", texts[agent], referrer, None, visitor, evidence, 0,
            dice.choice(COUNTRIES),
        )  # fmt: skip
        if agent % 7 != 6 and dice.random() < VISIT_SHARE:
            seen = at + 1_000_000
            yield Raw(
                "visit", id_bytes(seen), seen, place.link_id, place.code, "POST", texts[agent], None, None, visitor,
                evidence, 0, None, hit, place.page_id,
            )  # fmt: skip


def _moments(
    dice: random.Random, stocked: list[Stocked], count: int, now: datetime, window: timedelta | None
) -> list[int]:
    """Microseconds and the link's place, in one number each, since ten million tuples would fill the memory."""
    until = round((now - EPOCH).total_seconds() * 1e6)
    span = round(window.total_seconds() * 1e6) if window else 0
    found = []
    for _ in range(count):
        place = zipf(dice, len(stocked))
        at = until - dice.randrange(span) if span else _us(moment_of(dice, stocked[place], now))
        found.append(at << 12 | place)
    found.sort()
    return found


def _us(moment: datetime) -> int:
    return round((moment - EPOCH).total_seconds() * 1e6)


def spool(folder: Path, rows: Iterator[Raw], size: int = SEGMENT_ROWS) -> int:
    """Put one segment of these rows into a spool, as if its process had ended; how many rows."""
    folder.mkdir(parents=True, exist_ok=True)
    making = folder / f"{new_id()}.making"
    lines = [line_of(number, body_of(row)) for number, row in enumerate(islice(rows, size), 1)]
    making.write_bytes(b"".join([HEAD, *lines]))
    if lines:
        making.rename(making.with_suffix(SUFFIX))
    else:
        making.unlink()
    return len(lines)
