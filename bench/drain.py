"""The drainer: hits a second into SQLite and PostgreSQL with all that belongs to them, its memory, and its lag.

Judged, with rollups, uniques and confirmed visits: 200 links after Zipf, 3,000 agents, a seventh of them machines'. The
lag is what a hit waits from its redirect to its place in the reports while 2,000 come in each second.

    make bench-drain      # or: PYTHONPATH=. .venv/bin/python bench/drain.py --hits 300000 --only sqlite
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

from sqlalchemy import func, select

from bench.hits import hits, spool
from bench.stock import Stocked, fill, world_at
from campaigns.flows.drain_hits import Drainer, drain_hits, drainer
from campaigns.tracking.hits import Hit
from campaigns.tracking.rollups import HITS
from campaigns.tracking.spool import Spool
from campaigns.world import World
from tests import postgres

GOALS = {"sqlite": 15_000, "postgresql": 20_000}
LAG_HITS_S, LAG_SECONDS = 2_000, 20
DRAIN_EVERY_S = 0.2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hits", type=int, default=300_000)
    parser.add_argument("--only", choices=GOALS)
    parser.add_argument("--alone", action="store_true", help="hits without confirmed visits behind them")
    parser.add_argument("--feed", nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.feed:
        feed(*args.feed)
        return
    print(
        f"{'database':<12}{'rows':>10}{'hits/s':>9}{'rows/s':>9}{'CPU µs':>8}{'MB before':>11}{'after':>7}{'lag s':>8}"
    )
    for kind in [args.only] if args.only else list(GOALS):
        with tempfile.TemporaryDirectory(prefix="perchoir-bench-") as name:
            if kind == "sqlite":
                measured(kind, Path(name), "", args)
            else:
                with postgres.start() as cluster:
                    measured(kind, Path(name), cluster.create_database("bench"), args)


def measured(kind: str, folder: Path, url: str, args: argparse.Namespace) -> None:
    """Drain so many hits in one go, then live ones."""
    world, count = world_at(folder, url), args.hits
    stocked = fill(world)
    now = world.clock.now()
    rows = hits(stocked, count + count // 10, now, timedelta(hours=12))
    if args.alone:
        rows = (row for row in rows if row.kind == "hit")
    kept = drainer(world)
    spool(world.settings.spool_dir, islice(rows, count // 10))
    drain_hits(world, kept)
    before = resident_mb()
    total = 0
    while put := spool(world.settings.spool_dir, rows):
        total += put
    started, cpu = time.perf_counter(), time.process_time()
    drained = drain_hits(world, kept)
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    after = resident_mb()
    found, counted = count_hits(world)
    lag = live(world, kept, stocked)
    hits_s = found / (count + count // 10) * count / seconds
    print(
        f"{kind:<12}{drained:>10,}{hits_s:>9,.0f}{drained / seconds:>9,.0f}{cpu / drained * 1e6:>8.1f}"
        f"{before:>11.0f}{after:>7.0f}{lag:>8.2f}   wanted {GOALS[kind]:,} hits/s, lag < 1 s"
    )
    told = {"bench": "drain", "database": kind, "rows": drained, "hits_per_s": round(hits_s)}
    told |= {"cpu_us": round(cpu / drained * 1e6, 1), "mb_before": round(before), "mb_after": round(after)}
    print(json.dumps(told | {"lag_s": round(lag, 2), "lag_at_hits_per_s": LAG_HITS_S}), flush=True)
    world.close()
    if found != counted or found != count + count // 10 or drained != total:
        sys.exit(f"{count + count // 10} hits were spooled, {found} are stored, {counted} are in the hours")


def count_hits(world: World) -> tuple[int, int]:
    """Hits that are stored, and those that the hours tell."""
    with world.db.read() as session:
        stored = session.scalar(select(func.count()).select_from(Hit)) or 0
        return stored, int(session.scalar(select(func.sum(HITS))) or 0)


def live(world: World, kept: Drainer, stocked: list[Stocked]) -> float:
    """The longest lag while another process spools so many hits each second."""
    folder = world.settings.spool_dir
    (folder.parent / "links").write_text("\n".join(f"{each.link_id} {each.code} {each.page_id}" for each in stocked))
    command = [sys.executable, __file__, "--feed", str(folder), str(folder.parent / "links")]
    feeder = subprocess.Popen(command)
    lags, waiting = [0.0], None

    def batch_ended() -> bool:
        nonlocal waiting
        if waiting:
            lags.append(time.time() - waiting / 1e6)
        oldest = [each.waiting(each.drained())[1] for each in kept.spooled.segments()]
        waiting = min((at for at in oldest if at), default=None)
        return False

    while feeder.poll() is None:
        time.sleep(DRAIN_EVERY_S)
        drain_hits(world, kept, batch_ended)
        waiting = None
    return max(lags)


def feed(folder: str, listed: str) -> None:
    """What a web process does, in groups of a few milliseconds, as it keeps their commits."""
    lines = [line.split() for line in Path(listed).read_text().splitlines()]
    now = datetime.now().astimezone()
    stocked = [Stocked(link, code, page, "", "", now, True) for link, code, page in lines]
    kept, started, sent = Spool(Path(folder)), time.perf_counter(), 0
    for row in hits(stocked, LAG_HITS_S * LAG_SECONDS, now, timedelta(seconds=1)):
        kept.put(row._replace(at=time.time_ns() // 1000))
        sent += row.kind == "hit"
        if (ahead := sent / LAG_HITS_S - (time.perf_counter() - started)) > 0:
            time.sleep(ahead)
    kept.close()
    print(f"fed {sent / (time.perf_counter() - started):,.0f} hits/s", file=sys.stderr)


def resident_mb() -> float:
    """Memory of this process that is in use now."""
    with open("/proc/self/statm") as told:
        return int(told.read().split()[1]) * 4096 / 1e6


if __name__ == "__main__":
    main()
