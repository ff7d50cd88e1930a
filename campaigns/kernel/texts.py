"""Typed text: what may be kept of it, whatever the alphabet.

Right-to-left letters, emoji and no-break spaces are text. NUL and its kind are not (PostgreSQL refuses NUL), nor are
halves of a UTF-16 pair, which JSON can spell and no database can store.
"""

import re
import unicodedata

from campaigns.kernel.errors import Faults

_BREAKS = re.compile("[\r\n\t\u2028\u2029]+")
_NOT_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")


def has_control(text: str) -> bool:
    """Whether something in it can't be shown or kept; line breaks and tabs can.

    >>> has_control("a\\x00b"), has_control("\\ud83d"), has_control("שלום 👩‍🚀\\n")
    (True, True, False)
    """
    return _NOT_TEXT.search(text) is not None


def line(text: str) -> str:
    """On one line, in NFC, without spaces around.

    >>> line(" Une revue\\r\\nscolaire ")
    'Une revue scolaire'
    """
    return unicodedata.normalize("NFC", _BREAKS.sub(" ", text)).strip()


def lines(text: str) -> str:
    """Several lines, in NFC, each break a LF, without blank space at the ends."""
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def check(faults: Faults, field: str, text: str, *, most: int, least: int = 0, several_lines: bool = False) -> str:
    """The text as it is kept; adds what is wrong to the faults.

    | argument | meaning |
    |---|---|
    | most, least | characters allowed; least 1 is a required field |
    | several_lines | keeps line breaks; without it they become spaces |
    """
    if len(text) > 4 * most:  # before anything that costs time for each character
        faults.add(field, "too_long", most=most, count=len(text))
        return ""
    kept = lines(text) if several_lines else line(text)
    if has_control(kept):
        faults.add(field, "control_characters")
    elif len(kept) > most:
        faults.add(field, "too_long", most=most, count=len(kept))
    elif least and not kept:
        faults.add(field, "required")
    elif len(kept) < least:
        faults.add(field, "too_short", least=least)
    return kept
