"""python -m campaigns …: what starts and ends in processes of its own, the rest by its words, in this one."""

from __future__ import annotations

import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stderr, redirect_stdout
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select, update

from campaigns import __main__ as command_line
from campaigns import compose
from campaigns.flows.follow_link import follow_link
from campaigns.people import tokens, users
from campaigns.publishing import accounts
from campaigns.settings import Settings
from campaigns.tracking.hits import Hit
from campaigns.tracking.judgements import TODAY
from campaigns.tracking.rollups import DeadCode, LinkDay, LinkHour, LinkSum
from campaigns.world import World
from tests.makers.publishing import make_account, make_place, make_tweet
from tests.makers.tracking import ask, follow
from tests.rules.tree import ROOT

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def variables(tmp_path: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PERCHOIR_")}
    return kept | {"PERCHOIR_DATA_DIR": str(tmp_path / "data"), "PORT": str(free_port())}


@pytest.fixture
def apart(variables: dict[str, str]) -> Run:
    """A command in a process of its own."""

    def command(*words: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "campaigns", *words], cwd=ROOT, env=variables | more, capture_output=True,
            text=True, timeout=50, check=False,
        )  # fmt: skip

    return command


@pytest.fixture
def run(variables: dict[str, str]) -> Run:
    """A command in this process: what a command imports takes a second."""

    def command(*words: str, **more: str) -> subprocess.CompletedProcess[str]:
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            try:
                code = command_line.main(words, variables | more, lambda _level: None)
            except SystemExit as refused:  # argparse's own way
                code = int(refused.code or 0)
        return subprocess.CompletedProcess(words, code, out.getvalue(), err.getvalue())

    return command


@pytest.fixture
def world_of(variables: dict[str, str]) -> Iterator[Callable[[], World]]:
    """The World that the commands worked in."""
    made: list[World] = []

    def opened() -> World:
        made.append(compose.world(Settings.read(variables)))
        return made[-1]

    yield opened
    for world in made:
        world.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_migrate_makes_the_database_and_changes_nothing_the_second_time(apart: Run, tmp_path: Path) -> None:
    first, second = apart("migrate"), apart("migrate")
    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert first.stdout == second.stdout
    assert (tmp_path / "data/perchoir.db").exists()
    assert (tmp_path / "data/secret_key").stat().st_mode & 0o777 == 0o600


def test_a_token_stands_alone_on_the_last_line_and_opens(apart: Run, world_of: Callable[[], World]) -> None:
    made = apart("token", "create", "--role", "sales", "--name", "The shop", PERCHOIR_LOG_LEVEL="DEBUG")
    assert made.returncode == 0, made.stderr
    secret = made.stdout.splitlines()[-1]
    with world_of().db.read() as session:
        token = tokens.find(session, secret)
    assert token
    assert (token.name, token.role) == ("The shop", "sales")
    assert secret not in made.stderr


def test_a_user_is_made_once_and_may_sign_in(run: Run, world_of: Callable[[], World]) -> None:
    words = ("user", "create", "--email", "Lea@feuillet.example", "--name", "Léa", "--role", "admin", "--locale", "fr")
    made, again = run(*words), run(*words)
    assert made.returncode == 0, made.stderr
    with world_of().db.read() as session:
        user = users.of_email(session, "lea@feuillet.example")
    assert user
    assert (user.role, user.locale) == ("admin", "fr")
    assert users.verify(user, made.stdout.splitlines()[-1])
    assert (again.returncode, again.stderr.strip().splitlines()[-1]) == (2, "Someone has this address already")


def test_a_weak_password_is_refused_in_words(run: Run) -> None:
    made = run("user", "create", "--email", "lea@feuillet.example", "--password", "password1")
    assert made.returncode == 2
    assert "stolen ones" in made.stderr
    assert "Traceback" not in made.stderr


def test_all_faults_of_the_settings_are_told_at_once_and_no_secret_with_them(run: Run) -> None:
    bad = run(
        "migrate", PORT="0", PERCHOIR_ZONE="Mars/Base", PERCHOIR_SECRET_KEY="changeme", PERCHOIR_X_API_BASE="ftp://x",
        PERCHOIR_DATABASE_URL="mysql://root:hunter2@h/d",
    )  # fmt: skip
    assert (bad.returncode, bad.stdout) == (2, "")
    for name in ("PORT", "PERCHOIR_ZONE", "PERCHOIR_SECRET_KEY", "PERCHOIR_X_API_BASE", "PERCHOIR_DATABASE_URL"):
        assert f"{name}: " in bad.stderr
    assert not [told for told in ("Traceback", "changeme", "hunter2") if told in bad.stderr]


def test_a_data_folder_that_cannot_be_one_is_told(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    bad = run("migrate", PERCHOIR_DATA_DIR=str(tmp_path / "file"))
    assert bad.returncode == 2
    assert "data folder" in bad.stderr
    assert "Traceback" not in bad.stderr


def test_a_database_that_is_away_is_told(run: Run) -> None:
    away = {"PERCHOIR_DATABASE_URL": f"postgresql://u:hunter2@127.0.0.1:{free_port()}/d"}
    for command in ("migrate", "doctor"):
        bad = run(command, **away)
        assert bad.returncode in (1, 2), command
        assert "The database doesn’t answer" in bad.stdout + bad.stderr
        assert "Traceback" not in bad.stderr
        assert "hunter2" not in bad.stdout + bad.stderr


def test_several_started_at_once_on_an_empty_database_all_come_up_and_end_when_asked(variables: dict[str, str]) -> None:
    other = variables | {"PORT": str(free_port())}
    started = [
        subprocess.Popen([sys.executable, "-m", "campaigns", name], cwd=ROOT, env=env)
        for name, env in (("serve", variables), ("serve", other), ("worker", variables), ("worker", other))
    ]
    wait_for(lambda: answers(variables) and answers(other))
    assert [process.poll() for process in started] == [None] * 4
    assert end(started) == [0] * 4


def test_run_starts_again_what_was_killed_and_gives_up_what_cant_start(variables: dict[str, str], apart: Run) -> None:
    running = subprocess.Popen([sys.executable, "-m", "campaigns", "run"], cwd=ROOT, env=variables)
    wait_for(lambda: answers(variables))
    time.sleep(command_line.CANT_START_S)
    children = Path(f"/proc/{running.pid}/task/{running.pid}/children")
    _, worker = map(int, children.read_text().split())
    os.kill(worker, signal.SIGKILL)
    wait_for(lambda: len(children.read_text().split()) == 2 and str(worker) not in children.read_text())
    assert running.poll() is None
    assert end([running]) == [0]
    assert apart("run", PERCHOIR_HOST="203.0.113.1").returncode != 0  # no address of this machine


def test_drain_brings_in_what_a_dead_process_left_and_says_what_remains(
    run: Run, world_of: Callable[[], World]
) -> None:
    assert run("migrate").returncode == 0
    world = world_of()
    for _ in range(3):
        follow_link(world, ask("nobodys"))
    world.spool.close()
    first, second = run("drain"), run("drain")
    assert first.stdout == "3 rows were brought into the database, 0 are left in the spool.\n"
    assert (first.returncode, second.returncode) == (0, 0)
    assert second.stdout.startswith("0 rows")
    with world.db.read() as session:
        assert session.scalar(select(DeadCode.hits)) == 3


def test_reclassify_shows_what_changes_and_then_nothing_more(run: Run, world_of: Callable[[], World]) -> None:
    assert run("migrate").returncode == 0
    world = world_of()
    links = [make_tweet(world).link for _ in range(2)]
    for link in links:
        for number in range(3 if link is links[0] else 1):
            follow(world, link.code, address=f"192.0.2.{number}")
    with world.db.write() as session:  # as if rules of before had taken them for robots
        session.execute(update(Hit).values(klass="bot"))
        session.execute(update(LinkHour).values(bot=LinkHour.human, human=0))
        session.execute(update(LinkSum).values(bot=LinkSum.human, human=0))
        session.execute(update(LinkDay).where(LinkDay.what == "source").values(what="machine", value="bot"))
        session.execute(delete(LinkDay).where(LinkDay.what != "machine"))
    since = (world.clock.now() - timedelta(days=1)).date().isoformat()
    dry, wet, again = run("reclassify", "--dry-run"), run("reclassify", "--since", since), run("reclassify")
    for answer, words in ((dry, "4 would change."), (wet, "4 changed."), (again, "0 changed.")):
        assert answer.returncode == 0, answer.stderr
        assert f"4 hits judged by version {TODAY.version} of the rules; {words}" in answer.stdout
    changes = [line.split() for line in wet.stdout.splitlines() if line.startswith("  ")]
    assert changes == [["bot", "->", "human", "4"], [links[0].code, "3"], [links[1].code, "1"]]
    with world.db.read() as session:
        hours = session.execute(select(func.sum(LinkHour.human), func.sum(LinkHour.bot))).one()
        days = dict(session.execute(select(LinkDay.what, func.sum(LinkDay.hits)).group_by(LinkDay.what)).all())
    assert tuple(hours) == (4, 0)
    assert days == dict.fromkeys(("source", "country", "device", "browser", "unique"), 4)


def test_reclassify_wants_a_day(run: Run) -> None:
    answer = run("reclassify", "--since", "yesterday")
    assert answer.returncode == 2
    assert "--since" in answer.stderr


def test_commands_at_one_moment_share_one_key(apart: Run, tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        made = list(pool.map(lambda n: apart("token", "create", "--role", "sales", "--name", f"n{n}"), range(2)))
    assert [each.returncode for each in made] == [0] * 2, [each.stderr for each in made]
    assert [path.name for path in (tmp_path / "data").glob("*secret_key*")] == ["secret_key"]


def wait_for(there: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not there():
        assert time.monotonic() < deadline, "it never came up"
        time.sleep(0.05)


def answers(env: dict[str, str]) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{env['PORT']}/readyz", timeout=5) as response:
            return bool(response.status == 200)
    except OSError:
        return False


def end(processes: list[subprocess.Popen[bytes]]) -> list[int]:
    """Ask them all to stop; the longest may take ten seconds."""
    started = time.monotonic()
    for process in processes:
        process.send_signal(signal.SIGTERM)
    try:
        codes = [process.wait(12) for process in processes]
    finally:
        for process in processes:
            process.kill()
    assert time.monotonic() - started < 10
    return codes


def test_relock_encrypts_the_keys_of_accounts_anew(run: Run, world_of: Callable[[], World]) -> None:
    assert run("migrate").returncode == 0
    world = world_of()
    account = make_account(world)
    before = account.sealed
    told = run("relock")
    assert told.returncode == 0, told.stderr
    assert told.stdout.strip() == "1 accounts are encrypted with the present key."
    with world.db.read() as session:
        again = accounts.find(session, account.id)
    assert again.sealed != before
    assert accounts.access(again, world.vault).token == "token"


def test_exchange_rates_are_stored_from_a_file(run: Run, tmp_path: Path) -> None:
    run("migrate")
    file = tmp_path / "eurofxref-hist.csv"
    file.write_text("Date,USD,JPY,\n2026-11-20,1.1,N/A,\n2026-11-19,1.2,160,\n")
    assert "3 rates from 2026-11-19 to 2026-11-20: 3 are new or other." in run("rates", f"{file}").stdout
    assert "0 are new or other" in run("rates", f"{file}").stdout
    file.write_text("nothing")
    refused = run("rates", f"{file}")
    assert (refused.returncode, "This is no table of rates" in refused.stderr) == (2, True)


def test_tweets_are_written_planned_shown_and_taken_back(run: Run, world_of: Callable[[], World]) -> None:
    run("migrate")
    place = make_place(world_of())
    about = ("--campaign", place.campaign_id, "--offer", place.offer_id)
    wrote = run("tweet", "write", "Un {link}", *about, "--part", "Deux {link}", "--json")
    [made] = json.loads(wrote.stdout)
    assert (wrote.returncode, made["state"]) == (0, "draft")
    shown = run("tweet", "show", made["id"]).stdout
    assert [word in shown for word in ("Un {link}", "Deux {link}", "written")] == [True] * 3
    assert "scheduled" in run("tweet", "schedule", made["id"], "--at", tomorrow(), "--zone", "Europe/Paris").stdout
    assert "scheduled" in run("calendar", "--on", tomorrow()[:10], "--zone", "Europe/Paris").stdout
    assert "draft" in run("tweet", "cancel", made["id"]).stdout
    refused = run("tweet", "take-down", made["id"])
    assert (refused.returncode, "isn’t on X" in refused.stderr or "out" in refused.stderr) == (2, True)
    assert "scheduled" in run("tweet", "publish", made["id"]).stdout
    assert len(json.loads(run("tweet", "list", "--json", "--state", "scheduled").stdout)) == 2
    assert run("tweet", "cancel", made["id"]).returncode == 0
    assert run("tweet", "delete", made["id"]).returncode == 0
    assert run("tweet", "show", made["id"]).returncode == 2


def test_tweets_are_imported_seen_first(run: Run, world_of: Callable[[], World], tmp_path: Path) -> None:
    run("migrate")
    place, lines = make_place(world_of()), tmp_path / "t.csv"
    lines.write_text("text\nUn {link}\nNo link\n")
    wrong = run("tweet", "import", str(lines), "--campaign", place.campaign_id)
    assert (wrong.returncode, "line 3: text" in wrong.stderr) == (1, True)
    lines.write_text("text\nUn {link}\n")
    assert "draft" in run("tweet", "import", str(lines), "--campaign", place.campaign_id).stdout
    assert json.loads(run("tweet", "list", "--json").stdout) == []
    run("tweet", "import", str(lines), "--campaign", place.campaign_id, "--make")
    assert len(json.loads(run("tweet", "list", "--json").stdout)) == 1


def test_accounts_are_listed_and_disconnected(run: Run, world_of: Callable[[], World]) -> None:
    run("migrate")
    made = make_account(world_of(), "rehearsal")
    assert f"@{made.handle}" in run("account", "list").stdout
    assert run("account", "disconnect", made.id).returncode == 0
    assert json.loads(run("account", "list", "--json").stdout)["items"] == []
    assert run("account", "disconnect", "none").returncode == 2


def tomorrow() -> str:
    return f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%d}T12:30"
