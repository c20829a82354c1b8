"""A result is whole or not there, whoever dies on the way and however many compute it."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from spymaster.research.results import RESULT, Failure, Receipt, Results, Wanted, files_in

WANTED = Wanted("export flows", 20260317, "abc")


def receipt(folder: Path) -> Receipt:
    return Receipt(
        step=WANTED.step,
        date=WANTED.date,
        key=WANTED.key,
        simulated=True,
        inputs="i",
        settings=None,
        code="c",
        files=files_in(folder, {"a.parquet": 2}),
        facts={},
    )


def written(results: Results, content: bytes = b"rows") -> Path:
    folder = results.new_folder()
    (folder / "a.parquet").write_bytes(content)
    return folder


def test_a_result_appears_whole_under_its_step_date_and_key(tmp_path: Path) -> None:
    results = Results(tmp_path)
    folder = written(results)
    assert not results.has(WANTED)
    results.keep(folder, WANTED, receipt(folder))
    assert results.has(WANTED)
    assert (tmp_path / "export-flows" / "2026-03-17" / "abc" / "a.parquet").read_bytes() == b"rows"
    assert results.receipt(WANTED).files[0].rows == 2
    assert not folder.exists()


def test_of_two_who_compute_the_same_one_is_kept(tmp_path: Path) -> None:
    results = Results(tmp_path)
    one, other = written(results), written(results)
    results.keep(one, WANTED, receipt(one))
    results.keep(other, WANTED, receipt(other))
    assert results.has(WANTED)
    assert not other.exists()


def test_what_cannot_be_put_in_its_place_is_an_error(tmp_path: Path) -> None:
    results = Results(tmp_path)
    folder = written(results)
    (tmp_path / WANTED.place).mkdir(parents=True)
    (tmp_path / WANTED.place / "odd").write_bytes(b"")
    with pytest.raises(OSError, match="not empty"):
        results.keep(folder, WANTED, receipt(folder))


def test_what_the_dead_left_half_done_is_deleted_and_what_the_living_have_is_not(tmp_path: Path) -> None:
    results = Results(tmp_path)
    mine = written(results)
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    theirs = [mine.with_name(f"{platform.node()}.{gone.pid}.aa"), mine.with_name(f"elsewhere.{gone.pid}.bb")]
    old = mine.with_name("elsewhere.1.cc")
    for folder in (*theirs, old):
        folder.mkdir()
    os.utime(old, (0, 0))
    results.clean()
    assert [folder.exists() for folder in (mine, *theirs, old)] == [True, False, True, False]


def test_a_failure_is_remembered_until_it_is_overcome(tmp_path: Path) -> None:
    results = Results(tmp_path)
    failure = Failure(WANTED.step, WANTED.date, "d1", "the reason")
    assert results.failure(WANTED) is None
    results.fail(WANTED, failure)
    assert results.failure(WANTED) == failure
    folder = written(results)
    results.keep(folder, WANTED, receipt(folder))
    assert results.failure(WANTED) is None


def test_a_folder_without_its_receipt_is_no_result(tmp_path: Path) -> None:
    results = Results(tmp_path)
    (tmp_path / WANTED.place).mkdir(parents=True)
    assert not results.has(WANTED)
    (tmp_path / WANTED.place / RESULT).write_bytes(b"{}")
    assert results.has(WANTED)
