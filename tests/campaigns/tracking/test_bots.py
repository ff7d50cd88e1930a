import json
from pathlib import Path

import pytest
from crawleruseragents import CRAWLER_USER_AGENTS_DATA

from campaigns.tracking import bots


@pytest.mark.reference
def test_every_bot_of_the_reference_is_caught_and_every_person_let_through(reference: Path) -> None:
    cases = json.loads((reference / "attribution/ua_cases.json").read_text())
    assert [each["ua"] for each in cases["bots"] if not bots.is_bot(each["ua"])] == []
    assert [each["ua"] for each in cases["humans"] if bots.is_bot(each["ua"])] == []


PEOPLES = {"AP3A\\.240617\\.008", "Fluid"}
"""Patterns of crawler-user-agents that name a build of Android and a browser for one site."""


def test_whoever_the_list_of_crawlers_names_is_a_bot() -> None:
    missed = {
        crawler["pattern"]
        for crawler in CRAWLER_USER_AGENTS_DATA
        if any(not bots.is_bot(agent) for agent in crawler.get("instances", []))
    }
    assert missed <= PEOPLES


@pytest.mark.parametrize(
    "agent",
    [
        "Twitterbot/1.0",
        "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
        "curl/8.5.0",
        "python-requests/2.32.3",
        "",
        "   ",
        "Twitterbot/1.0 Twitter for iPhone",
    ],
)
def test_machines_are_bots(agent: str) -> None:
    assert bots.is_bot(agent)


@pytest.mark.parametrize(
    "agent",
    [
        "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Twitter for iPhone/11",
        "TwitterAndroid",
        "Mozilla/5.0 (Linux; Android 16; wv) AppleWebKit/537.36 Chrome/146.0 Mobile Safari/537.36 TwitterAndroid",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/153.0.0.0 Safari/537.36",
        "Mozilla/5.0 (Linux; Android 15; CPH2557 Build/AP3A.240617.008; wv) Chrome/142.0 Safari/537.36 Instagram 406.0",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1 Mobile/15E148 [FBAN/FBIOS;FBAV/512]",
    ],
)
def test_browsers_and_xs_own_app_are_people(agent: str) -> None:
    assert not bots.is_bot(agent)


def test_known_bots_have_a_name_and_people_none() -> None:
    assert bots.name_of("Twitterbot/1.0") == "Twitterbot"
    assert bots.name_of("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0") is None
