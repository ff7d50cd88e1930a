from datetime import UTC, datetime, timedelta

import pytest

from campaigns.kernel.codes import Signer, new_id
from campaigns.tracking import visits
from campaigns.tracking.visits import Via

NOW = datetime(2026, 11, 2, 9, 0, 0, 123456, tzinfo=UTC)
SIGNER = Signer(["a key of the tests, long enough"])


def _via(tweet_id: str | None = None) -> Via:
    return Via(new_id(), tweet_id, new_id(), new_id(), NOW, "link+x", "t.co")


@pytest.mark.parametrize("tweet_id", [None, "0193a1b2-0000-7000-8000-00000000000a"])
def test_a_visit_comes_back_as_it_was_signed(tweet_id: str | None) -> None:
    via = _via(tweet_id)
    assert visits.read(SIGNER, via.sign(SIGNER), NOW, 90) == via


def test_a_token_lasts_as_long_as_the_lookback_both_ends_included() -> None:
    token = _via().sign(SIGNER)
    assert visits.read(SIGNER, token, NOW + timedelta(days=90), 90)
    assert visits.read(SIGNER, token, NOW + timedelta(days=90, seconds=2), 90) is None


def test_a_token_altered_anywhere_is_none() -> None:
    token = _via().sign(SIGNER)
    # the last characters are left out: several decode to the same bytes
    for n in range(len(token) - 2):
        other = "A" if token[n] != "A" else "B"
        assert visits.read(SIGNER, token[:n] + other + token[n + 1 :], NOW, 90) is None


def test_a_token_of_another_purpose_or_key_is_none() -> None:
    value = ["x", "", "x", "x", 0, "link", None]
    assert visits.read(SIGNER, SIGNER.sign("download", value, NOW), NOW, 90) is None
    assert visits.read(SIGNER, _via().sign(Signer(["another key"])), NOW, 90) is None


def test_a_retired_key_still_reads() -> None:
    token = _via().sign(SIGNER)
    assert visits.read(Signer(["a new key", "a key of the tests, long enough"]), token, NOW, 90)


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        "text",
        {"a": 1},
        ["x", "", "x", "x", 0, "link", None],
        [1, 2, 3, 4, 5, 6, 7],
        [*"abcd", "e", "link", 0],
    ],
)
def test_a_signed_value_of_another_shape_is_none(value: object) -> None:
    assert visits.read(SIGNER, SIGNER.sign(visits.PURPOSE, value, NOW), NOW, 90) is None


@pytest.mark.parametrize("token", [None, "", "x", "a.b.c", "\x00", "\ud800", "é" * 50, "." * 10_000])
def test_anything_else_is_none(token: str | None) -> None:
    assert visits.read(SIGNER, token, NOW, 90) is None
