"""The words of the product in English and French: one catalogue, read from the .po files once a process.

The files are one for each part of the product, so that two people can translate at once; together they are one
catalogue, and a test refuses a message that has no French or has two. Reading them takes a fraction of a second
and needs no compiled copy that could be older than its source.
"""

import io
import math
from collections.abc import Callable
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from babel.dates import format_date
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from babel.support import NullTranslations, Translations

from campaigns.faults import FAULTS, TOO_OFTEN_LONG
from campaigns.kernel.errors import Fault, Problem

LOCALES = ("en", "fr")
MOST_SECONDS = 90
"""A longer wait is told in minutes."""

FOLDER = Path(__file__).parent / "locale"


@lru_cache
def catalogue(locale: str) -> NullTranslations:
    """The translations of a locale; English is what the code says."""
    files = sorted((FOLDER / locale).glob("*.po"))
    if not files:
        return NullTranslations()
    whole = Catalog(locale=locale)
    for path in files:
        with path.open("rb") as stream:
            for message in read_po(stream, locale=locale):
                if message.id:
                    whole.add(message.id, message.string)
    compiled = io.BytesIO()
    write_mo(compiled, whole)
    compiled.seek(0)
    return Translations(compiled)


def choose(wanted: str | None, fallback: str = "en") -> str:
    """The locale we have for a wanted one.

    >>> choose("fr-CA"), choose("de"), choose(None, "fr")
    ('fr', 'en', 'fr')
    """
    language = (wanted or "").replace("_", "-").split("-")[0].lower()
    return language if language in LOCALES else fallback


def gettext(locale: str) -> Callable[..., str]:
    """`_` for a locale: `_("…%(name)s", name=…)`."""
    translations = catalogue(locale)

    def translate(message: str, **values: Any) -> str:
        text = translations.gettext(message)
        return text % values if values else text

    return translate


def tell(fault: Fault, locale: str) -> str:
    """A fault in words; days and numbers are written as the language writes them."""
    message, values = FAULTS[fault.code], fault.values
    if fault.code == "too_often" and values["wait_s"] > MOST_SECONDS:
        message, values = TOO_OFTEN_LONG, {"minutes": math.ceil(values["wait_s"] / 60)}
    return gettext(locale)(message, **{name: _shown(value, locale) for name, value in values.items()})


def _shown(value: Any, locale: str) -> Any:
    if isinstance(value, date):
        return format_date(value, "d MMMM y", locale=locale)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return format_decimal(value, "#,##0.#", locale=locale)
    return value


def tell_all(refused: Problem, locale: str) -> str:
    """A problem's faults, as sentences."""
    return ". ".join(tell(fault, locale) for fault in refused.faults)
