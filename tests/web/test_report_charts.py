"""Charts of reports: what stands where, that nothing covers anything else, and how they are read out."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask, render_template_string

from campaigns.statistics.delays import kaplan_meier
from tests.web.test_base import WEB
from web.curve_drawings import NARROW_CURVE, WIDE_CURVE, Banded, Point, Posted, by_delay, over_time
from web.drawings import Frame
from web.heat_drawings import NARROW_WEEK, WIDE_WEEK, Weave, week
from web.row_drawings import NARROW_ROWS, WIDE_ROWS, Lanes, Part, Rate, parts, rates
from web.scales import LETTER

PARIS = ZoneInfo("Europe/Paris")
START = datetime(2026, 11, 1, 23, tzinfo=UTC)
DAY = timedelta(days=1)
FRAMES = [WIDE_CURVE, NARROW_CURVE]
LANES = [WIDE_ROWS, NARROW_ROWS]


def days(*values: float | None, doubt: float = 0.02) -> list[Point]:
    return [
        Point(
            START + n * DAY,
            each,
            None if each is None else max(0, each - doubt),
            None if each is None else each + doubt,
        )
        for n, each in enumerate(values)
    ]


def drawn(points: list[Point], tweets: list[Posted], frame: Frame, is_rate: bool = True) -> Banded:
    found = over_time(points, tweets, frame, PARIS, is_rate=is_rate)
    assert found is not None
    return found


@pytest.mark.parametrize("frame", FRAMES)
@pytest.mark.parametrize("count, every", [(14, 1), (42, 1), (42, 5), (90, 2), (365, 9)])
def test_no_flag_covers_another_and_each_stays_inside(frame: Frame, count: int, every: int) -> None:
    tweets = [Posted(START + n * DAY, str(n), f"Tweet number {n} of this campaign") for n in range(0, count, every)]
    flags = drawn(days(*[0.1] * count), tweets, frame).flags
    covered = []
    for flag in flags:
        room = len(flag.label) * LETTER + 4 if flag.label else 0
        start = flag.x - frame.pin_radius - (room if flag.is_late else 0)
        end = flag.x + frame.pin_radius + (0 if flag.is_late else room)
        assert start >= 0
        assert end <= frame.width
        assert flag.top + frame.pin_radius <= flag.y
        covered.append((flag.top, start, end, flag.x))
    for n, (top, start, end, x) in enumerate(covered):
        for other_top, other_start, other_end, other_x in covered[n + 1 :]:
            assert top != other_top or end <= other_start or other_end <= start
            # a stem goes down through the rows below
            assert top >= other_top or not other_start < x < other_end
            assert other_top >= top or not start < other_x < end


def test_tweets_with_room_say_their_words_and_the_last_one_to_its_left() -> None:
    tweets = [Posted(START + n * DAY, str(n), "A short one") for n in (2, 12, 29)]
    flags = drawn(days(*[0.1] * 30), tweets, WIDE_CURVE).flags
    assert [(flag.told, flag.label) for flag in flags] == [
        ("2", "A short one"),
        ("12", "A short one"),
        ("29", "A short one"),
    ]
    late = drawn(days(*[0.1] * 30), [Posted(START + 29 * DAY, "1", "Words that are too long for it")], NARROW_CURVE)
    assert [flag.is_late for flag in late.flags] == [True]


def test_a_tweet_outside_of_the_time_shown_isnt_there() -> None:
    tweets = [Posted(START - DAY, "1", "Early"), Posted(START + 9 * DAY, "2", "Late")]
    assert drawn(days(0.1, 0.2), tweets, WIDE_CURVE).flags == []


def test_where_nothing_was_counted_there_is_no_line() -> None:
    found = drawn(days(0.1, 0.2, None, 0.1, None, 0.3, 0.3), [], WIDE_CURVE)
    assert found.line.count("M") == 2
    assert found.band.count("Z") == 2
    assert len(found.dots) == 1
    assert over_time(days(None, None), [], WIDE_CURVE, PARIS, is_rate=True) is None
    assert over_time([], [], WIDE_CURVE, PARIS, is_rate=True) is None


def test_a_wide_interval_doesnt_flatten_the_curve() -> None:
    found = drawn([*days(*[0.1] * 9), Point(START + 9 * DAY, 0.0, 0.0, 0.98)], [], WIDE_CURVE)
    assert max(height.value for height in found.heights) <= 0.2


def test_hours_are_told_in_the_viewers_zone_and_midnight_as_a_day() -> None:
    hours = [Point(datetime(2026, 11, 2, 11, tzinfo=UTC) + timedelta(hours=n), n) for n in range(48)]
    ticks = drawn(hours, [], WIDE_CURVE, is_rate=False).ticks
    assert {tick.at.astimezone(PARIS).hour % 6 for tick in ticks} == {0}
    assert [tick.at.astimezone(PARIS).day for tick in ticks if tick.is_day] == [3, 4]


@pytest.mark.parametrize("frame", FRAMES)
def test_delays_never_fall_and_stay_in_their_frame(frame: Frame) -> None:
    curve = kaplan_meier([(60 * n, n % 3 + 1) for n in range(1, 5000)], [(90 * n, 1) for n in range(3000)])
    found = by_delay(curve, frame, 86400)
    assert found is not None
    spots = [tuple(map(float, spot.split())) for spot in found.line[1:].split("L")]
    assert len(spots) < 2 * frame.width + 10
    assert [x for x, _y in spots] == sorted(x for x, _y in spots)
    assert [y for _x, y in spots] == sorted((y for _x, y in spots), reverse=True)
    assert all(frame.left <= x <= frame.right and 0 <= y <= frame.base for x, y in spots)
    apart = [x for x, _y in found.censored]
    assert len(apart) <= (frame.right - frame.left) / 4 + 1


def test_half_is_marked_only_where_half_came() -> None:
    half = by_delay(kaplan_meier([(3600, 6)], [(7200, 4)]), WIDE_CURVE, 86400)
    never = by_delay(kaplan_meier([(3600, 4)], [(7200, 6)]), WIDE_CURVE, 86400)
    nobody = by_delay(kaplan_meier([], [(7200, 6)]), WIDE_CURVE, 86400)
    assert half is not None
    assert half.half is not None
    assert half.half.seconds == 3600
    assert never is not None
    assert never.half is None
    assert nobody is not None
    assert (nobody.last, len(nobody.heights)) == (0, 2)
    assert by_delay(kaplan_meier([], []), WIDE_CURVE, 86400) is None


@pytest.mark.parametrize("until_s, told", [(3600, "min"), (2 * 86400, "h"), (90 * 86400, "d"), (3000 * 86400, "d")])
@pytest.mark.parametrize("frame", FRAMES)
def test_delays_are_told_in_whole_units_with_room_between(frame: Frame, until_s: int, told: str) -> None:
    found = by_delay(kaplan_meier([(60, 1)], []), frame, until_s)
    assert found is not None
    assert {tick.unit for tick in found.ticks} == {told}
    gaps = [b.x - a.x for a, b in zip(found.ticks, found.ticks[1:], strict=False)]
    assert min(gaps) >= 40


@pytest.mark.parametrize("lanes", LANES)
def test_rates_share_one_scale_that_few_clicks_dont_stretch(lanes: Lanes) -> None:
    sure = Rate("Sure", 0.1, 0.08, 0.12, "10%", "8–12%", before=0.09)
    few = Rate("Few", 0.33, 0.06, 0.79, "too few", "", is_few=True)
    none = Rate("None", None, 0.0, 1.0, "no click", "", is_few=True)
    found = rates([sure, few, none], lanes, average=0.11)
    assert found.figures[-1].value <= 0.4
    assert found.beside is not None
    assert all(lanes.start <= row.start <= row.end <= lanes.end for row in found.rows)
    assert [row.x is None for row in found.rows] == [False, False, True]
    assert found.rows[0].before is not None
    assert [row.mark for row in found.rows] == sorted(row.mark for row in found.rows)
    assert found.height > found.rows[-1].mark


def test_differences_stand_about_zero() -> None:
    found = rates([Rate("a", -0.02, -0.05, 0.01, "", ""), Rate("b", 0.03, 0.01, 0.05, "", "")], WIDE_ROWS)
    below, above = found.rows
    assert below.x is not None
    assert above.x is not None
    assert below.x < found.zero < above.x


def test_a_refund_goes_left_and_the_others_are_compared_with_the_chosen_one() -> None:
    found = parts([Part("a", 0.5, "", is_chosen=True), Part("b", -0.2, "", low=-0.3, high=-0.1)], WIDE_ROWS)
    assert found.beside == found.rows[0].x
    assert found.rows[1].x is not None
    assert found.rows[1].start < found.rows[1].x < found.rows[1].end < found.zero
    assert parts([], WIDE_ROWS).rows == []


@pytest.mark.parametrize("weave", [WIDE_WEEK, NARROW_WEEK])
def test_a_week_shows_each_hour_once_and_keeps_its_key(weave: Weave) -> None:
    counts = [[day * 24 + hour for hour in range(24)] for day in range(7)]
    found = week(counts, weave)
    assert sum(cell.count for cell in found.cells) == sum(map(sum, counts))
    assert len({(cell.x, cell.y) for cell in found.cells}) == 168
    assert all(cell.x >= 0 and cell.x + found.width <= weave.width and cell.y < found.height for cell in found.cells)
    steps = {key.step: range(key.least, key.most + 1) for key in found.key}
    assert all(cell.count in steps[cell.step] for cell in found.cells)
    assert all(len(cell.told) * 6.9 <= found.width for cell in found.cells)


def test_a_week_without_clicks_has_the_key_of_nothing() -> None:
    found = week([[0] * 24] * 7, WIDE_WEEK)
    assert [(key.least, key.most) for key in found.key] == [(0, 0)]
    assert {cell.told for cell in found.cells} == {""}
    with pytest.raises(ValueError):
        week([[0] * 24] * 6, WIDE_WEEK)


DRAW = '{% import "base/report_charts.html" as charts with context %}'
CALLS = {
    "over_time": '{{ charts.over_time(c, "wide", "Leads a visit", "It rises.", "30%", "rate") }}',
    "by_delay": '{{ charts.by_delay(c, "wide", "Leads a visit", "It rises.", "half within 1 h") }}',
    "rates": '{{ charts.rates(c, "narrow", "Leads a visit", "It rises.") }}',
    "points": '{{ charts.rates(c, "narrow", "Leads a visit", "It rises.", "points") }}',
    "parts": '{{ charts.parts(c, "wide", "Leads a visit", "It rises.", "number") }}',
    "week": '{{ charts.week(c, "wide", "Leads a visit", "It rises.") }}',
}


def charts() -> dict[str, Any]:
    tweets = [Posted(START + DAY, "1", "<b>A tweet</b>")]
    row = Rate("A tweet with a label that is far too long to stand here", 0.1, 0.05, 0.2, "10%", "5–20%", before=0.1)
    return {
        "over_time": drawn(days(0.1, 0.2, None, 0.3), tweets, WIDE_CURVE),
        "by_delay": by_delay(kaplan_meier([(3600, 6)], [(7200, 4)]), WIDE_CURVE, 9 * 86400),
        "rates": rates([row], NARROW_ROWS, average=0.1),
        "points": rates([row, Rate("few", None, 0, 1, "", "", is_few=True)], NARROW_ROWS),
        "parts": parts([Part("a", 2000, "€2,000", low=1500, high=2500)], WIDE_ROWS),
        "week": week([list(range(24))] * 7, WIDE_WEEK),
    }


@pytest.mark.parametrize("kind", CALLS)
def test_a_drawing_says_its_name_and_what_is_to_be_seen_and_brings_no_style(app: Flask, kind: str) -> None:
    with app.test_request_context("/", headers={"Accept-Language": "fr"}):
        svg = render_template_string(DRAW + CALLS[kind], c=charts()[kind])
    assert re.search(r'<svg class="chart (wide|narrow)" viewBox="0 0 [\d. ]+" role="img"><title>Leads a visit<', svg)
    assert "<desc>It rises.</desc>" in svg
    assert not re.search(r"\sstyle=|\sfill=|\sstroke=|font-size=", svg)
    assert "<b>" not in svg


@pytest.mark.parametrize("kind", CALLS)
def test_each_class_of_a_drawing_has_its_colour(app: Flask, kind: str) -> None:
    with app.test_request_context("/"):
        svg = render_template_string(DRAW + CALLS[kind], c=charts()[kind])
    sheets = "".join((WEB / f"static/css/{name}.css").read_text() for name in ("components", "charts"))
    classes = {name for found in re.findall(r'class="([^"]+)"', svg) for name in found.split()}
    assert {name for name in classes if not re.search(rf"\.{name}\b", sheets)} == set()


def test_french_has_its_days_and_delays(app: Flask) -> None:
    with app.test_request_context("/", headers={"Accept-Language": "fr"}):
        found = [render_template_string(DRAW + CALLS[kind], c=charts()[kind]) for kind in ("week", "by_delay")]
    assert ">lun.<" in found[0]
    assert ">2\u00a0j<" in found[1]


def luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (each / 12.92 if each <= 0.03928 else ((each + 0.055) / 1.055) ** 2.4 for each in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_the_counts_of_a_week_can_be_read_on_each_of_its_colours() -> None:
    for scheme in (WEB / "static/css/tokens.css").read_text().split("@media (prefers-color-scheme: dark)"):
        tokens = dict(re.findall(r"--([\w-]+): *(#[0-9a-f]{6})", scheme))
        for step in range(6):
            pair = luminance(tokens[f"h-{step}"]), luminance(tokens["ink" if step < 4 else "ground"])
            assert (max(pair) + 0.05) / (min(pair) + 0.05) >= 4.5, f"step {step}"
