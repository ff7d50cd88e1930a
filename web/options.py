"""Options of fields that several audiences' forms have: languages, time zones, currencies."""

from functools import lru_cache
from typing import Any

from campaigns.kernel import zones
from campaigns.kernel.money import currencies
from web.forms import choices

LANGUAGES = {"en": "English", "fr": "Français"}
USUAL = ("EUR", "USD", "GBP", "CHF", "CAD")


@lru_cache(1)
def _places() -> list[str]:
    """Time zones that people live in."""
    named = sorted(zone for zone in zones.names() if "/" in zone and not zone.startswith(("Etc/", "posix/")))
    return ["UTC", *named]


def zones_with(current: str | None) -> list[Any]:
    """The options of a zone's field; one that a machine chose (Etc/GMT+5) is among them, or it would be another's."""
    offered = dict.fromkeys([*([current] if current else []), *_places()])
    return choices({zone: zone.replace("_", " ") for zone in offered})


def currency_choices() -> list[Any]:
    """The options of a currency's field, the usual ones first."""
    return choices({code: code for code in (*USUAL, *sorted(currencies() - set(USUAL)))})
