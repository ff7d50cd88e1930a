"""A campaign's report over a million leads: packed by the worker's flow, then asked by a fresh process each time.

Under 500 ms by the standard model; by another, or in another window, under 10 s the first time, and 500 ms after it.
Filling takes minutes and 3 GB; with --folder it is kept, and the next call only asks.

    make bench-reports                  # both databases; or: PYTHONPATH=. .venv/bin/python bench/reports.py
    … --leads 100000 --only sqlite      # fewer, and one database
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import func, select, text

from bench import million
from bench.stock import world_at
from bench.ten_million import asked, caller, kind, plan_of, size_mb
from campaigns.capturing.conversions import Conversion
from campaigns.crediting.models import Lens
from campaigns.flows.import_rates import import_rates
from campaigns.flows.pack_conversions import check_packs, pack_conversions, sum_packs
from campaigns.measuring import accounts
from campaigns.measuring.accounts import Question
from campaigns.measuring.packs import Pack
from campaigns.planning.campaigns import Campaign
from campaigns.publishing.tweets import Tweet
from campaigns.world import World
from tests import postgres

COLD_MS, FIRST_MS = 500, 10_000
MORE_MB = 40
"""So much more memory may ten times the leads take."""
RUNS = 5
KINDS = ("sqlite", "postgresql")
SCAN = re.compile(r"SCAN (?:conversions|touches)\b(?!.*COVERING)|Seq Scan on (?:conversions|touches)\b")
GROUPS = (Conversion.kind, Conversion.currency)


@dataclass(frozen=True)
class Asked:
    """A report. `sums`: another lens, of which sums are kept once it was asked for."""

    name: str
    lens: Lens
    days: int | None = None
    by: Any = "conversion"
    sums: bool = False


ASKED = {
    each.name: each
    for each in (
        Asked("standard", Lens()),
        Asked("standard, 30 days", Lens(), 30),
        Asked("linear", Lens("linear"), sums=True),
        Asked("position", Lens("position"), sums=True),
        Asked("time decay", Lens("time_decay"), sums=True),
        Asked("window of 7 days", replace(Lens(), lookback_days=7), sums=True),
        Asked("window of 30 days", replace(Lens(), lookback_days=30), sums=True),
        Asked("window of 395 days", replace(Lens(), lookback_days=395), sums=True),
        Asked("linear, 30 days", Lens("linear"), 30),
        Asked("touches of 30 days", Lens(), 30, "touch"),
    )
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--leads", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--only", choices=KINDS)
    parser.add_argument("--folder", type=Path, help="where SQLite is kept")
    parser.add_argument("--ask", nargs=3, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.ask:
        ask(*args.ask)
        return
    faults: list[str] = []
    for each in [args.only] if args.only else KINDS:
        with ExitStack() as opened:
            folder = args.folder or Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="perchoir-bench-")))
            cluster = opened.enter_context(postgres.start()) if each == "postgresql" else None
            most: list[float] = []
            for leads in args.leads:
                place = folder / f"{each}-{leads}"
                url = cluster.create_database(f"bench{leads}") if cluster else ""
                faults += look(place, url, leads, most)
            if most[-1] - most[0] > MORE_MB:
                faults.append(f"{each}: memory grows with the leads, {most} MB")
    if faults:
        sys.exit("\n".join(faults))


def look(place: Path, url: str, leads: int, most: list[float]) -> list[str]:
    """Fill, pack, and ask everything; what is wrong. `most` is given the memory of the report that takes most."""
    place.mkdir(parents=True, exist_ok=True)
    world = world_at(place, url)
    told: dict[str, Any] = {"bench": "reports", "database": kind(world), "leads": leads}
    make(world, leads, told)
    plain = min(timed_ms(lambda: plain_sql(world)) for _ in range(RUNS))
    print(f"{kind(world):<12}{leads:>10,} leads; plain SQL GROUP BY {plain:.0f} ms")
    print(f"{'':<28}{'first ms':>10}{'then':>8}{'times plain':>13}{'RSS MB':>8}{'more':>6}")
    faults, rss = [], 0.0
    for name, one in ASKED.items():
        first = run(place, url, name)
        if one.sums:
            began = time.perf_counter()
            list(sum_packs(world, campaign_of(world), one.lens))
            first["kept_ms"] = round((time.perf_counter() - began) * 1e3)
        runs = [run(place, url, name) for _ in range(RUNS)]
        then, rss = min(each["ms"] for each in runs), max(rss, *(each["rss_mb"] for each in runs))
        more = max(each["rss_mb"] - each["before_mb"] for each in runs)
        print(f"{name:<28}{first['ms']:>10}{then:>8}{then / plain:>13.1f}{rss:>8.0f}{more:>6.0f}")
        figures = {"asked": name, "first": first, "then_ms": then, "plain_ms": round(plain), "rss_mb": rss}
        print(json.dumps(told | figures), flush=True)
        kept = one.days is None or one.by == "conversion"
        if first["ms"] > (COLD_MS if one.lens == Lens() and kept else FIRST_MS) or (kept and then > COLD_MS):
            faults.append(f"{kind(world)}, {leads} leads: {name} takes {first['ms']} ms, then {then}")
    most.append(rss)
    faults += plans(world) + pages(world, told)
    world.close()
    return faults


def pages(world: World, told: dict[str, Any]) -> list[str]:
    """The same through the web, first and then; what takes too long from then on."""
    call, campaign, faults = caller(world), campaign_of(world), []
    with world.db.read() as session:
        tweet = session.scalars(select(Tweet.id).order_by(Tweet.id).limit(1)).one()
    page, report = f"/campaigns/{campaign}", f"/api/v1/campaigns/{campaign}/report"
    asks = [report, f"{report}?model=linear", f"{report}?currency=USD", f"{report}?by=touch"]
    looks = ["", "&model=linear"]
    paths = [*asks, *(f"{page}?period=ever{look}" for look in looks), f"{page}?period=90",
             f"{page}/compare?period=ever", "/?period=90", f"/tweets/{tweet}",
             f"/conversions?kind=lead&campaign_id={campaign}&period=ever"]  # fmt: skip
    for path in paths:
        ask = partial(call, path)
        first, then = timed_ms(ask), min(timed_ms(ask) for _ in range(3))
        shown = path.replace(campaign, "…").replace(tweet, "…")
        print(f"{shown:<60}{first:>8.0f}{then:>8.0f}")
        print(json.dumps(told | {"page": shown, "first_ms": round(first), "then_ms": round(then)}), flush=True)
        if path.startswith(report) and then > COLD_MS:
            faults.append(f"{kind(world)}: {shown} takes {then:.0f} ms")
    return faults


def make(world: World, leads: int, told: dict[str, Any]) -> None:
    """A campaign and its packs, unless they are there."""
    with world.db.read() as session:
        known = session.scalar(select(func.count()).select_from(Campaign))
    if not known:
        began = time.perf_counter()
        million.make(world, leads)
        print(json.dumps(told | {"fill_s": round(time.perf_counter() - began, 1), "mb": size_mb(world)}), flush=True)
    days = (world.clock.now().date() - timedelta(days=n) for n in range(800))
    import_rates(world, "Date,USD,JPY\n" + "\n".join(f"{day},1.{day:%j},160.5" for day in days), who="bench")
    began = time.perf_counter()
    made = pack_conversions(world)
    packing = time.perf_counter() - began
    if check_packs(world):
        raise RuntimeError("packs differ from the facts")
    with world.db.read() as session:
        size = session.scalar(select(func.sum(func.length(Pack.columns)))) or 0
    figures = {"packs": made, "pack_s": round(packing, 1), "check_s": round(time.perf_counter() - began - packing, 1)}
    print(json.dumps(told | figures | {"packs_mb": round(size / 1e6)}), flush=True)
    if not world.db.is_sqlite:  # what a server of its own does by itself
        with world.db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))


def run(place: Path, url: str, name: str) -> dict[str, Any]:
    """What a fresh process takes."""
    command = [sys.executable, __file__, "--ask", str(place), url, name]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found: dict[str, Any] = json.loads(told.splitlines()[-1])
    return found


def ask(place: str, url: str, name: str) -> None:
    """One report in this process, which knows nothing yet but where the database is."""
    world = world_at(Path(place), url)
    campaign, before = campaign_of(world), rss_mb()
    question = question_of(world, campaign, ASKED[name])
    began = time.perf_counter()
    with world.db.read() as session:
        told = accounts.account(session, question)
    took = round((time.perf_counter() - began) * 1e3)
    leads = round(told.totals.of("lead"))
    print(json.dumps({"ms": took, "before_mb": before, "rss_mb": rss_mb(), "leads": leads, "rows": len(told.credit)}))


def question_of(world: World, campaign: str, asked: Asked) -> Question:
    until = world.clock.now() - timedelta(days=100) if asked.days else None
    since = until - timedelta(days=asked.days) if until and asked.days else None
    return Question((campaign, None), asked.lens, since=since, until=until, by=asked.by)


def campaign_of(world: World) -> str:
    with world.db.read() as session:
        return session.scalars(select(Campaign.id)).one()


def plain_sql(world: World) -> None:
    """Who has how many and how much, without any credit: what any report must take at least."""
    campaign = campaign_of(world)
    with world.db.read() as session:
        whose = (Conversion.campaign_id == campaign, Conversion.excluded.is_(None), Conversion.rehearsed.is_(False))
        session.execute(
            select(*GROUPS, func.count(), func.sum(Conversion.amount)).where(*whose).group_by(*GROUPS)
        ).all()  # fmt: skip


def timed_ms(call: Any) -> float:
    began = time.perf_counter()
    call()
    return (time.perf_counter() - began) * 1e3


def plans(world: World) -> list[str]:
    """No whole table is read: where there is no choice but all rows of the one campaign, there is an index for them."""
    campaign = campaign_of(world)
    with asked(world) as queries, world.db.read() as session:
        accounts.account(session, question_of(world, campaign, ASKED["standard"]))
        accounts.account(session, question_of(world, campaign, ASKED["linear, 30 days"]))
    told = {line for each, what in queries.items() for line in plan_of(world, each, what, by_index=True)}
    return [f"{kind(world)}: {line.strip()}" for line in sorted(told) if SCAN.search(line)]


def rss_mb() -> int:
    """The most that this process had in memory; what getrusage tells is a child's parent's too."""
    told = Path("/proc/self/status").read_text()
    return int(told.partition("VmHWM:")[2].split()[0]) // 1024


if __name__ == "__main__":
    main()
