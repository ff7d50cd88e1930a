from datetime import UTC, datetime, timedelta

import pytest

from campaigns.kernel.errors import Problem
from campaigns.publishing.addresses import handle_of, posted_at, x_id_of

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
X_EPOCH_MS = 1_288_834_974_657


@pytest.mark.parametrize(
    "address",
    [
        "https://x.com/feuillet/status/1985012345678901234",
        "http://twitter.com/feuillet/status/1985012345678901234/",
        "https://www.x.com/feuillet/status/1985012345678901234?s=20&t=AbC",
        "https://mobile.twitter.com/Feuillet_FR/status/1985012345678901234#m",
        "x.com/feuillet/status/1985012345678901234/photo/1",
        "  https://X.com/i/web/status/1985012345678901234 ",
        "https://x.com/i/status/1985012345678901234",
        "https://twitter.com/feuillet/statuses/1985012345678901234/analytics",
    ],
)
def test_the_ways_people_copy_an_address(address: str) -> None:
    assert x_id_of(address) == "1985012345678901234"


@pytest.mark.parametrize(
    "address",
    [
        "",
        "1985012345678901234",
        "https://x.com/feuillet",
        "https://x.com/feuillet/status/",
        "https://x.com/feuillet/status/12a",
        "https://x.com/feuillet/status/0123",
        "https://x.com/feuillet/status/١٢٣",
        "https://x.com/feuillet/status/99999999999999999999",
        "https://x.com/feuillet/status/9999999999999999999",  # more than 63 bits
        "https://x.com.evil.example/feuillet/status/1985012345678901234",
        "https://evil.example/x.com/feuillet/status/1985012345678901234",
        "https://x.com@evil.example/a/status/1",
        "javascript:alert(1)//x.com/a/status/1",
        "https://x.com/a/status/1\n2",
        "https://x.com/a/status/1?" + "s" * 500,
        "https://t.co/abcdefghij",
    ],
)
def test_what_is_no_tweets_address_is_refused(address: str) -> None:
    with pytest.raises(Problem) as refused:
        x_id_of(address)
    assert [(fault.field, fault.code) for fault in refused.value.faults] == [("url", "not_a_tweet_url")]


def test_an_author_is_known_when_the_address_has_one() -> None:
    assert handle_of("https://x.com/feuillet/status/20?s=20") == "feuillet"
    assert handle_of("https://x.com/i/web/status/20") is handle_of("https://x.com/i/status/20") is None


def test_an_id_tells_when_the_tweet_was_posted() -> None:
    moment = NOW - timedelta(minutes=10)
    x_id = str((int(moment.timestamp() * 1000) - X_EPOCH_MS) << 22 | 12345)
    assert posted_at(x_id, earliest=NOW - timedelta(hours=1), now=NOW) == moment


@pytest.mark.parametrize("x_id", ["20", "1234567890", str(2**63 - 1)])
def test_an_id_of_another_time_tells_nothing(x_id: str) -> None:
    assert posted_at(x_id, earliest=NOW - timedelta(hours=1), now=NOW) == NOW
