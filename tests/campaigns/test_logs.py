"""Logs: what happened, and never a secret or an address, however much is logged."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from campaigns.logs import redact
from tests.rules.tree import ROOT

# A process of its own: logging is set up once in each.
SCRIPT = """
import logging, re, sys
from campaigns import compose, logs, schema
from campaigns.flows import invite_person
from campaigns.people import tokens, users
from campaigns.settings import Settings
from tests.makers.people import PASSWORD, mailed_secret, make_invitation, make_member
from web import create_app

logs.configure("DEBUG")
world = compose.world(Settings.read({"PERCHOIR_DATA_DIR": sys.argv[1], "PERCHOIR_BASE_URL": "http://localhost"}))
schema.migrate(world.db)
make_member(world, "admin")
with world.db.write() as session:
    token, api = tokens.create(session, "shop", "admin", world.clock.now())
app = create_app(world)
def boom(secret):
    raise RuntimeError("lea@feuillet.example " + api)
app.add_url_rule("/boom/d/<secret>", view_func=boom)
client = app.test_client()
secrets = [PASSWORD, api, "lea@feuillet.example", "tom@feuillet.example", "nobody@x.example", "wrong-password-1"]
client.post("/sign-in", data={"email": "nobody@x.example", "password": "wrong-password-1"})
client.post("/sign-in", data={"email": "lea@feuillet.example", "password": "wrong-password-1"})
client.post("/sign-in", data={"email": "lea@feuillet.example", "how": "link"})
secrets.append(mailed_secret(world))
client.post("/password", data={"email": "lea@feuillet.example"})
secrets.append(mailed_secret(world))
make_invitation(world)
secrets.append(mailed_secret(world))
client.post("/sign-in/" + secrets[6])
client.post("/sign-in", data={"email": "lea@feuillet.example", "password": PASSWORD})
secrets.append(client.get_cookie("perchoir-" + world.settings.cookie_suffix).value)
page = client.get("/account").text
csrf = re.search(r'name="csrf_token" value="([^"]+)"', page).group(1)
secrets.append(csrf)
client.post("/settings/people/invite", data={"csrf_token": csrf, "email": "zoe@feuillet.example", "role": "sales",
                                             "locale": "en"})
client.post("/settings/people/invite", data={"csrf_token": csrf + "x", "email": "zoe@feuillet.example"})
secrets.append("zoe@feuillet.example")
machine = app.test_client()
machine.get("/api/v1/campaigns", headers={"Authorization": "Bearer " + api})
machine.post("/api/v1/campaigns", json={"name": "x"}, headers={"Authorization": "Bearer " + api})
machine.get("/boom/d/" + "s3cret-download-token-0123456789")
secrets.append("s3cret-download-token-0123456789")
logging.getLogger("urllib3").debug("https://user:hunter2@h/ Authorization: %s", api)
logging.getLogger("tweepy").debug("Authorization: OAuth hunter2")
logging.getLogger("anything").warning("smtp://postman:hunter2@h:25 whsec_0123456789 %s", "lea@feuillet.example")
secrets += ["hunter2", "whsec_0123456789"]
world.db.close()
Path = __import__("pathlib").Path
Path(sys.argv[1], "secrets").write_text("\\n".join(secrets))
"""


def test_no_secret_and_no_address_is_logged_at_debug(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, timeout=55, check=False
    )
    assert ran.returncode == 0, ran.stderr
    written = ran.stdout + ran.stderr
    secrets = (tmp_path / "secrets").read_text().splitlines()
    assert len(secrets) == 15
    assert [secret for secret in secrets if secret in written] == []
    for told in ("sign_in.refused", "sign_in.done", "user.invited", "event='refused'", "event='bug'", "RuntimeError"):
        assert told in written, told


@pytest.mark.parametrize(
    "name,value,kept",
    [
        ("password", "x", "…"),
        ("X-Api_Key", "x", "…"),
        ("cookie", "x", "…"),
        ("path", "/join/" + "a" * 43, "/join/…"),
        ("path", "/sign-in", "/sign-in"),
        ("event", "Bearer pch_" + "a" * 43 + " said", "Bearer … said"),
        ("event", "to léa+x@école.example now", "to … now"),
        ("event", "postgresql://u:hunter2@h/d", "postgresql://…@h/d"),
        ("url", "/p/x/thanks?claim=" + "a" * 60, "/p/x/thanks?claim=…"),
        ("count", 3, 3),
        ("details", {"to": ["a@b.example", 1], "token": "x"}, {"to": ["…", 1], "token": "…"}),
    ],
)
def test_what_looks_like_a_secret_is_blanked(name: str, value: object, kept: object) -> None:
    assert redact(None, "", {name: value}) == {name: kept}
