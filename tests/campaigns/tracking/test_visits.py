from datetime import UTC, datetime, timedelta

import pytest

from campaigns.kernel.codes import Signer, id_bytes, id_text
from campaigns.tracking import visits
from campaigns.tracking.hits import Evidence
from campaigns.tracking.visits import EPOCH, EVIDENCE, Click, Via

NOW = datetime(2026, 11, 2, 9, 0, 0, 123000, tzinfo=UTC)
NOW_MS = (NOW - EPOCH) // timedelta(milliseconds=1)
SIGNER = Signer(["a key of the tests, long enough"])
LINK = bytes.fromhex("0193a1b2000070008000000000000abc")


def _click(evidence: Evidence = "link+x", referrer: str | None = "t.co") -> Click:
    return Click(id_bytes((NOW - EPOCH) // timedelta(microseconds=1)), LINK, evidence, referrer)


@pytest.mark.parametrize("evidence", EVIDENCE)
@pytest.mark.parametrize("referrer", [None, "t.co", "a" * 253])
def test_a_visit_comes_back_as_it_was_signed(evidence: Evidence, referrer: str | None) -> None:
    click = _click(evidence, referrer)
    assert visits.read(SIGNER, click.sign(SIGNER), NOW, 90) == Via(
        link_id=id_text(LINK), hit_id=id_text(click.hit), at=NOW, evidence=evidence, referrer=referrer
    )


def test_a_token_is_short_and_stands_in_an_address_as_it_is() -> None:
    token = _click().sign(SIGNER)
    assert len(token) < 100
    assert set(token) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


def test_a_token_lasts_as_long_as_the_lookback_both_ends_included() -> None:
    token = _click().sign(SIGNER)
    assert visits.read(SIGNER, token, NOW + timedelta(days=90), 90)
    assert visits.read(SIGNER, token, NOW + timedelta(days=90, milliseconds=1), 90) is None


def test_a_token_of_a_node_whose_clock_is_ahead_is_taken_for_five_minutes() -> None:
    token = _click().sign(SIGNER)
    assert visits.read(SIGNER, token, NOW - timedelta(minutes=5), 90)
    assert visits.read(SIGNER, token, NOW - timedelta(minutes=5, milliseconds=1), 90) is None


def test_a_token_altered_anywhere_is_none() -> None:
    token = _click().sign(SIGNER)
    # the last character is left out: several decode to the same bytes
    for n in range(len(token) - 1):
        other = "A" if token[n] != "A" else "B"
        assert visits.read(SIGNER, token[:n] + other + token[n + 1 :], NOW, 90) is None
    assert visits.read(SIGNER, token[:-4], NOW, 90) is None
    assert visits.read(SIGNER, token + "AAAA", NOW, 90) is None


def test_a_token_of_another_purpose_or_key_is_none() -> None:
    click = _click()
    value = click.hit + click.link + bytes([0])
    assert visits.read(SIGNER, SIGNER.seal("download", value), NOW, 90) is None
    assert visits.read(SIGNER, click.sign(Signer(["another key"])), NOW, 90) is None
    assert visits.read(SIGNER, SIGNER.seal(visits.PURPOSE, value), NOW, 90)


def test_a_retired_key_still_reads() -> None:
    token = _click().sign(SIGNER)
    assert visits.read(Signer(["a new key", "a key of the tests, long enough"]), token, NOW, 90)


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"text",
        bytes(32),
        bytes(16) + LINK + bytes([len(EVIDENCE)]),
        b"\xff" * 33,
        NOW_MS.to_bytes(6, "big") + bytes(10) + LINK + b"\x00\xff\xfe",
    ],
    ids=["nothing", "text", "ids_alone", "no_such_evidence", "ones", "no_utf8"],
)
def test_a_sealed_value_of_another_shape_is_none(value: bytes) -> None:
    assert visits.read(SIGNER, SIGNER.seal(visits.PURPOSE, value), NOW, 90) is None


@pytest.mark.parametrize("token", [None, "", "x", "a.b.c", "\x00", "\ud800", "é" * 50, "." * 10_000, "A" * 500])
def test_anything_else_is_none(token: str | None) -> None:
    assert visits.read(SIGNER, token, NOW, 90) is None
