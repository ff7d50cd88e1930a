"""schemathesis over the whole OpenAPI document, with a real token and real ids: all of its checks."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.makers.planning import picture_bytes
from tests.stories.conftest import ROOT, Running, running

BUDGET_S = 240
CONFIG = """
hooks = "{hooks}"

[parameters]
{parameters}

# A request of the right shape may still name a slug that is taken or a day that is past: 422, 409 and 410 say so.
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "401", "403", "404", "409", "410", "422"]

# What is far too long is refused by its size, unread.
[checks.negative_data_rejection]
expected-statuses = ["400", "401", "403", "404", "405", "406", "409", "413", "415", "422", "428", "429"]
"""

pytestmark = [pytest.mark.audit, pytest.mark.timeout(BUDGET_S * 3)]


def real_ids(installation: Running, token: str) -> dict[str, str]:
    """An id of each kind, by the name that paths give it."""
    headers = {"Authorization": f"Bearer {token}"}

    def first(path: str) -> dict[str, str]:
        answer = requests.get(f"{installation.url}/api/v1{path}", headers=headers, timeout=30)
        assert answer.status_code == 200, answer.text
        found: dict[str, str] = answer.json()["items"][0]
        return found

    campaign = first("/campaigns")
    offer = first(f"/campaigns/{campaign['id']}/offers")
    page = first(f"/offers/{offer['id']}/pages")
    tweet = first(f"/tweets?campaign_id={campaign['id']}&limit=1")
    link: dict[str, str] = tweet["link"]  # type: ignore[assignment]
    ids = {"campaign_id": campaign["id"], "offer_id": offer["id"], "page_id": page["id"], "tweet_id": tweet["id"],
           "code": link["code"]}  # fmt: skip
    document = requests.get(f"{installation.url}/api/openapi.json", timeout=30).json()
    if "/api/v1/leads" in document["paths"]:
        ids["lead_id"] = first(f"/leads?campaign_id={campaign['id']}&rehearsal=true")["id"]
    ids |= dict.fromkeys(("thread_id",), ids["tweet_id"]) | _made(f"{installation.url}/api/v1", headers, ids)
    named = {each["name"] for path in document["paths"].values() for told in path.values()
             for each in told["parameters"] if each["in"] == "path"}  # fmt: skip
    assert named <= set(ids), f"tell this rig a real {named - set(ids)}"
    return ids


def _made(api: str, headers: dict[str, str], ids: dict[str, str]) -> dict[str, str]:
    """What the sample data has none of."""

    def post(path: str, **more: Any) -> str:
        answer = requests.post(f"{api}{path}", headers=headers | more.pop("headers", {}), timeout=30, **more)
        assert answer.status_code == 201, answer.text
        made = answer.json()
        return str(made["items"][0]["id"] if "items" in made else made["id"])

    body = {"campaign_id": ids["campaign_id"], "offer_id": ids["offer_id"], "text": "Six {link}"}
    draft = post("/tweets", json=body)
    picture = {"data": picture_bytes(), "headers": {"Content-Type": "image/png"}}
    slot = {"weekdays": [0], "local_time": "08:30", "zone": "Europe/Paris"}
    lead = requests.get(f"{api}/leads/{ids['lead_id']}", headers=headers, timeout=30).json()
    return {
        "media_id": post(f"/tweets/{draft}/media", **picture), "slot_id": post("/slots", json=slot),
        "repost_id": post("/reposts", json={"url": "https://x.com/a/status/1985012345678901234"}),
        "account_id": post("/accounts", json={"rehearsed_as": "fuzzed"}), "place": "2",
        "conversion_id": lead["id"],  # of no conversion: its answer is 404, and never worse
    }  # fmt: skip


def test_schemathesis_finds_nothing(tmp_path: Path) -> None:
    with running(tmp_path, {}) as installation:
        installation.command("demo")
        token = installation.token()
        parameters = "\n".join(f'"path.{name}" = "{value}"' for name, value in real_ids(installation, token).items())
        config = tmp_path / "schemathesis.toml"
        config.write_text(CONFIG.format(hooks=ROOT / "tests/rigs/fuzz_hooks.py", parameters=parameters))
        done = subprocess.run(
            [ROOT / ".venv/bin/schemathesis", "--config-file", config, "--no-color", "run",
             f"{installation.url}/api/openapi.json", "--header", f"Authorization: Bearer {token}", "--checks", "all",
             "--max-time", str(BUDGET_S), "--max-examples", "60", "--request-timeout", "20", "--continue-on-failure",
             "--generation-database", "none", "--report-dir", tmp_path / "report"],
            cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, timeout=BUDGET_S * 2,
        )  # fmt: skip
        told = done.stdout.decode()
        # its own request may repeat a letter 10,000 times: what is said before and behind that is what counts
        print(re.sub(r"(.)\1{99,}", r"\1\1\1…", told)[-20_000:], done.stderr.decode()[-2_000:])
        assert done.returncode == 0
        log = (tmp_path / "serve.log").read_text()
    assert "Traceback" not in log
