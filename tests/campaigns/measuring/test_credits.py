import json
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from campaigns.measuring.credits import Touch, distinct, entity_of, last_non_direct, share, split


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _touches(case: dict[str, Any]) -> list[Touch]:
    """Touches as capturing makes them: never of a bot, of a view or of a member."""
    if case.get("conversion_excluded"):
        return []
    seen = [each for each in case["touches"] if not each.get("bot") and each.get("kind") != "view"]
    return [
        Touch(each["id"], _moment(each["at"]), each["entity"], "direct" if each.get("direct") else "link")
        for each in seen
    ]


@pytest.mark.reference
def test_the_journeys_of_the_reference_are_credited_as_computed_there(reference: Path) -> None:
    cases = json.loads((reference / "attribution/cases.json").read_text())["cases"]
    checked = 0
    for case in cases:
        earned_by = share(
            _touches(case),
            _moment(case["conversion_at"]),
            timedelta(seconds=case["lookback_s"]),
            last_non_direct,
            timedelta(seconds=case["dedupe_s"]),
        )
        money = split(case["revenue_minor"], [credit.weight for credit in earned_by])
        expected = case["expected"].get("all_touches", case["expected"]).get("last_non_direct")
        if expected is None or "unattributed" in expected:
            assert earned_by == [], case["name"]
            continue
        checked += 1
        earned = {
            str(credit.touch.id): (str(credit.weight), amount)
            for credit, amount in zip(earned_by, money, strict=True)
            if credit.weight
        }
        wanted = {
            id_: (weight, expected["revenue_minor"][id_]) for id_, weight in expected["exact"].items() if weight != "0"
        }
        assert earned == wanted, case["name"]
    assert checked > 10


def _touch(number: int, minute: int, entity: str = "tweet:a", evidence: str = "link") -> Touch:
    return Touch(number, datetime(2026, 11, 2, 9, tzinfo=UTC) + timedelta(minutes=minute), entity, evidence)


def test_the_same_tweet_within_half_an_hour_is_one_touch_and_the_window_doesnt_slide() -> None:
    path = [_touch(1, 0), _touch(2, 20), _touch(3, 29), _touch(4, 30), _touch(5, 45)]
    assert [touch.id for touch in distinct(path)] == [1, 4]


def test_another_tweet_within_half_an_hour_is_another_touch() -> None:
    assert [touch.id for touch in distinct([_touch(1, 0), _touch(2, 1, "tweet:b"), _touch(3, 2)])] == [1, 2]


def test_touches_of_one_moment_are_ordered_by_id() -> None:
    earned_by = share([_touch(2, 0, "tweet:b"), _touch(1, 0)], _touch(0, 5).at, timedelta(days=1), last_non_direct)
    assert [credit.touch.id for credit in earned_by if credit.weight] == [2]


def test_direct_is_credited_only_when_there_is_nothing_else() -> None:
    alone = [_touch(1, 0, "direct", "direct")]
    assert [credit.weight for credit in share(alone, _touch(0, 5).at, timedelta(days=1), last_non_direct)] == [1]


def test_only_a_code_or_a_link_from_x_or_nowhere_is_a_tweets_credit() -> None:
    entities = {evidence: entity_of("1", evidence) for evidence in ("link+x", "link", "code", "link+other", "utm")}
    assert entities == {
        "link+x": "tweet:1", "link": "tweet:1", "code": "tweet:1", "link+other": "spillover:1", "utm": "utm",
    }  # fmt: skip


def test_a_cent_goes_to_the_earliest_of_equals() -> None:
    assert split(1, [Fraction(1, 3)] * 3) == [1, 0, 0]
    assert split(5, []) == []
