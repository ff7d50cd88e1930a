"""Lines of CSV as a page takes them, pasted or as a file, and what is wrong with them."""

from collections.abc import Sequence

from flask import request

from campaigns import words
from campaigns.kernel import sheets
from campaigns.kernel.sheets import MOST_FAULTS, Wrong
from web.request import locale


def typed(field: str) -> str:
    """The file's text where one was sent, else what stands in the field."""
    sent = request.files.get("file")
    if sent and sent.filename:
        return sheets.text_of(sent.read())
    return request.form.get(field, "").removeprefix("\ufeff")


def told(wrong: Sequence[Wrong]) -> list[tuple[int, str, str]]:
    """What is wrong: the line's number, the column, the reason."""
    found = sorted(wrong, key=lambda each: each.line)[:MOST_FAULTS]
    return [(each.line, each.fault.field or "", words.tell(each.fault, locale())) for each in found]
