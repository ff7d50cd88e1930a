"""What is installed is pinned, hashed, explained, and comes from wherever the reader's own registry is."""

from __future__ import annotations

import json
import re

import pytest

from tests.rules.tree import ROOT, kept_files, name_of, text_of

LOCKS = {
    "requirements.in": "requirements.txt",
    "requirements-dev.in": "requirements-dev.txt",
    "tools/uv.in": "tools/uv.txt",
}
# In pieces, so that this file isn't found by its own rule.
REGISTRIES = ("pypi" + ".org", "python" + "hosted.org", "npmjs" + ".org", "npmjs" + ".com", "deb.debian" + ".org")
OPTIONS = re.compile(r"^\s*(?:-i|-f|--(?:extra-)?index-url|--find-links|--trusted-host)\b", re.MULTILINE)


def asked_for(source: str) -> set[str]:
    """The names in a list of requirements."""
    return {found.group(0).lower() for line in source.splitlines() if (found := re.match(r"[A-Za-z][\w.-]*", line))}


def unhashed(lock: str) -> list[str]:
    """Pins without a hash."""
    entries = re.split(r"\n(?=[a-z0-9])", re.sub(r"^\s*#.*\n?", "", lock, flags=re.MULTILINE))
    return [entry.split()[0] for entry in entries if entry.strip() and "--hash=sha256:" not in entry]


@pytest.mark.parametrize("lock", LOCKS.values())
def test_every_pin_has_its_hash(lock: str) -> None:
    written = (ROOT / lock).read_text()
    assert "==" in written
    assert unhashed(written) == []


@pytest.mark.parametrize("listed,lock", LOCKS.items())
def test_everything_asked_for_is_locked(listed: str, lock: str) -> None:
    wanted, pinned = asked_for((ROOT / listed).read_text()), asked_for((ROOT / lock).read_text())
    assert wanted - pinned == set()


def test_the_tools_run_on_the_same_versions_as_the_product() -> None:
    versions = [
        dict(re.findall(r"^([\w.-]+)==(\S+)", (ROOT / lock).read_text(), re.MULTILINE)) for lock in LOCKS.values()
    ]
    product, tools = versions[0], versions[1]
    assert {
        name: (product[name], tools[name]) for name in product.keys() & tools.keys() if product[name] != tools[name]
    } == {}


def test_every_library_asked_for_is_explained() -> None:
    table = (ROOT / "docs/decisions/dependencies.md").read_text()
    rows = set(re.findall(r"^\| `([^`]+)`", table, re.MULTILINE))
    listed = {name for source in LOCKS for name in asked_for((ROOT / source).read_text())}
    packages = json.loads((ROOT / "package.json").read_text())
    assert rows == listed | packages["devDependencies"].keys() | packages["optionalDependencies"].keys()


def test_no_lock_file_names_where_to_download_from() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text())
    assert [name for name, package in lock["packages"].items() if "resolved" in package] == []
    assert [name for name, package in lock["packages"].items() if name and "integrity" not in package] == []
    assert [name for name in (*LOCKS, *LOCKS.values()) if OPTIONS.search((ROOT / name).read_text())] == []


def test_no_file_names_a_registry() -> None:
    texts = {name_of(path): text for path in kept_files() if (text := text_of(path))}
    assert {name: host for name, text in texts.items() for host in REGISTRIES if host in text} == {}


def test_packages_of_the_page_checks_are_pinned() -> None:
    packages = json.loads((ROOT / "package.json").read_text())
    versions = {**packages["devDependencies"], **packages["optionalDependencies"]}
    assert {name: version for name, version in versions.items() if not re.fullmatch(r"\d+\.\d+\.\d+", version)} == {}


def test_a_pin_without_a_hash_is_found() -> None:
    assert unhashed("a==1 \\\n    --hash=sha256:00\n    # via b\nb==2\n    # via -r x.in\n") == ["b==2"]
