"""python -m campaigns …: arguments only; what is done stands elsewhere."""

import argparse
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from campaigns import commands as commands_of_publishing
from campaigns import compose, demo, doctor, logs, schema, server, worker
from campaigns.flows.drain_hits import drain_hits
from campaigns.flows.reclassify_hits import most_changed, reclassify_hits
from campaigns.kernel.db import take_turns
from campaigns.kernel.errors import Problem
from campaigns.people import audits, tokens, users
from campaigns.publishing import accounts
from campaigns.settings import BadSettings, Settings
from campaigns.tracking import segments
from campaigns.tracking.judgements import TODAY, Findings
from campaigns.words import tell_all
from campaigns.world import World

ROOT = Path(__file__).parent.parent
DRAIN_WAIT_S = 30
CANT_START_S = 10
FIRST_ADMIN = "admin@perchoir.localhost"


def migrate(settings: Settings, _args: argparse.Namespace) -> int:
    """Bring the database to the newest schema."""
    world = _ready(settings)
    print(f"The database has the newest schema, {schema.current(world.db)}.")
    return 0


def serve(settings: Settings, _args: argparse.Namespace) -> int:
    """Serve the web in the foreground, until SIGTERM."""
    _ready(settings).close()
    server.serve(settings)
    return 0


def _environ() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def work(settings: Settings, _args: argparse.Namespace) -> int:
    """Run the worker in the foreground, until SIGTERM."""
    worker.run(_ready(settings))
    return 0


def drain(settings: Settings, _args: argparse.Namespace) -> int:
    """Bring what this node has spooled into the database: before a backup, or before the machine goes."""
    world = _ready(settings)
    deadline, drained = time.monotonic() + DRAIN_WAIT_S, 0
    while True:
        drained += drain_hits(world)
        left = segments.depth(settings.spool_dir).rows
        if not left or time.monotonic() > deadline:
            break
        time.sleep(0.1)  # a worker on this node is at it, or the web takes more at this moment
    print(f"{drained} rows were brought into the database, {left} are left in the spool.")
    return 1 if left else 0


def run(settings: Settings, args: argparse.Namespace) -> int:
    """Everything at once: schema, first administrator, sample data when asked for, then web and worker."""
    world = _ready(settings)
    _first_admin(world)
    if args.demo:
        demo.load(world)
        print("Sample data is loaded: three campaigns of Feuillet, a maker of school magazines.")
    elif demo.could_load(world):
        print("Nothing here yet. For sample data: make run DEMO=1")
    world.db.close()
    print(f"Perchoir listens on {settings.public_url}", flush=True)
    if world.rehearsing:
        print(
            f"Rehearsed, for want of keys: {', '.join(world.rehearsing)}. Nothing of it leaves this machine.",
            flush=True,
        )
    return _watch(tuple([sys.executable, "-m", "campaigns", part] for part in ("serve", "worker")))


def _watch(commands: tuple[list[str], ...]) -> int:
    """Keep them running until asked to stop: what dies is started again, unless it had only begun."""
    asked: list[int] = []
    for wanted in (signal.SIGINT, signal.SIGTERM):
        signal.signal(wanted, lambda number, _frame: asked.append(number))
    children = [_started(command) for command in commands]
    while not asked:
        for number, (child, began) in enumerate(children):
            if child.poll() is None:
                continue
            if time.monotonic() - began < CANT_START_S:
                asked.append(0)
                break
            print(
                f"{' '.join(commands[number][2:4])} ended by itself and is started again", file=sys.stderr, flush=True
            )
            children[number] = _started(commands[number])
        time.sleep(0.1)
    for child, _ in children:
        child.terminate()
    ends = [child.wait(15) for child, _ in children]
    return 0 if asked[0] else max(*map(abs, ends), 1)


def _started(command: list[str]) -> tuple[subprocess.Popen[bytes], float]:
    return subprocess.Popen(command, env=_environ()), time.monotonic()  # noqa: S603 our own words


def _first_admin(world: World) -> None:
    password = secrets.token_urlsafe(12)
    with world.db.write() as session:
        take_turns(session, "users.first")  # two first starts at once would both find nobody
        if users.count(session):
            return
        settings = world.settings
        users.create(
            session, FIRST_ADMIN, "Administrator", "admin", world.clock.now(),
            locale=settings.locale, zone=settings.zone, password=password,
        )  # fmt: skip
        audits.note(session, "user.created", world.clock.now(), who="first start", role="admin")
    print(f"\n  Sign in at {world.settings.public_url}/sign-in\n    e-mail    {FIRST_ADMIN}\n    password  {password}")
    print("  This is shown once. Change it under your name.\n", flush=True)


def create_user(settings: Settings, args: argparse.Namespace) -> int:
    """Make a member, with the password given, or one that is generated and printed."""
    world = _ready(settings)
    password = args.password or secrets.token_urlsafe(12)
    with world.db.write() as session:
        users.create(
            session, args.email, args.name or args.email, args.role, world.clock.now(),
            locale=args.locale or settings.locale, zone=settings.zone, password=password,
        )  # fmt: skip
        audits.note(session, "user.created", world.clock.now(), who="command line", role=args.role)
    print(f"{args.email} may sign in." if args.password else f"{args.email} may sign in with the password\n{password}")
    return 0


def create_token(settings: Settings, args: argparse.Namespace) -> int:
    """Make a token for the API; it stands alone on the last line."""
    world = _ready(settings)
    with world.db.write() as session:
        _, secret = tokens.create(session, args.name, args.role, world.clock.now())
        audits.note(session, "token.created", world.clock.now(), who="command line", role=args.role)
    print(f"A token of role {args.role}. It is shown once:")
    print(secret)
    return 0


def load_demo(settings: Settings, _args: argparse.Namespace) -> int:
    """Load the sample data, once."""
    loaded = demo.load(_ready(settings))
    print("Sample data is loaded." if loaded else "The sample data is there already.")
    return 0


def relock(settings: Settings, _args: argparse.Namespace) -> int:
    """Encrypt the keys of connected accounts with the present secret key, so that a former one may go."""
    world = _ready(settings)
    with world.db.write() as session:
        print(f"{accounts.relock(session, world.vault)} accounts are encrypted with the present key.")
    return 0


def reclassify(settings: Settings, args: argparse.Namespace) -> int:
    """Judge past hits again by today's rules, and show what changes; it may be stopped and begun again."""
    world = _ready(settings)

    def tell(day: date, found: Findings) -> None:
        print(f"{day}  {found.judged:>12,} judged {found.changed:>10,} changed", flush=True)

    found = reclassify_hits(world, args.since, tries=args.dry_run, tell=tell)
    would = "would change" if args.dry_run else "changed"
    print(f"{found.judged:,} hits judged by version {TODAY.version} of the rules; {found.changed:,} {would}.")
    for (before, after), hits in found.changes.most_common():
        print(f"  {before:>10} -> {after:<10} {hits:>12,}")
    if found.links:
        print("Links with most of them:")
    for code, hits in most_changed(world, found):
        print(f"  {code:<24} {hits:>12,}")
    return 0


def check(settings: Settings, _args: argparse.Namespace) -> int:
    """Check settings, database and connections; secrets are hidden."""
    lines, is_well = doctor.examine(compose.world(settings))
    print("\n".join(lines))
    return 0 if is_well else 1


def _ready(settings: Settings) -> World:
    world = compose.world(settings)
    schema.migrate(world.db)
    return world


def _with_world(does: Callable[[World, argparse.Namespace], int]) -> Callable[[Settings, argparse.Namespace], int]:
    def done(settings: Settings, args: argparse.Namespace) -> int:
        return does(_ready(settings), args)

    done.__doc__ = does.__doc__
    return done


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m campaigns", description="Perchoir: where tweets land.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, does: Callable[..., int], under: Any = commands) -> argparse.ArgumentParser:
        told = (does.__doc__ or "").splitlines()[0]
        made: argparse.ArgumentParser = under.add_parser(name, help=told, description=told)
        made.set_defaults(does=does)
        return made

    command("run", run).add_argument("--demo", action="store_true", help="load the sample data first")
    command("migrate", migrate)
    command("serve", serve)
    command("worker", work)
    command("drain", drain)
    user = commands.add_parser("user", help="members").add_subparsers(required=True, metavar="ACTION")
    make_user = command("create", create_user, user)
    make_user.add_argument("--email", required=True)
    make_user.add_argument("--role", choices=users.ROLES, default="marketer")
    make_user.add_argument("--name")
    make_user.add_argument("--locale", choices=("en", "fr"))
    make_user.add_argument("--password", help="generated and printed when left out")
    token = commands.add_parser("token", help="API tokens").add_subparsers(required=True, metavar="ACTION")
    make_token = command("create", create_token, token)
    make_token.add_argument("--role", choices=users.ROLES, required=True)
    make_token.add_argument("--name", required=True)
    commands_of_publishing.add_to(commands, lambda name, does, under: command(name, _with_world(does), under))
    command("demo", load_demo)
    again = command("reclassify", reclassify)
    again.add_argument("--since", type=date.fromisoformat, metavar="YYYY-MM-DD", help="a day of UTC")
    again.add_argument("--dry-run", action="store_true", help="change nothing")
    command("relock", relock)
    command("doctor", check)
    return parser


def main(
    words: Sequence[str] | None = None,
    environ: Mapping[str, str] = os.environ,
    set_up_logs: Callable[[str], None] = logs.configure,
) -> int:
    """Parse, read the settings, do it; faults go to standard error and give 2. `words`: the command line's."""
    args = _parser().parse_args(words)
    try:
        settings = Settings.read(environ)
        set_up_logs(settings.log_level)
        done: int = args.does(settings, args)
        return done
    except BadSettings as bad:
        print(f"The settings need mending:\n{bad}", file=sys.stderr)
    except Problem as refused:
        print(tell_all(refused, "en"), file=sys.stderr)
    except OSError as refused:  # a data folder that is a file, a full disk, no right to write
        print(f"The data folder can't be used: {refused}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
