"""Times the hot paths of the funnel in one process on sample data: redirect, page, form, report.

Each is timed in turn with a baseline, round by round, so that a noisy machine slows both: the ratio is what counts.
The baseline is a bare Flask view that answers a short text, called in the same way.

    make bench            # or: .venv/bin/python bench/funnel.py --rounds 5 --calls 200
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from flask import Flask
from sqlalchemy import select
from werkzeug.test import Client

from campaigns import compose, demo, schema
from campaigns.adapters.system_clock import SystemClock
from campaigns.crediting.models import Lens
from campaigns.measuring import funnels
from campaigns.measuring.questions import Asked
from campaigns.planning import campaigns, offers, pages
from campaigns.settings import Settings
from campaigns.tracking.links import Link
from web import create_app

AGENT = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Mobile/22B83 Twitter for iPhone/11.2"
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--calls", type=int, default=200)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        paths = funnel(Path(folder))
        baseline = paths.pop("baseline")
        print(f"{'path':<12}{'µs a call':>12}{'baseline':>12}{'ratio':>8}")
        for name, call in paths.items():
            calls = max(args.calls // 10, 5) if name == "report" else args.calls
            pairs = [(timed(call, calls), timed(baseline, calls)) for _ in range(args.rounds + 1)][1:]
            ours, bare = (statistics.median(column) for column in zip(*pairs, strict=True))
            ratio = statistics.median(a / b for a, b in pairs)
            print(f"{name:<12}{ours:>12.0f}{bare:>12.0f}{ratio:>8.1f}")
            told = {"bench": "funnel", "path": name, "cpu_us": round(ours), "baseline_us": round(bare)}
            print(json.dumps(told | {"ratio": round(ratio, 2), "rounds": args.rounds, "calls": calls}))


def timed(call: Callable[[], None], calls: int) -> float:
    """CPU microseconds of a call."""
    started = time.process_time()
    for _ in range(calls):
        call()
    return (time.process_time() - started) / calls * 1e6


def funnel(folder: Path) -> dict[str, Callable[[], None]]:
    """What is timed, by name, over an installation with sample data."""
    settings = Settings.read(
        {"PERCHOIR_DATA_DIR": str(folder), "PERCHOIR_FORMS_PER_MINUTE": "1000000", "PERCHOIR_FORM_MIN_S": "0"}
    )
    world = compose.world(settings, SystemClock())
    schema.migrate(world.db)
    demo.load(world)
    with world.db.read() as session:
        page = pages.find_by_slug(session, "six-fridays")  # no stock that the forms could use up
        offer = offers.find(session, page.offer_id)
        campaign = campaigns.find(session, offer.campaign_id)
        code = session.scalars(select(Link.code).where(Link.offer_id == offer.id).order_by(Link.code)).first()
    client, bare = Client(create_app(world)), Flask("bare")
    bare.add_url_rule("/", view_func=lambda: "ok")
    plain, posted = Client(bare), iter(range(10**9))

    def get(where: Client, path: str, expected: int) -> None:
        answer = where.get(path, headers={"User-Agent": AGENT})
        assert answer.status_code == expected, answer.status

    def form() -> None:
        answer = client.post(f"/p/{page.slug}", data={"email": f"bench{next(posted)}@ecole.example"})
        assert answer.status_code == 303, answer.status

    def report() -> None:
        with world.db.read() as session:
            funnels.report(session, campaign, Asked(Lens(), campaign.zone, rehearsal=True))

    return {
        "baseline": lambda: get(plain, "/", 200),
        "redirect": lambda: get(client, f"/l/{code}", 302),
        "page": lambda: get(client, f"/p/{page.slug}", 200),
        "form": form,
        "report": report,
    }


if __name__ == "__main__":
    main()
