"""Which adapter stands behind each port, and what is imported for it."""

import subprocess
import sys
from pathlib import Path

import pytest

from campaigns.world import World
from tests.loopback.mail import MailServer
from tests.loopback.stripe import FakeStripe
from tests.loopback.x import FakeX
from tests.ports.conftest import SECRET, Compose

ROOT = Path(__file__).parents[2]


def loaded_by(tmp_path: Path, **environ: str) -> set[str]:
    """The vendors' libraries that a process of these settings imports."""
    program = (
        "import os, sys\n"
        "from campaigns import compose\n"
        "from campaigns.settings import Settings\n"
        "compose.world(Settings.read(os.environ))\n"
        "print(*({'stripe', 'tweepy', 'requests', 'smtplib'} & set(sys.modules)))\n"
    )
    given = {"PERCHOIR_DATA_DIR": str(tmp_path), "PERCHOIR_SECRET_KEY": SECRET} | environ
    ran = subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=given, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    return set(ran.stdout.split())


def test_with_no_keys_everything_rehearses(composed: Compose) -> None:
    world = composed()
    assert world.rehearsing == ("x", "stripe", "mail")
    assert world.rehearsal is not None


def test_each_port_is_real_where_its_own_keys_are_set(
    composed: Compose, x: FakeX, stripe_server: FakeStripe, mail_server: MailServer
) -> None:
    assert composed(x.environ).rehearsing == ("stripe", "mail")
    assert composed(stripe_server.environ).rehearsing == ("x", "mail")
    assert composed(mail_server.environ).rehearsing == ("x", "stripe")
    everything = composed(x.environ, stripe_server.environ, mail_server.environ)
    assert everything.rehearsing == ()
    assert everything.rehearsal is None


def test_a_webhooks_secret_alone_leaves_payments_rehearsing(composed: Compose) -> None:
    assert "stripe" in composed({"PERCHOIR_STRIPE_WEBHOOK_SECRETS": "whsec_1"}).rehearsing


@pytest.mark.parametrize(
    "environ,loaded",
    [
        ({}, set()),
        ({"PERCHOIR_STRIPE_WEBHOOK_SECRETS": "whsec_1", "PERCHOIR_SMTP_URL": "smtp://localhost:2525"}, {"smtplib"}),
        ({"PERCHOIR_STRIPE_SECRET_KEY": "sk_test_1"}, {"stripe", "requests"}),
    ],
)
def test_a_library_is_imported_by_whoever_chose_it(tmp_path: Path, environ: dict[str, str], loaded: set[str]) -> None:
    assert loaded_by(tmp_path, **environ) == loaded


def test_a_world_opens_no_connection(composed: Compose, x: FakeX, stripe_server: FakeStripe) -> None:
    made: World = composed(x.environ, stripe_server.environ)
    assert not made.publisher.rehearses
    assert x.requests == stripe_server.requests == []


def test_several_processes_may_start_at_once_and_share_the_rehearsal(tmp_path: Path, composed: Compose) -> None:
    program = (
        "import os, sys\n"
        "from campaigns import compose\n"
        "from campaigns.settings import Settings\n"
        "world = compose.world(Settings.read(os.environ))\n"
        "for number in range(5): world.publisher.post(f'{os.getpid()} {number}')\n"
    )
    given = {"PERCHOIR_DATA_DIR": str(tmp_path), "PERCHOIR_SECRET_KEY": SECRET}
    running = [
        subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, env=given, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    ended = [(process.communicate(timeout=50)[1], process.returncode) for process in running]
    assert ended == [("", 0)] * 3
    world = composed()
    assert world.rehearsal is not None
    ids = [post.x_id for post in world.rehearsal.posts(100)]
    assert len(ids) == len(set(ids)) == 15
