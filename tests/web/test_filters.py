"""Figures, money and times as look.md writes them, in both languages."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from jinja2 import Environment, StrictUndefined

from web import filters

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    "amount,currency,locale,told",
    [
        (123_450, "EUR", "en", "€1,234.50"),
        (123_450, "EUR", "fr", "1\u00a0234,50\u00a0€"),
        (-500, "EUR", "en", "-€5.00"),
        (500, "JPY", "en", "¥500"),
        (1500, "BHD", "en", "BHD\u00a01.500"),
        (1500, "BHD", "fr", "1,500\u00a0BHD"),
        (500, "JPY", "fr", "500\u00a0JPY"),
        (0, "CHF", "en", "CHF\u00a00.00"),
        (10**17 + 1, "EUR", "en", "€1,000,000,000,000,000.01"),
    ],
)
def test_money_has_its_currency_and_its_decimals(amount: int, currency: str, locale: str, told: str) -> None:
    assert filters.money({"amount": amount, "currency": currency}, locale) == told


def test_a_rate_has_one_decimal_or_as_many_as_asked() -> None:
    assert filters.rate(0.1042, "en") == "10.4%"
    assert filters.rate(0.1042, "fr") == "10,4\u00a0%"
    assert filters.rate(0.3, "fr", 0) == "30\u00a0%"
    assert filters.rate(1, "en") == "100.0%"


def test_figures_are_grouped_by_the_language() -> None:
    assert filters.number(21_840, "en") == "21,840"
    assert filters.number(21_840, "fr") == "21\u00a0840"


def test_a_moment_is_told_in_the_viewers_zone() -> None:
    moment = datetime(2026, 11, 2, 11, 30, tzinfo=UTC)
    assert filters.moment(moment, "en", PARIS, NOW) == "Mon 2 Nov, 12:30"
    assert filters.moment(moment, "fr", PARIS, NOW) == "lun. 2 nov., 12\u00a0h\u00a030"
    assert filters.moment(moment, "en", ZoneInfo("America/New_York"), NOW) == "Mon 2 Nov, 06:30"


def test_another_year_is_written_and_a_long_day_is_whole() -> None:
    assert filters.day(date(2025, 3, 1), "en", PARIS, NOW) == "1 Mar 2025"
    assert filters.day(date(2026, 12, 13), "fr", PARIS, NOW, "long") == "13 décembre 2026"


def test_the_day_is_that_of_the_zone() -> None:
    late = datetime(2026, 11, 2, 23, 30, tzinfo=UTC)
    assert filters.day(late, "en", PARIS, NOW) == "Tue 3 Nov"


@pytest.mark.parametrize("style,told", [("short", "dim. 1er nov."), ("long", "1er novembre 2026"), ("dm", "1er nov.")])
def test_the_first_of_a_month_has_its_french_name(style: str, told: str) -> None:
    assert filters.day(date(2026, 11, 1), "fr", PARIS, NOW, style) == told
    assert filters.day(date(2026, 11, 11), "fr", PARIS, NOW, "long") == "11 novembre 2026"


def test_the_year_is_told_by_the_viewers_calendar() -> None:
    new_year = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
    assert filters.moment(new_year, "en", PARIS, NOW) == "1 Jan 2027, 00:30"
    assert filters.moment(new_year, "en", ZoneInfo("UTC"), NOW) == "Thu 31 Dec, 23:30"


def test_a_whole_moment_names_its_zone() -> None:
    moment = datetime(2026, 11, 2, 11, 30, tzinfo=UTC)
    assert filters.whole_moment(moment, "en", PARIS).startswith("2 November 2026, 12:30 ")


def test_the_filters_read_the_page() -> None:
    env = Environment(autoescape=True, undefined=StrictUndefined)
    filters.register(env)
    page = {"locale": "fr", "zone": PARIS, "now": NOW, "at": datetime(2026, 11, 2, 11, 30, tzinfo=UTC)}
    told = env.from_string("{{ at | time }} {{ sums | sums }} {{ nothing | sums }} {{ 0.3 | rate0 }}").render(
        page, sums=[{"amount": 500, "currency": "EUR"}, {"amount": 7, "currency": "JPY"}], nothing=[]
    )
    assert told.startswith('<time datetime="2026-11-02T11:30:00+00:00" title="2 novembre 2026, 12\u00a0h\u00a030')
    assert told.endswith(">lun. 2 nov., 12\u00a0h\u00a030</time> 5,00\u00a0€ + 7\u00a0JPY — 30\u00a0%")
