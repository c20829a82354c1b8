"""Hashes of content: by what is in the files and by nothing else, and read no more often than needed."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from spymaster.research.content import ContentIndex, digest_of


def test_a_file_is_read_once_over_many_runs(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"one")
    first = ContentIndex(tmp_path / "index.json")
    assert first.sha256_of(file) == hashlib.sha256(b"one").hexdigest()
    first.save()
    second = ContentIndex(tmp_path / "index.json")
    assert second.sha256_of(file) == first.sha256_of(file)
    assert (first.read_bytes, second.read_bytes) == (3, 0)


def test_a_file_that_was_written_again_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"one")
    index = ContentIndex(tmp_path / "index.json")
    index.sha256_of(file)
    before = file.stat()
    file.unlink()
    file.write_bytes(b"two")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert index.sha256_of(file) == hashlib.sha256(b"two").hexdigest()


def test_an_index_that_is_damaged_is_none(tmp_path: Path) -> None:
    (tmp_path / "index.json").write_bytes(b"[")
    (tmp_path / "a").write_bytes(b"one")
    index = ContentIndex(tmp_path / "index.json")
    assert index.of_files([("a", tmp_path / "a")]) == [("a", hashlib.sha256(b"one").hexdigest())]


def test_a_digest_does_not_depend_on_the_order_of_keys() -> None:
    assert digest_of({"a": 1, "b": [2.0, None]}) == digest_of({"b": [2.0, None], "a": 1})
    assert digest_of({"a": 1}) != digest_of({"a": 2})
