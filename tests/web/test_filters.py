"""Figures, money and times as look.md writes them, in both languages."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

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
        (1500, "BHD", "en", "BHD1.500"),
    ],
)
def test_money_has_its_currency_and_its_decimals(amount: int, currency: str, locale: str, told: str) -> None:
    assert filters.money({"amount": amount, "currency": currency}, locale) == told


def test_a_rate_has_one_decimal() -> None:
    assert filters.rate(0.1042, "en") == "10.4%"
    assert filters.rate(0.1042, "fr") == "10,4\u00a0%"


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
