"""What counts of a path: order, repeats, and whose a touch is."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction

from campaigns.crediting.models import Lens, credit, split
from campaigns.crediting.paths import Touch, distinct, entity_of


def _touch(number: int, minute: int, entity: str = "tweet:a", evidence: str = "link") -> Touch:
    return Touch(number, datetime(2026, 11, 2, 9, tzinfo=UTC) + timedelta(minutes=minute), entity, evidence)


def test_the_same_tweet_within_half_an_hour_is_one_touch_and_the_window_doesnt_slide() -> None:
    path = [_touch(1, 0), _touch(2, 20), _touch(3, 29), _touch(4, 30), _touch(5, 45)]
    assert [touch.id for touch in distinct(path)] == [1, 4]


def test_another_tweet_within_half_an_hour_is_another_touch() -> None:
    assert [touch.id for touch in distinct([_touch(1, 0), _touch(2, 1, "tweet:b"), _touch(3, 2)])] == [1, 2]


def test_a_code_typed_after_the_click_counts_beside_it() -> None:
    assert [touch.id for touch in distinct([_touch(1, 0), _touch(2, 5, evidence="code")])] == [1, 2]


def test_touches_of_one_moment_are_ordered_by_id() -> None:
    told = credit([_touch(2, 0, "tweet:b"), _touch(1, 0)], _touch(0, 5).at, Lens())
    assert [touch.id for touch, weight in told if weight] == [2]


def test_only_a_code_or_a_link_from_x_or_nowhere_is_a_tweets_credit() -> None:
    entities = {evidence: entity_of("1", evidence) for evidence in ("link+x", "link", "code", "link+other", "utm")}
    assert entities == {
        "link+x": "tweet:1", "link": "tweet:1", "code": "tweet:1", "link+other": "spillover:1", "utm": "utm",
    }  # fmt: skip
    assert entity_of(None, "link", "7") == "link:7"


def test_a_cent_goes_to_the_earliest_of_equals() -> None:
    assert split(1, [Fraction(1, 3)] * 3) == [1, 0, 0]
    assert split(5, []) == []
