"""Redirects under load: ours beside bare WSGI, bare Flask and an ORM a request, in one go and interleaved.

The server runs on one processor, the load on another: 64 connections that are kept open, a request on each at a time.
What counts is the CPU of the server a request, with all its threads and processes: it holds on a noisy machine.
The ORM's way is a Flask view that finds the link, inserts the hit and commits, as one writes it at first. Ours is the
whole app with its directory and its spool; every redirect that was acknowledged must be in the spool.

    make bench-redirect   # or: PYTHONPATH=. .venv/bin/python bench/redirect.py --rounds 3 --seconds 4
"""

import argparse
import contextlib
import json
import os
import random
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.agents import agents
from bench.load import cpu_s, load, tree
from bench.stock import fill, world_at, zipf
from campaigns.tracking.segments import Segment
from campaigns.tracking.spool import SUFFIX

PORT = 8197
REFERRERS = ["https://t.co/AbC", "https://t.co/", "https://x.com/", "https://www.google.com/", ""]
WARM_S = 1.0


@dataclass(frozen=True)
class Contender:
    """A server to measure. `app`: as granian wants it."""

    name: str
    app: str
    environ: dict[str, str]


@dataclass(frozen=True)
class Round:
    """What one round of one server told."""

    per_second: float
    p50_ms: float
    p99_ms: float
    cpu_us: float
    acknowledged: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--durability", default="group", choices=("process", "group", "strict"))
    args = parser.parse_args()
    server, client = processors()
    os.sched_setaffinity(0, {client})
    with tempfile.TemporaryDirectory(prefix="perchoir-bench-") as name:
        folder = Path(name)
        contenders, requests = ready(folder, args.durability)
        rounds: dict[str, list[Round]] = {each.name: [] for each in contenders}
        for _ in range(args.rounds):
            for each in contenders:
                with serving(each, server) as pid:
                    rounds[each.name].append(measure(pid, requests, args.connections, args.seconds))
        kept, acknowledged = spooled(folder / "ours" / "spool"), sum(each.acknowledged for each in rounds["ours"])
    report(rounds, args)
    told = {"bench": "redirect", "acknowledged": acknowledged, "in_spool": kept, "durability": args.durability}
    print(json.dumps(told))
    if kept != acknowledged:
        sys.exit(f"{acknowledged} redirects were acknowledged, {kept} are in the spool")


def processors() -> tuple[int, int]:
    """One for the server, one for the load; the same where there is only one."""
    known = sorted(os.sched_getaffinity(0))
    return known[0], known[-1]


def ready(folder: Path, durability: str) -> tuple[list[Contender], list[bytes]]:
    """The servers, and the requests that all of them get: 200 links, 1,000 agents, many addresses."""
    world = world_at(folder / "ours")
    codes = [each.code for each in fill(world)]
    world.close()
    shutil.copy(folder / "ours" / "perchoir.db", folder / "orm.db")
    ours = {
        "PERCHOIR_DATA_DIR": str(folder / "ours"), "PERCHOIR_CLICK_DURABILITY": durability,
        "PERCHOIR_TRUSTED_PROXIES": "1", "PORT": str(PORT),
    }  # fmt: skip
    contenders = [
        Contender("bare WSGI", "bench.redirect_apps:bare", {}),
        Contender("bare Flask", "bench.redirect_apps:flask", {}),
        Contender("ours", "wsgi:app", ours),
        Contender("ORM insert", "bench.redirect_apps:orm", {"BENCH_ORM_FILE": str(folder / "orm.db")}),
    ]
    return contenders, asked(codes)


def asked(codes: list[str], count: int = 4_000) -> list[bytes]:
    dice = random.Random(3)
    texts = agents(1_000)
    requests = []
    for _ in range(count):
        lines = [
            f"GET /l/{codes[zipf(dice, len(codes))]} HTTP/1.1", f"Host: localhost:{PORT}",
            f"User-Agent: {texts[zipf(dice, len(texts))]}", "Accept: text/html,application/xhtml+xml",
            "Accept-Language: fr,en;q=0.8", "Accept-Encoding: gzip, br",
            f"X-Forwarded-For: 192.0.{dice.randrange(256)}.{dice.randrange(256)}",
        ]  # fmt: skip
        if referrer := dice.choice(REFERRERS):
            lines.append(f"Referer: {referrer}")
        requests.append("\r\n".join([*lines, "", ""]).encode())
    return requests


@contextlib.contextmanager
def serving(contender: Contender, processor: int) -> Iterator[int]:
    """A server on one processor, started as `serve` does it, until the block ends; its process id."""
    command = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws", "--host", "127.0.0.1", "--port", str(PORT),
        "--workers", "1", "--blocking-threads", "64", "--backpressure", "128", "--workers-kill-timeout", "8",
        "--log-level", "error", contender.app,
    ]  # fmt: skip
    environ = {**os.environ, **contender.environ, "PYTHONPATH": "."}
    server = subprocess.Popen(command, env=environ, preexec_fn=lambda: os.sched_setaffinity(0, {processor}))
    try:
        _wait_for(server)
        yield server.pid
    finally:
        server.terminate()
        server.wait(20)


def _wait_for(server: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until and server.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", PORT)):
            return
        time.sleep(0.05)
    raise RuntimeError("the server did not start")


def measure(pid: int, requests: list[bytes], connections: int, seconds: float) -> Round:
    """One round: warm, then counted. Nothing but redirects may come back."""
    warm = load(PORT, requests, connections, WARM_S)
    pids = tree(pid)
    before = cpu_s(pids)
    told = load(PORT, requests, connections, seconds)
    spent = cpu_s(pids) - before
    for each in (warm, told):
        if set(each.answers) != {"302"}:
            raise RuntimeError(f"not only redirects came back: {each.answers}")
    return Round(
        told.per_second, told.wait_ms(0.5), told.wait_ms(0.99), spent / told.total * 1e6, warm.total + told.total
    )


def spooled(folder: Path) -> int:
    """Rows in all segments of a spool."""
    total = 0
    for path in folder.glob(f"*{SUFFIX}"):
        segment = Segment(path)
        total += segment.waiting(0)[0]
        segment.close()
    return total


def report(rounds: dict[str, list[Round]], args: argparse.Namespace) -> None:
    """The median of the rounds, as a table and as JSON lines. Ratios are of rounds that stood beside each other."""
    print(f"{'server':<12}{'requests/s':>12}{'p50 ms':>9}{'p99 ms':>9}{'CPU µs':>9}{'× bare WSGI':>13}{'× ours':>9}")
    for name, told in rounds.items():
        middle = {
            field: statistics.median(getattr(each, field) for each in told)
            for field in ("per_second", "p50_ms", "p99_ms", "cpu_us")
        }
        to_bare, to_ours = (
            statistics.median(a.cpu_us / b.cpu_us for a, b in zip(told, rounds[other], strict=True))
            for other in ("bare WSGI", "ours")
        )
        print(
            f"{name:<12}{middle['per_second']:>12,.0f}{middle['p50_ms']:>9.2f}{middle['p99_ms']:>9.2f}"
            f"{middle['cpu_us']:>9.1f}{to_bare:>13.2f}{to_ours:>9.2f}"
        )
        figures = {field: round(number, 2) for field, number in middle.items()}
        figures |= {"to_bare_wsgi": round(to_bare, 2), "to_ours": round(to_ours, 2)}
        print(json.dumps({"bench": "redirect", "server": name, **figures, "rounds": args.rounds}))
    told = {name: [each.cpu_us for each in some] for name, some in rounds.items()}
    pairs = zip(told["bare WSGI"], told["bare Flask"], told["ours"], told["ORM insert"], strict=True)
    for name, goal, ratios in zip(
        ("ours / bare WSGI", "ours / bare Flask", "ORM insert / ours"), ("≤ 4", "≤ 0.5", "≥ 25"),
        zip(*((ours / wsgi, ours / flask, orm / ours) for wsgi, flask, ours, orm in pairs), strict=True), strict=True,
    ):  # fmt: skip
        print(f"{name:<20}{statistics.median(ratios):>8.2f}   wanted {goal}")


if __name__ == "__main__":
    main()
