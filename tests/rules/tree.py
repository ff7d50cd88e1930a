"""What the rules read: the files of the checkout, as text and as syntax."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PRODUCT = ("campaigns", "web")
Function = ast.FunctionDef | ast.AsyncFunctionDef


def name_of(path: Path) -> str:
    """The path as a person writes it."""
    return path.relative_to(ROOT).as_posix()


def files(*folders: str, suffix: str) -> list[Path]:
    """All files below the folders that end so; a folder that isn't there yet has none."""
    return sorted(path for folder in folders for path in (ROOT / folder).rglob(f"*{suffix}"))


def kept_files() -> list[Path]:
    """What git keeps or would keep: everything but what .gitignore names."""
    listed = _git("ls-files", "--cached", "--others", "--exclude-standard", "-z")
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]


def commit_messages() -> str:
    """All the messages of this branch, each after its short name."""
    return _git("log", "--format=%h %B")


def text_of(path: Path) -> str | None:
    """What it says, or None where it isn't text."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


def functions(source: str) -> Iterator[Function]:
    """All functions and methods, nested ones too."""
    return (node for node in ast.walk(ast.parse(source)) if isinstance(node, Function))


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """All calls with the last word of what is called: `session.commit()` is "commit"."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Attribute):
                yield node.func.attr, node
            elif isinstance(node.func, ast.Name):
                yield node.func.id, node


def arguments_of(function: Function) -> set[str]:
    """The names that it takes."""
    arguments = function.args
    return {each.arg for each in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}


def _git(*words: str) -> str:
    ran = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, check=True, text=True)
    return ran.stdout
