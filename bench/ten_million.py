"""Ten million hits through the real drainer, then every page and report that shows clicks: time and query plans.

Each must answer in 200 ms, and none may read all of hits, hours or days. Ten million take a quarter of an hour and
3 GB on SQLite. With --folder they are kept: the next call only asks the pages.

    make bench-scale HITS=10000000      # or: PYTHONPATH=. .venv/bin/python bench/ten_million.py --hits 1000000
    … --postgres                        # a throw-away PostgreSQL; --url postgresql://… for one of yours
"""

import argparse
import contextlib
import json
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import event, func, select, text

from bench.hits import hits, spool
from bench.stock import Stocked, convert, fill, world_at
from campaigns.capturing.leads import Lead
from campaigns.flows.drain_hits import drain_hits, drainer
from campaigns.people import sessions, tokens, users
from campaigns.publishing.tweets import Tweet
from campaigns.tracking import months, visitors
from campaigns.tracking.links import Link
from campaigns.tracking.rollups import HITS
from campaigns.world import World
from tests import postgres
from web import create_app
from web.access import cookie_of

MOST_MS = 200
CALLS = 7
KEPT_DAYS = 300
LEADS, SALES = 20_000, 2_000
BIG = r"(?:hits\w*|link_hours|link_days)"
SCANS = {
    "sqlite": re.compile(rf"SCAN {BIG}\b"),
    "postgresql": re.compile(rf"Seq Scan on {BIG}\b"),
}
Asked = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hits", type=int, default=10_000_000)
    parser.add_argument("--url", default="", help="a database instead of SQLite in the folder")
    parser.add_argument("--postgres", action="store_true", help="a throw-away PostgreSQL")
    parser.add_argument("--folder", type=Path, help="where to keep it all")
    parser.add_argument("--plans", action="store_true", help="print the plan of every query")
    args = parser.parse_args()
    with contextlib.ExitStack() as opened:
        folder = args.folder or Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="perchoir-bench-")))
        url = opened.enter_context(postgres.start()).create_database("bench") if args.postgres else args.url
        world = world_at(folder, url)
        if count(world, Link) == 0:
            make(world, args.hits)
        faults = look(world, print_plans=args.plans)
        purge(world)
        world.close()
    if faults:
        sys.exit("\n".join(faults))


def count(world: World, table: type[Any]) -> int:
    """Rows of a small table."""
    with world.db.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def make(world: World, wanted: int) -> None:
    """Campaigns, tweets, links, leads and sales, and so many hits."""
    stocked = fill(world)
    make_months(world, stocked)
    convert(world, stocked, LEADS, SALES)
    kept, total, told = drainer(world), 0, 0
    rows = hits(stocked, wanted, world.clock.now())
    started, draining = time.perf_counter(), 0.0
    while spool(world.settings.spool_dir, rows):
        began = time.perf_counter()
        total += drain_hits(world, kept)
        draining += time.perf_counter() - began
        forget(world)
        if total >= told + 500_000:
            told = total
            print(f"{total:>12,} rows, {total / draining:,.0f} a second", file=sys.stderr, flush=True)
    kept.spooled.close()
    if not world.db.is_sqlite:
        with world.db.write() as session:
            session.execute(text("ANALYZE"))
    with world.db.read() as session:
        counted = session.scalar(select(func.sum(HITS))) or 0
    if counted != wanted:
        raise RuntimeError(f"{wanted} hits were made, the hours tell {counted}")
    figures = {"hits": wanted, "rows": total, "seconds": round(time.perf_counter() - started)}
    figures |= {"hits_per_s": round(wanted / draining), "rows_per_s": round(total / draining)}
    print(json.dumps({"bench": "make", "database": kind(world), **figures, "mb": size_mb(world)}), flush=True)


def make_months(world: World, stocked: list[Stocked]) -> None:
    """PostgreSQL keeps hits by month; those that are past have no table of their own yet."""
    month = min(each.since for each in stocked)
    while month <= world.clock.now():
        with world.db.write() as session:
            months.make_ahead(session, month)
        month += timedelta(days=31)


def forget(world: World) -> None:
    """What the worker does each hour: visitors of the day before yesterday are nobody's any more."""
    with world.db.write() as session:
        newest = session.scalar(select(func.max(visitors.RecentVisitor.at)))
        if newest:
            visitors.forget(session, newest)


def size_mb(world: World) -> int:
    """The database on the disk, everything in it."""
    with world.db.read() as session:
        if world.db.is_sqlite:
            pages = session.scalar(text("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"))
        else:
            pages = session.scalar(text("SELECT pg_database_size(current_database())"))
        return round((pages or 0) / 1e6)


class Undone(Exception):
    """Nothing of the transaction shall stay."""


def purge(world: World) -> None:
    """What a step of forgetting old hits takes, on PostgreSQL those of a month that is not over whole. It is undone."""
    with contextlib.suppress(Undone), world.db.write() as session:
        started = time.perf_counter()
        forgotten = months.forget_hits(session, world.clock.now(), KEPT_DAYS)
        figures = {"forgotten": forgotten, "ms": round((time.perf_counter() - started) * 1e3, 1)}
        print(json.dumps({"bench": "purge", "database": kind(world), **figures}), flush=True)
        raise Undone


def kind(world: World) -> str:
    return world.db.url.get_backend_name()


def look(world: World, *, print_plans: bool) -> list[str]:
    """Ask every page, several times; what is wrong."""
    paths = pages(world)
    call = caller(world)
    faults, plans = [], {}
    print(f"{kind(world):<44}{'ms':>8}{'most':>8}{'queries':>9}")
    for path in paths:
        with asked(world) as queries:
            call(path)
        times = sorted(timed_ms(call, path) for _ in range(CALLS))
        middle = statistics.median(times)
        shown = re.sub(r"[0-9a-f]{8}-[-0-9a-f]{27}", "…", path)
        print(f"{shown:<44}{middle:>8.0f}{times[-1]:>8.0f}{len(queries):>9}")
        told = {"bench": "page", "database": kind(world), "path": shown, "ms": round(middle, 1)}
        print(json.dumps(told | {"most_ms": round(times[-1], 1), "queries": len(queries)}), flush=True)
        if middle > MOST_MS:
            faults.append(f"{shown} takes {middle:.0f} ms")
        plans |= {statement: (shown, parameters) for statement, parameters in queries.items()}
    for statement, (path, parameters) in plans.items():
        if not re.search(rf"\b{BIG}\b", statement):
            continue
        plan = plan_of(world, statement, parameters)
        # of rollups PostgreSQL reads all when that is quicker; without it, there must be an index to go by
        scan, by_index = SCANS[kind(world)], plan_of(world, statement, parameters, by_index=True)
        scans = [line for line in plan if scan.search(line) and "link_" not in line]
        scans += [line for line in by_index if scan.search(line)]
        faults += [f"{path}: {line.strip()}" for line in scans]
        if print_plans or scans:
            print("\n".join(["", path, " ".join(statement.split()), *plan]))
    return faults


def pages(world: World) -> list[str]:
    """All that shows clicks: of the campaign, the tweet and the link with most hits."""
    with world.db.read() as session:
        most = select(Link).where(Link.tweet_id.is_not(None)).order_by(Link.created_at, Link.id).limit(1)
        link = session.scalars(most).one()
        newest = session.scalars(select(Tweet).order_by(Tweet.sent_at.desc()).limit(1)).one()
        lead = session.scalars(select(Lead).limit(1)).one()
    campaign, tweet = link.campaign_id, link.tweet_id
    return [
        "/", "/?days=7", "/?days=90", "/impact", "/impact?days=365", "/campaigns", f"/campaigns/{campaign}",
        f"/campaigns/{newest.campaign_id}", "/tweets", f"/tweets/{tweet}", f"/tweets/{newest.id}", "/links",
        f"/links?campaign_id={campaign}", f"/links/{link.id}", "/links/dead", "/links/download", f"/leads/{lead.id}",
        f"/api/v1/campaigns/{campaign}/report", f"/api/v1/campaigns/{campaign}/links", f"/api/v1/links/{link.code}",
    ]  # fmt: skip


def caller(world: World) -> Callable[[str], None]:
    """A member's browser, and a machine for the API."""
    client = create_app(world).test_client()
    with world.db.write() as session:
        email = f"bench-{time.time_ns()}@example.com"
        user = users.create(session, email, "Bench", "admin", world.clock.now(), locale="en", zone="Europe/Paris")
        secret = sessions.start(session, user, "bench", world.clock.now())
        _, token = tokens.create(session, "bench", "admin", world.clock.now())
    client.set_cookie(cookie_of(world.settings), secret)
    headers = {"Authorization": f"Bearer {token}"}

    def call(path: str) -> None:
        answer = client.get(path, headers=headers if path.startswith("/api/") else {})
        if answer.status_code != 200:
            raise RuntimeError(f"{path}: {answer.status}")
        answer.get_data()

    return call


def timed_ms(call: Callable[[str], None], path: str) -> float:
    started = time.perf_counter()
    call(path)
    return (time.perf_counter() - started) * 1e3


@contextlib.contextmanager
def asked(world: World) -> Iterator[Asked]:
    """The queries of the block, with the parameters of the last time."""
    queries: Asked = {}

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "WITH")):
            queries[statement] = parameters

    event.listen(world.db.engine, "before_cursor_execute", note)
    try:
        yield queries
    finally:
        event.remove(world.db.engine, "before_cursor_execute", note)


def plan_of(world: World, statement: str, parameters: Any, *, by_index: bool = False) -> list[str]:
    """What the database means to do, a line a step; `by_index`: if it can do it without reading a whole table."""
    explain = "EXPLAIN QUERY PLAN " if world.db.is_sqlite else "EXPLAIN "
    with world.db.read() as session:
        if by_index and not world.db.is_sqlite:
            session.execute(text("SET LOCAL enable_seqscan = off"))
        rows = session.connection().exec_driver_sql(explain + statement, parameters).all()
    return [f"    {row[-1]}" for row in rows]


if __name__ == "__main__":
    main()
