"""Tests of levels over the days of a lake: what is written down with a run, and which of several runs counts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from spymaster.lake.gold.level_tests import LevelTestsWriter, level_tests_schema
from spymaster.lake.level_tests import has_level_tests, level_tests
from spymaster.lake.query import views
from spymaster.lake.storage.files import LocalStorage
from spymaster.lake.tables.part import PartMaker
from spymaster.lake.verify import verify
from spymaster.ledger.rows import PLACEBO
from spymaster.ledger.table import columns_of
from spymaster.market.kinds import NS_PER_S
from spymaster.market.levels import LevelKind
from spymaster.market.manifest import RunStatus
from tests.support.lakes import RUN, lake_at
from tests.support.level_tests import BROKE, HELD, rows_of, run_with
from tests.support.market import START_NS


def outcomes(root: Path, **asked: Any) -> list[str]:
    found: list[str] = level_tests(lake_at(root), **asked)["outcome"].to_pylist()
    return found


def test_what_is_written_reads_back_as_it_is_exported(tmp_path: Path) -> None:
    rows = rows_of(HELD, BROKE)
    run_with(tmp_path, "run-1", rows)
    table = level_tests(lake_at(tmp_path))
    assert table.schema.equals(level_tests_schema().arrow)
    columns = columns_of(rows)
    assert table.column_names == list(columns)
    assert table["level_id"].to_pylist() == ["VWAP", "VWAP"]
    assert table["touch_ns"].to_pylist() == rows["touch_ns"].tolist()
    assert table["outcome"].to_pylist() == ["HELD", "BROKE"]
    assert table["score"].to_pylist() == [0.0, 0.0]


def test_a_table_of_it_is_there_for_statements_and_is_sound(tmp_path: Path) -> None:
    run_with(tmp_path, "run-1", rows_of(HELD))
    lake = lake_at(tmp_path)
    assert "level_tests" in views(lake)
    assert [finding for finding in verify(lake) if finding.is_damage] == []


def test_the_same_tests_are_the_same_bytes_however_they_came(tmp_path: Path) -> None:
    rows = rows_of(HELD, BROKE, HELD, HELD)
    found = []
    for name, cuts in (("a", [4]), ("b", [1, 2, 4])):
        writer = LevelTestsWriter(PartMaker(LocalStorage(tmp_path / name), "run"), "ES")
        writer.configure(["mine"])
        for first, last in zip([0, *cuts], cuts, strict=False):
            writer.tests(rows[first:last], 5)
            writer.configure(["mine"])
        found.append(writer.close_hour()[0].sha256)
    assert found[0] == found[1]


def test_a_test_of_a_level_that_has_no_name_any_more_is_kept(tmp_path: Path) -> None:
    rows = rows_of(HELD, kind=LevelKind.USER)
    rows["user_index"] = 2
    run_with(tmp_path, "run-1", rows)
    assert level_tests(lake_at(tmp_path))["level_id"].to_pylist() == ["USER_2"]


def test_days_follow_each_other_and_a_span_is_cut_to_the_moment(tmp_path: Path) -> None:
    run_with(tmp_path, "run-2", rows_of(BROKE, day=1))
    run_with(tmp_path, "run-1", rows_of(HELD, HELD))
    assert outcomes(tmp_path) == ["HELD", "HELD", "BROKE"]
    first_end = START_NS + 20 * NS_PER_S
    assert outcomes(tmp_path, from_ns=first_end + 1) == ["HELD", "BROKE"]
    assert outcomes(tmp_path, until_ns=first_end) == []
    assert outcomes(tmp_path, until_ns=first_end + 1) == ["HELD"]


def test_of_runs_of_the_same_hours_the_newest_complete_one_counts_whole(tmp_path: Path) -> None:
    run_with(tmp_path, "run-1", rows_of(HELD, HELD))
    run_with(tmp_path, "run-2", rows_of(BROKE, at_s=30))
    assert outcomes(tmp_path) == ["BROKE"]
    run_with(tmp_path, "run-3", rows_of(HELD, HELD, HELD, at_s=30), status=RunStatus.TORN)
    assert outcomes(tmp_path) == ["BROKE"]
    # asked for the end alone the same run counts
    assert outcomes(tmp_path, from_ns=START_NS + 51 * NS_PER_S) == []


def test_runs_of_other_hours_of_a_date_count_beside_each_other(tmp_path: Path) -> None:
    run_with(tmp_path, "run-2", rows_of(HELD))
    run_with(tmp_path, "run-1", rows_of(BROKE, at_s=3600))
    assert outcomes(tmp_path) == ["HELD", "BROKE"]


def test_levels_of_another_underlying_are_left_out(tmp_path: Path) -> None:
    run_with(tmp_path, "run-1", rows_of(HELD))
    assert outcomes(tmp_path, underlying="SPY") == []
    assert outcomes(tmp_path, underlying=RUN.underlying) == ["HELD"]


def test_a_run_without_them_says_so(tmp_path: Path) -> None:
    run_with(tmp_path, "run-1")
    [run] = lake_at(tmp_path).runs
    assert not has_level_tests(run)
    assert outcomes(tmp_path) == []


@pytest.mark.parametrize("columns", [("outcome",), ("level_id", "session_date")])
def test_some_columns_alone_are_read(tmp_path: Path, columns: tuple[str, ...]) -> None:
    run_with(tmp_path, "run-1", rows_of(HELD), rows_of(BROKE, at_s=7200, kind=PLACEBO))
    table = level_tests(lake_at(tmp_path), columns=columns)
    assert tuple(table.column_names) == columns
    assert len(table) == 2
