"""Options of fields that several audiences' forms have: languages, time zones, currencies."""

from functools import lru_cache
from typing import Any

from campaigns.kernel import money, zones
from web.forms import choices

LANGUAGES = {"en": "English", "fr": "Français"}
USUAL = ("EUR", "USD", "GBP", "CHF", "CAD")


@lru_cache(1)
def _places() -> list[Any]:
    return choices({zone: zone.replace("_", " ") for zone in ("UTC", *sorted(zones.canonical()))})


@lru_cache(1)
def _currencies() -> list[Any]:
    return choices({code: code for code in (*USUAL, *sorted(money.living() - set(USUAL)))})


def _with(current: str | None, offered: list[Any]) -> list[Any]:
    if not current or any(choice.value == current for choice in offered):
        return offered
    return [*choices({current: current.replace("_", " ")}), *offered]


def zones_with(current: str | None) -> list[Any]:
    """The options of a zone's field; one that is an alias or a machine's is among them, or it would be another's."""
    return _with(current, _places())


def currencies_with(current: str | None) -> list[Any]:
    """The options of a currency's field, the usual ones first; a historic one that was stored is among them."""
    return _with(current, _currencies())
