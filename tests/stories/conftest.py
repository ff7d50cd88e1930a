"""Stories: a real server and a real worker in processes of their own, a real browser, and nobody who knows the code.

A worker's Chromium runs once for all its stories; each story has fresh contexts: a phone for the prospect, a desk for
the staff.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright
from playwright.sync_api import Error as BrowserError

from campaigns import compose
from campaigns.kernel.codes import new_id
from campaigns.people import tokens, users
from campaigns.settings import Settings
from campaigns.world import World
from tests.postgres import Cluster
from tests.stories.eyes import Eyes
from tests.stories.machine import IPHONE

ROOT = Path(__file__).parents[2]
FLAGS = [
    "--no-sandbox", "--disable-quic", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run", "--disable-gpu",
]  # fmt: skip
PASSWORD = "plume-de-paon-1789"
NAMES = {"admin": "Inès Caron", "marketer": "Léa Martin", "sales": "Tom Le Goff"}
TAGS = {"en": "en-GB", "fr": "fr-FR"}


IN_ONE_LANGUAGE = {
    "test_an_administrator_invites_a_marketer_who_joins_changes_role_and_is_signed_out": "fr",
    "test_a_newsletters_link_is_made_followed_and_printed": "en",
    "test_a_marketer_plans_a_campaign_with_its_offers_and_their_pages": "fr",
    "test_a_marketer_writes_plans_and_publishes_tweets": "en",
    "test_a_thread_is_written_part_by_part_and_outlives_a_closed_tab": "fr",
    "test_a_marketer_reads_in_the_ledger_what_each_tweet_brought": "fr",
    "test_sales_finds_a_lead_works_it_and_enters_what_it_brought": "en",
    "test_sales_takes_the_leads_away_and_then_only_the_new_ones": "fr",
    "test_sales_is_refused_at_a_marketer_s_and_an_administrator_s_page": "fr",
    "test_an_administrator_sees_the_connections_and_makes_and_revokes_a_token": "en",
    "test_an_administrator_stores_exchange_rates": "fr",
    "test_a_download_link_that_is_no_longer_or_never_was_ours_gives_nothing": "fr",
}
"""The staff's longest stories: the suite tells each in this language, `make audit` in the other one."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/stories" in item.nodeid:
            item.add_marker(pytest.mark.story)
            callspec = getattr(item, "callspec", None)
            language = callspec.params.get("language") if callspec else None
            if language and language != IN_ONE_LANGUAGE.get(getattr(item, "originalname", ""), language):
                item.add_marker(pytest.mark.audit)
            # two workers' at most, each with its Chromium and its installation, and each half of the time
            half = item.path.stem in ("test_marketer", "test_links", "test_consent", "test_tutorial")
            item.add_marker(pytest.mark.xdist_group(f"stories-{half:d}"))
            item.add_marker(pytest.mark.timeout(120))


@dataclass
class Running:
    """An installation that runs: its address, its environment, what its processes wrote."""

    url: str
    environ: dict[str, str]
    folder: Path
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    members: set[str] = field(default_factory=set)
    cookies: dict[str, Any] = field(default_factory=dict)

    def command(self, *args: str) -> str:
        """`python -m campaigns …`, and what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "campaigns", *args], cwd=ROOT, env=self.environ, capture_output=True, timeout=60
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode().strip()

    @contextmanager
    def world(self) -> Iterator[World]:
        """The same database, folder and keys in this process: for what is there before a story begins."""
        world = compose.world(Settings.read(self.environ))
        try:
            yield world
        finally:
            world.db.close()

    def user(self, role: str, locale: str = "en") -> tuple[str, str]:
        """A member who can sign in, made once: address and password."""
        email = f"{role}-{locale}@feuillet.example"
        if email not in self.members:
            self.members.add(email)
            with self.world() as world, world.db.write() as session:
                users.create(
                    session, email, NAMES[role], role, world.clock.now(), locale=locale, zone="Europe/Paris",
                    password=PASSWORD,
                )  # fmt: skip
        return email, PASSWORD

    def token(self, role: str = "admin") -> str:
        """A new token of the API."""
        with self.world() as world, world.db.write() as session:
            return tokens.create(session, "story", role, world.clock.now())[1]

    def start(self, name: str) -> None:
        log = (self.folder / f"{name}.log").open("ab")
        self.processes[name] = subprocess.Popen(
            [sys.executable, "-m", "campaigns", name], cwd=ROOT, env=self.environ, stdout=log, stderr=log
        )
        log.close()

    def stop(self) -> None:
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            process.wait(10)

    def wait(self) -> None:
        """Until it is ready to serve."""
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                with urllib.request.urlopen(f"{self.url}/readyz", timeout=10):
                    return
            except OSError:
                time.sleep(0.05)
        raise AssertionError("not ready:\n" + (self.folder / "serve.log").read_text())


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(folder: Path, environ: dict[str, str]) -> Iterator[Running]:
    """Serve and worker on a free port; `environ` is added to what an empty machine has."""
    port = free_port()
    url = f"http://localhost:{port}"
    whole = {
        "PATH": os.environ["PATH"], "HOME": str(folder), "PORT": str(port), "PERCHOIR_DATA_DIR": str(folder / "data"),
        "PERCHOIR_ORGANIZATION": "Feuillet", "PERCHOIR_FORM_MIN_S": "0", "PYTHONWARNINGS": "ignore",
        "PERCHOIR_MAIL_FROM": "Feuillet <bonjour@feuillet.example>", **environ,
    }  # fmt: skip
    installation = Running(url, whole, folder)
    for name in ("serve", "worker"):
        installation.start(name)
    try:
        installation.wait()
        yield installation
    finally:
        installation.stop()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_environ(request: pytest.FixtureRequest) -> dict[str, str]:
    """Nothing, or the address of an empty PostgreSQL database."""
    if request.param == "sqlite":
        return {}
    cluster: Cluster = request.getfixturevalue("cluster")
    return {"PERCHOIR_DATABASE_URL": cluster.create_database("s" + new_id().replace("-", ""))}


@pytest.fixture
def rehearsal(tmp_path: Path) -> Iterator[Running]:
    """An installation without any key, on SQLite."""
    with running(tmp_path, {}) as installation:
        yield installation


@pytest.fixture(scope="session")
def perchoir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One installation without any key for all stories that touch only their own campaigns, people and tokens."""
    with running(tmp_path_factory.mktemp("perchoir"), {"PERCHOIR_FORMS_PER_MINUTE": "500"}) as installation:
        yield installation


@pytest.fixture(params=["en", "fr"])
def language(request: pytest.FixtureRequest) -> str:
    """What a story is told in."""
    return str(request.param)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert path, "the stories need Chromium: apt install chromium"
    playwright: Playwright
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@dataclass
class Visitors:
    """Makes browsers' contexts, watches what happens in them, and closes them."""

    browser: Browser
    contexts: list[BrowserContext] = field(default_factory=list)
    eyes: Eyes = field(default_factory=Eyes)

    def phone(self, locale: str = "en", **more: Any) -> Page:
        """A prospect in X's app, on a phone."""
        return self._come(viewport={"width": 390, "height": 844}, user_agent=IPHONE, locale=TAGS[locale], **more)

    def desk(self, locale: str = "en", **more: Any) -> Page:
        """A member at a desk, who may copy."""
        page = self._come(
            viewport={"width": 1280, "height": 900}, locale=TAGS[locale], timezone_id="Europe/Paris", **more
        )
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        return page

    def _come(self, **more: Any) -> Page:
        context = self.browser.new_context(accept_downloads=True, reduced_motion="reduce", **more)
        context.set_default_timeout(10_000)
        self.eyes.watch(context)
        self.contexts.append(context)
        return context.new_page()


@pytest.fixture
def visitors(chromium: Browser) -> Iterator[Visitors]:
    visitors = Visitors(chromium)
    yield visitors
    for context in visitors.contexts:
        context.close()
    assert visitors.eyes.complaints == []


def eventually(found: Callable[[], object], seconds: float = 15) -> None:
    """Wait until it is true: the worker has its own rhythm, and a page that goes on by itself is asked again."""
    until = time.monotonic() + seconds
    while not _asked(found):
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.1)


def _asked(found: Callable[[], object]) -> bool:
    try:
        return bool(found())
    except BrowserError:
        return False


def sign_in(page: Page, installation: Running, email: str, password: str) -> None:
    """Through the door, as a person does; who has been here before on this installation is still signed in."""
    if email in installation.cookies:
        page.context.add_cookies(installation.cookies[email])
        page.goto(installation.url)
        return
    page.goto(f"{installation.url}/sign-in")
    page.locator("input[name=email]").fill(email)
    page.locator("input[name=password]").fill(password)
    page.locator("form button[type=submit]").first.click()
    page.wait_for_url(lambda url: "sign-in" not in url)
    installation.cookies[email] = page.context.cookies()
