"""What the project says of itself: numbered decisions, explained targets, nothing of where it was written."""

from __future__ import annotations

import re

from tests.rules.tree import ROOT, commit_messages, files, kept_files, name_of, text_of

# In pieces, so that this file isn't found by its own rule.
ELSEWHERE = re.compile("|".join(["/wor" + "k/", "bash_" + "jobs", r"\.lib" + "rary/", "farm" + "-(?:studio|bench)"]))
REGISTER = "dependencies.md"  # a table that grows, no single decision


def test_decisions_are_numbered_one_by_one() -> None:
    names = [path.name for path in files("docs/decisions", suffix=".md") if path.name != REGISTER]
    numbers = [int(name[:4]) for name in names if re.fullmatch(r"\d{4}-[a-z0-9-]+\.md", name)]
    assert numbers == list(range(1, len(names) + 1))


def test_every_target_of_make_is_explained() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^\.PHONY: (\S+)$", makefile, re.MULTILINE))
    explained = set(re.findall(r"^([a-z-]+):[^#\n]*## \S", makefile, re.MULTILINE))
    guide = (ROOT / "CONTRIBUTING.md").read_text()
    assert targets == explained
    assert {target for target in targets if f"`make {target}" not in guide} == set()


def test_no_file_speaks_of_the_place_where_it_was_written() -> None:
    texts = {name_of(path): text for path in kept_files() if (text := text_of(path))}
    assert {name: found.group(0) for name, text in texts.items() if (found := ELSEWHERE.search(text))} == {}


def test_no_commit_message_speaks_of_the_place_where_it_was_written() -> None:
    assert ELSEWHERE.search(commit_messages()) is None
