"""The file store: whole files, nothing outside its folder."""

from pathlib import Path

import pytest

from campaigns.kernel.errors import Problem
from tests.ports.conftest import Compose


def test_a_file_is_kept_and_streamed(composed: Compose) -> None:
    files = composed().files
    content = bytes(range(256)) * 5000
    files.put("papers/one.pdf", content)
    size, chunks = files.stream("papers/one.pdf")
    assert files.get("papers/one.pdf") == content
    assert size == len(content)
    assert b"".join(chunks) == content


def test_a_file_put_again_is_replaced_whole(composed: Compose, tmp_path: Path) -> None:
    files = composed().files
    files.put("a", b"a long first text")
    files.put("a", b"short")
    assert files.get("a") == b"short"
    assert [path.name for path in (tmp_path / "files").iterdir()] == ["a"]  # no draft stays beside it


def test_a_reader_keeps_the_file_that_it_opened(composed: Compose) -> None:
    files = composed().files
    files.put("a", b"1" * 1_000_000)
    size, chunks = files.stream("a")
    files.put("a", b"2" * 10)
    assert b"".join(chunks) == b"1" * size


def test_what_isnt_there_is_missing(composed: Compose) -> None:
    files = composed().files
    for read in (files.get, files.stream):
        with pytest.raises(Problem) as missing:
            read("papers/none.pdf")
        assert (missing.value.kind, missing.value.faults[0].code) == ("missing", "file_missing")
    files.delete("papers/none.pdf")


def test_a_deleted_file_is_gone(composed: Compose) -> None:
    files = composed().files
    files.put("a/b", b"1")
    files.delete("a/b")
    with pytest.raises(Problem):
        files.get("a/b")


def test_no_key_leaves_the_folder(composed: Compose, tmp_path: Path) -> None:
    files = composed().files
    with pytest.raises(ValueError):
        files.put("../outside", b"1")
    assert not (tmp_path / "outside").exists()


def test_no_file_is_touched_while_a_transaction_is_open(composed: Compose) -> None:
    world = composed()
    with world.db.read():
        for call in (lambda: world.files.put("a", b""), lambda: world.files.get("a"), lambda: world.files.delete("a")):
            with pytest.raises(RuntimeError, match="inside a read transaction"):
                call()
