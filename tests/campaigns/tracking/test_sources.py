import json
from pathlib import Path
from typing import Any

import pytest

from campaigns.tracking import bots
from campaigns.tracking.requests import judge, purpose_of
from campaigns.tracking.sources import LinkSource, referrer_host, tell

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
X_IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Twitter for iPhone"
TWEETED = LinkSource("x_organic", "twitter", "social")


def _cases(reference: Path) -> list[dict[str, Any]]:
    return json.loads((reference / "attribution/source_cases.json").read_text())


def _why_not_counted(asked: dict[str, Any], internal: bool) -> str | None:
    if internal:
        return "internal_navigation"
    klass = judge(
        method=asked["method"],
        purpose=purpose_of(asked["headers"]),
        is_machine=bots.is_bot(asked["ua"] or ""),
        is_member=asked["logged_in_user"],
        is_dead=False,
    )
    return None if klass == "human" else klass


@pytest.mark.reference
def test_each_request_of_the_reference_has_its_source_and_its_reason(reference: Path) -> None:
    told = _cases(reference)
    faults = []
    for case in told["cases"]:
        asked, expected = case["request"], case["expect"]
        link = asked["link"] and LinkSource(
            asked["link"]["channel"], asked["link"]["utm"]["source"], asked["link"]["utm"]["medium"]
        )
        source = tell(
            link or None,
            referrer=asked["referrer"],
            agent=asked["ua"] or "",
            query=asked["query"],
            own_hosts=frozenset(told["own_hosts"]),
        )
        reason = _why_not_counted(asked, source.internal)
        found = {
            "source": source.source,
            "medium": source.medium,
            "channel": source.channel,
            "evidence": source.evidence,
            "counted": reason is None,
            "not_counted_because": reason,
        }
        wanted = {key: expected.get(key) for key in found}
        if found != wanted:
            faults.append((case["name"], found, wanted))
    assert faults == []


@pytest.mark.parametrize(
    "referrer,evidence",
    [
        ("https://t.co/AbC", "link+x"),
        ("https://T.CO:443/AbC", "link+x"),
        ("https://www.twitter.com/", "link+x"),
        ("https://t.co.evil.example/", "link+other"),
        ("https://t.co@evil.example/", "link+other"),
        ("https://nott.co/", "link+other"),
        ("https://xn--t-0da.co/", "link+other"),
        ("ftp://t.co/", "link"),
        ("https://[t.co/", "link"),
        ("", "link"),
        (None, "link"),
    ],
)
def test_hosts_of_x_match_exactly(referrer: str | None, evidence: str) -> None:
    assert tell(TWEETED, referrer=referrer, agent=FIREFOX).evidence == evidence


def test_the_browser_inside_xs_app_is_x_though_it_sends_no_referrer() -> None:
    assert tell(TWEETED, referrer=None, agent=X_IPHONE).evidence == "link+x"
    assert tell(None, referrer=None, agent=X_IPHONE).evidence == "x_unknown"


def test_a_link_beats_tags_and_tags_beat_the_referrer() -> None:
    tags = "utm_source=mail&utm_medium=email"
    assert tell(TWEETED, referrer=None, query=tags).evidence == "link"
    assert tell(None, referrer="https://t.co/a", query=tags).evidence == "utm"
    assert tell(None, referrer="https://t.co/a").evidence == "x_unknown"


def test_tags_that_name_a_tweet_are_no_proof_of_it() -> None:
    assert tell(None, referrer=None, query="utm_source=twitter&utm_content=t-abc").evidence == "utm"


def test_a_mail_link_in_webmail_is_where_it_belongs_and_on_x_it_is_not() -> None:
    mail = LinkSource("email", "newsletter", "email")
    assert tell(mail, referrer="https://mail.google.com/").channel == "email"
    assert tell(mail, referrer="https://t.co/x").channel == "email_spillover"


@pytest.mark.parametrize(
    "referrer,host",
    [
        ("https://www.exämple.fr/a?b", "www.xn--exmple-cua.fr"),
        ("android-app://com.twitter.android/", "twitter.com"),
        ("android-app://org.example.reader/", "org.example.reader"),
        ("https://" + "a" * 300 + ".example/", None),
        ('https://"><script>alert(1)</script>/', None),
        ("https://ex\x00ample.fr/", None),
        ("\ud800", None),
        ("data:text/html,x", None),
    ],
)
def test_only_a_host_is_taken_of_a_referrer(referrer: str, host: str | None) -> None:
    assert referrer_host(referrer) == host
