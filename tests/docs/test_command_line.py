"""The command line's page holds every command with its own words, and no other."""

import argparse
import re
from pathlib import Path

from campaigns import __main__ as command_line

ROOT = Path(__file__).parents[2]


def commands(parser: argparse.ArgumentParser, prefix: str = "") -> dict[str, str]:
    """Every command that does something, with the first line of its help."""
    found = {}
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, under in action.choices.items():
                deeper = commands(under, f"{prefix}{name} ")
                found |= deeper or {f"{prefix}{name}": under.description}
    return found


def test_every_command_is_documented_with_its_own_words() -> None:
    text = (ROOT / "docs/command-line.md").read_text()
    documented = dict(re.findall(r"^\| `([^`]+)` \| (.+) \|$", text, re.MULTILINE))
    assert documented == commands(command_line._parser())
