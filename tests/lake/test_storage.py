"""A lake in a folder: a file is whole under its name, whoever began it before and went away."""

from __future__ import annotations

from pathlib import Path

from spymaster.lake.storage.files import LocalStorage


def test_what_an_earlier_writer_still_holds_is_never_written_into_the_file_begun_anew(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)
    left_behind = storage.create("a/b.parquet")
    left_behind.write(b"of the run that ended")
    anew = storage.create("a/b.parquet")
    anew.write(b"whole")
    left_behind.write(b"a footer, at the end of its life")
    left_behind.make_durable()
    storage.commit(anew, "a/b.parquet")
    assert storage.read("a/b.parquet") == b"whole"
