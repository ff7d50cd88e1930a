"""What holds for any text and any time."""

import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo, available_timezones

from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.kernel.errors import Problem
from campaigns.publishing import addresses, calendars, weights

ZONES = sorted(available_timezones())
ANY = st.text(st.characters(codec=None, exclude_categories=[]), max_size=400)
NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
T = TypeVar("T")


def told(ask: Callable[[], T]) -> T | Problem:
    """What comes of it, a refusal included."""
    try:
        return ask()
    except Problem as refused:
        return refused


@given(ANY)
def test_any_text_is_kept_whole_or_refused_with_reasons(text: str) -> None:
    kept = told(lambda: weights.check(text))
    if isinstance(kept, Problem):
        assert kept.kind == "invalid"
        assert kept.faults
        return
    assert weights.check(kept) == kept
    assert kept.encode()
    assert weights.weigh(kept).weight <= weights.MOST


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=60), st.integers(0, 60))
def test_a_link_weighs_23_wherever_it_stands_alone(text: str, place: int) -> None:
    place = min(place, len(text))
    written = f"{text[:place]} {{link}} {text[place:]}"
    without = f"{text[:place]} {'x' * 23} {text[place:]}"
    assert weights.weigh(written).weight == weights.weigh(without).weight


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=80))
def test_no_weight_is_less_than_the_letters_one_sees(text: str) -> None:
    plain = weights.normal(text.replace(".", "").replace("{", ""))  # no addresses, no link
    letters = sum(1 for letter in plain if unicodedata.category(letter)[0] in "LN" and ord(letter) < 0x1100)
    assert weights.weigh(plain).weight >= letters


@given(st.sampled_from(ZONES), st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1)))
def test_a_time_is_what_the_clocks_show_or_one_they_skip(zone: str, wall: datetime) -> None:
    wall = wall.replace(second=0, microsecond=0)
    text = wall.isoformat(timespec="minutes")
    moment = told(lambda: calendars.instant(text, zone))
    if isinstance(moment, Problem):
        assert [fault.code for fault in moment.faults] == ["time_in_gap"]
        before = wall.replace(tzinfo=ZoneInfo(zone), fold=0).utcoffset()
        after = wall.replace(tzinfo=ZoneInfo(zone), fold=1).utcoffset()
        assert before != after
        return
    assert calendars.local(moment, zone) == text
    earlier = [moment - timedelta(minutes=minutes) for minutes in (20, 30, 60, 120)]
    assert all(calendars.local(each, zone) != text for each in earlier)  # of two, the first


@given(ANY, st.one_of(st.none(), st.sampled_from(ZONES), ANY))
def test_any_plan_is_ahead_or_refused(text: str, zone: str | None) -> None:
    plan = told(lambda: calendars.plan(text, zone, NOW))
    if isinstance(plan, Problem):
        assert plan.kind == "invalid"
        return
    assert NOW - calendars.GRACE <= plan.at <= NOW + calendars.FARTHEST


@given(ANY)
def test_any_address_is_a_tweets_or_refused(text: str) -> None:
    x_id = told(lambda: addresses.x_id_of(text))
    if isinstance(x_id, Problem):
        assert [fault.code for fault in x_id.faults] == ["not_a_tweet_url"]
        return
    assert 0 < int(x_id) < 2**63


@settings(max_examples=300)
@given(st.integers(1, 2**63 - 1), st.sampled_from(["x.com", "twitter.com", "mobile.twitter.com", "www.x.com"]), ANY)
def test_an_address_gives_its_id_whatever_follows_the_question_mark(number: int, host: str, tail: str) -> None:
    tail = "".join(tail.split())[:300]
    address = f"https://{host}/name/status/{number}"
    assert addresses.x_id_of(address) == str(number)
    if tail.isprintable():
        assert addresses.x_id_of(f"{address}?{tail}") == str(number)
    moment = addresses.posted_at(str(number), NOW, NOW)
    assert abs(moment - NOW) <= timedelta(minutes=5)
