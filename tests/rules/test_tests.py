"""Rules for the tests: no patching outside tests/ports, and each can fail."""

from __future__ import annotations

import ast

from tests.rules.tree import Function, calls, files, functions, name_of

PATCHES = {"monkeypatch", "mocker"}
SAYS_NO = ("assert", "check", "expect", "fail", "raises", "warns", "wait_for")


def can_fail(function: Function) -> bool:
    """Whether it compares anything: an assert, or a call that is named like one."""
    if any(isinstance(node, ast.Assert) for node in ast.walk(function)):
        return True
    return any(word.lstrip("_").startswith(SAYS_NO) for word, _ in calls(function))


def test_no_test_patches_what_it_tests() -> None:
    faults = []
    for path in files("tests", suffix=".py"):
        source = path.read_text()
        patched = {each.arg for node in functions(source) for each in node.args.args} & PATCHES
        if (patched or "unittest.mock" in source) and not name_of(path).startswith(("tests/ports/", "tests/rules/")):
            faults.append(name_of(path))
    assert faults == []


def test_each_test_can_fail() -> None:
    faults = [
        f"{name_of(path)}: {function.name}"
        for path in files("tests", suffix=".py")
        if path.name.startswith("test_")
        for function in functions(path.read_text())
        if function.name.startswith("test_") and not can_fail(function)
    ]
    assert faults == []


def test_a_test_that_compares_nothing_is_found() -> None:
    looks, compares = functions("def test_a():\n    get('/')\ndef test_b():\n    assert get('/') == 1")
    assert (can_fail(looks), can_fail(compares)) == (False, True)
