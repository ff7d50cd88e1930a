"""Names that say nothing, and the vocabulary that modules and classes may not fall back on."""

from __future__ import annotations

import ast
import re

from tests.rules.tree import PRODUCT, files, name_of

EMPTY_WORDS = {"common", "handler", "helper", "manager", "misc", "service", "util"}


def empty_words(name: str) -> set[str]:
    """The forbidden words in a name of either style, in the singular or the plural."""
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)
    return {word.lower().removesuffix("s") for word in words} & EMPTY_WORDS


def test_no_module_has_a_name_that_says_nothing() -> None:
    paths = files(*PRODUCT, "tests", "bench", "migrations", suffix=".py")
    parts = {part for path in paths for part in path.relative_to(path.parents[-2]).parts}
    assert {part for part in parts if empty_words(part.removesuffix(".py"))} == set()


def test_no_class_has_a_name_that_says_nothing() -> None:
    faults = [
        f"{name_of(path)}: {node.name}"
        for path in files(*PRODUCT, "tests", suffix=".py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef) and empty_words(node.name)
    ]
    assert faults == []


def test_both_styles_of_names_are_read() -> None:
    assert empty_words("LeadManager") == {"manager"}
    assert empty_words("string_utils") == {"util"}
    assert empty_words("HTTPHandlers") == {"handler"}
    assert empty_words("settle_payment") == empty_words("Commonwealth") == set()
