import json
from pathlib import Path

import pytest

from campaigns.tracking import bots

CAUGHT, WRONGED = 0.957, 0.017
"""The worst rates measured on four independent lists: bots caught, people in in-app browsers flagged."""


@pytest.mark.reference
def test_bots_are_caught_and_people_let_through_at_the_measured_rates(reference: Path) -> None:
    cases = json.loads((reference / "attribution/ua_cases.json").read_text())
    caught = [bots.is_bot(each["ua"]) for each in cases["bots"]]
    wronged = [each["ua"] for each in cases["humans"] if bots.is_bot(each["ua"])]
    assert sum(caught) / len(caught) >= CAUGHT
    assert len(wronged) / len(cases["humans"]) <= WRONGED, wronged


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
    ],
)
def test_browsers_and_xs_own_app_are_people(agent: str) -> None:
    assert not bots.is_bot(agent)


def test_known_bots_have_a_name_and_people_none() -> None:
    assert bots.name_of("Twitterbot/1.0") == "Twitterbot"
    assert bots.name_of("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0") is None
