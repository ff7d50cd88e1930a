"""Charts: what stands where, so that nothing on them covers anything else."""

from datetime import date, timedelta

import pytest

from campaigns.measuring.curves import Day
from web.drawings import NARROW, WIDE, Frame, curve

START = date(2026, 10, 1)


def days(count: int, every: int) -> tuple[list[Day], dict[str, int]]:
    """So many days, with a tweet every so often, and the tweets' rows: the newest is the first."""
    made = [Day(START + timedelta(n), n % 7, 0, [f"t{n}"] if n % every == 0 else []) for n in range(count)]
    names = [name for day in made for name in day.tweets]
    return made, {name: len(names) - n for n, name in enumerate(names)}


@pytest.mark.parametrize("frame", [WIDE, NARROW])
@pytest.mark.parametrize("count, every", [(14, 3), (42, 1), (42, 2), (90, 1), (365, 1)])
def test_no_pin_covers_another(frame: Frame, count: int, every: int) -> None:
    drawn = curve(*days(count, every), frame)
    assert drawn is not None
    for number, pin in enumerate(drawn.pins):
        for other in drawn.pins[number + 1 :]:
            assert abs(pin.x - other.x) >= 2 * frame.pin_radius or abs(pin.top - other.top) >= 2 * frame.pin_radius
    assert max(pin.top for pin in drawn.pins) + frame.pin_radius < min(pin.y for pin in drawn.pins)


def test_pins_with_room_stand_in_one_row_and_each_says_its_number() -> None:
    drawn = curve(*days(42, 7), NARROW)
    assert drawn is not None
    assert [pin.told for pin in drawn.pins] == ["6", "5", "4", "3", "2", "1"]
    assert len({pin.top for pin in drawn.pins}) == 1


def test_a_pin_without_room_is_told_by_the_one_before_it() -> None:
    drawn = curve(*days(90, 1), NARROW)
    assert drawn is not None
    assert drawn.pins[0].told == "90"
    assert drawn.pins[1].told == "89+"
