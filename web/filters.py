"""How figures, money and times are written: English and French, in the viewer's zone. Pure functions, then filters."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, format_time
from babel.numbers import format_currency, format_decimal, format_percent, get_currency_symbol
from jinja2 import Environment, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from campaigns.kernel.money import decimals

NARROW, FIXED = "\u202f", "\u00a0"


class HasMoney(Protocol):
    """An amount in minor units and its currency."""

    amount: int
    currency: str


def _french(text: str, locale: str) -> str:
    # look.md: a plain no-break space groups and stands before % and €
    return text.replace(NARROW, FIXED) if locale == "fr" else text


def money(value: HasMoney | Mapping[str, Any], locale: str) -> str:
    """An amount with its currency.

    >>> money({"amount": 123450, "currency": "EUR"}, "en"), money({"amount": 500, "currency": "JPY"}, "en")
    ('€1,234.50', '¥500')
    """
    amount, currency = (value["amount"], value["currency"]) if isinstance(value, Mapping) else (
        value.amount, value.currency)  # fmt: skip
    exact = Decimal(amount).scaleb(-decimals(currency))  # a float would lose cents of very large sums
    return _french(format_currency(exact, currency, _money_pattern(currency, locale), locale=locale), locale)


def _money_pattern(currency: str, locale: str) -> str:
    # Babel leaves out the space that CLDR puts between letters and figures: CHF 12.00, but €12.00
    pattern: str = Locale.parse(locale).currency_formats["standard"].pattern
    spelt = get_currency_symbol(currency, locale=locale)[-1:].isalpha()
    return pattern.replace("¤", "¤" + FIXED) if spelt and pattern.startswith("¤") else pattern


def round_money(value: HasMoney | Mapping[str, Any], locale: str) -> str:
    """An amount as a poster says it: without its cents when there are none.

    >>> round_money({"amount": 14700, "currency": "EUR"}, "en"), round_money({"amount": 14750, "currency": "EUR"}, "en")
    ('€147', '€147.50')
    """
    amount, currency = (value["amount"], value["currency"]) if isinstance(value, Mapping) else (
        value.amount, value.currency)  # fmt: skip
    whole, cents = divmod(amount, 10 ** decimals(currency))
    if cents:
        return money(value, locale)
    pattern = f"#,##0{FIXED}¤" if locale == "fr" else "¤#,##0"
    return _french(format_currency(whole, currency, pattern, locale=locale, currency_digits=False), locale)


def dollars(micros: int, locale: str) -> str:
    """What X charges: dollars, with as many figures as it takes. `micros`: millionths of a dollar.

    >>> dollars(215_000, "en"), dollars(200_000, "en")
    ('$0.215', '$0.20')
    """
    exact = Decimal(micros).scaleb(-6)
    told = format_currency(exact, "USD", locale=locale, decimal_quantization=False)
    return _french(told, locale)


def number(value: float, locale: str) -> str:
    """A number, grouped; parts of one to three digits.

    >>> number(21840, "en")
    '21,840'
    """
    return _french(format_decimal(value, locale=locale), locale)


def rate(value: float, locale: str, places: int = 1) -> str:
    """A share of one, as a percentage.

    >>> rate(0.1042, "en"), rate(0.3, "en", 0)
    ('10.4%', '30%')
    """
    pattern = "#,##0" + ("." + "0" * places if places else "") + (f"{FIXED}%" if locale == "fr" else "%")
    return _french(format_percent(value, format=pattern, locale=locale), locale)


def points(value: float, locale: str, places: int = 1) -> str:
    """A difference of two shares, in percentage points with its sign.

    >>> points(0.0123, "en"), points(-0.03, "fr", 0)
    ('+1.2\\xa0pts', '−3\\xa0pts')
    """
    told = format_decimal(abs(value) * 100, "0" + ("." + "0" * places if places else ""), locale=locale)
    sign = "" if not told.strip("0.,") else "+" if value > 0 else "−"
    return f"{sign}{told}{FIXED}pts"


def weekday(number: int, locale: str) -> str:
    """A day of the week in short, Monday being 0.

    >>> weekday(0, "en"), weekday(6, "fr")
    ('Mon', 'dim.')
    """
    return str(Locale.parse(locale).days["format"]["abbreviated"][number])


def whole_weekday(number: int, locale: str) -> str:
    """A weekday in full; 0 is Monday.

    >>> whole_weekday(0, "en")
    'Monday'
    """
    return str(Locale.parse(locale).days["stand-alone"]["wide"][number])


def month(on: date, locale: str) -> str:
    """A month with its year.

    >>> month(date(2026, 11, 2), "fr")
    'novembre 2026'
    """
    return str(format_date(on, "LLLL y", locale))


def clock(moment: datetime, locale: str, zone: ZoneInfo) -> str:
    """The hour in the viewer's zone.

    >>> from datetime import UTC
    >>> clock(datetime(2026, 11, 2, 11, 30, tzinfo=UTC), "fr", ZoneInfo("Europe/Paris"))
    '12\\xa0h\\xa030'
    """
    here = moment.astimezone(zone)
    if locale == "fr":
        return f"{here.hour}{FIXED}h{FIXED}{here.minute:02d}"
    return str(format_time(here, "HH:mm", locale=locale))


def day(value: date | datetime, locale: str, zone: ZoneInfo, now: datetime, style: str = "short") -> str:
    """A day: short is `Mon 2 Nov`, with the year when it isn't this one; long is `2 November 2026`.

    Without the year: dmm is `2 November`, dm is `2 Nov`.

    >>> from datetime import UTC
    >>> day(date(2026, 11, 2), "en", ZoneInfo("UTC"), datetime(2026, 11, 22, tzinfo=UTC))
    'Mon 2 Nov'
    """
    here = value.astimezone(zone).date() if isinstance(value, datetime) else value
    this_year = here.year == now.astimezone(zone).year
    short = "EEE d MMM" if this_year else "d MMM y"
    pattern = {"long": "d MMMM y", "dmm": "d MMMM", "dm": "d MMM"}.get(style, short)
    return _dated(here, pattern, locale)


def _dated(on: date, pattern: str, locale: str) -> str:
    # the first of a month has a name of its own in French: 1er novembre
    return str(format_date(on, pattern.replace("d ", "d'er' ") if locale == "fr" and on.day == 1 else pattern, locale))


def moment(value: datetime, locale: str, zone: ZoneInfo, now: datetime) -> str:
    """Day and hour: `Mon 2 Nov, 12:30`, `lun. 2 nov., 12 h 30`."""
    return f"{day(value, locale, zone, now)}, {clock(value, locale, zone)}"


def whole_moment(value: datetime, locale: str, zone: ZoneInfo) -> str:
    """With year and zone, for a title: `2 November 2026, 12:30 CET`."""
    here = value.astimezone(zone)
    day_told, abroad = _dated(here.date(), "d MMMM y", locale), format_datetime(here, "z", locale=locale)
    return f"{day_told}, {clock(value, locale, zone)} {abroad}"


@pass_context
def _money(context: Context, value: Any) -> str:
    return money(value, context["locale"])


@pass_context
def _round_money(context: Context, value: Any) -> str:
    return round_money(value, context["locale"])


@pass_context
def _sums(context: Context, values: Any) -> str:
    # several currencies stand one after the other: they are never added
    return " + ".join(money(value, context["locale"]) for value in values) or "—"


@pass_context
def _number(context: Context, value: int) -> str:
    return number(value, context["locale"])


@pass_context
def _rate(context: Context, value: float) -> str:
    return rate(value, context["locale"])


@pass_context
def _percent(context: Context, value: float) -> str:
    locale = context["locale"]
    return str(format_percent(value, format=f"0{FIXED}%" if locale == "fr" else "0%", locale=locale))


@pass_context
def _points(context: Context, value: float, places: int = 1) -> str:
    return points(value, context["locale"], places)


@pass_context
def _weekday(context: Context, number: int) -> str:
    return weekday(number, context["locale"])


def country(code: str, locale: str) -> str:
    """A country by its name; a code that has none stays as it is.

    >>> country("CH", "fr"), country("ZZ", "en"), country("", "en")
    ('Suisse', 'Unknown Region', '')
    """
    return str(Locale(locale).territories.get(code, code))


def _stored_html(html: str) -> Markup:
    # nh3 sanitised it when it was saved (planning/markdown.py): the only HTML that is printed as it is
    return Markup(html)


@pass_context
def _time(context: Context, value: datetime) -> Markup:
    locale, zone = context["locale"], context["zone"]
    told, whole = moment(value, locale, zone, context["now"]), whole_moment(value, locale, zone)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(value.isoformat(), whole, told)


@pass_context
def _dollars(context: Context, micros: int) -> str:
    return dollars(micros, context["locale"])


@pass_context
def _day(context: Context, value: date | datetime, style: str = "short") -> str:
    return day(value, context["locale"], context["zone"], context["now"], style)


@pass_context
def _clock(context: Context, value: datetime) -> str:
    return clock(value, context["locale"], context["zone"])


def register(env: Environment) -> None:
    """The filters of templates; each reads the page's language and zone."""
    env.filters.update(
        money=_money, sums=_sums, number=_number, rate=_rate, rate0=_percent, time=_time, day=_day, clock=_clock,
        dollars=_dollars,
        stored_html=_stored_html, round_money=_round_money, points=_points, weekday=_weekday,
    )  # fmt: skip
