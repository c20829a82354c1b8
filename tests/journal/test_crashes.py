"""Killed at any moment, a writer leaves an exact prefix and a sidecar a lake that can be read and finished."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from spymaster.bench.crash_matrix import CrashFault, CrashMatrix, check_journal
from spymaster.journal.codec import encode_frame
from spymaster.journal.writer import JournalWriter
from tests.support.journals import T0_NS, trades_frame

WRITERS = 240
SIDECARS = 60


@pytest.fixture
def matrix() -> Iterator[CrashMatrix]:
    matrix = CrashMatrix(seed=7)
    yield matrix
    matrix.close()


@pytest.mark.slow
def test_killed_writers_leave_exactly_what_was_appended_and_go_on_from_there(matrix: CrashMatrix) -> None:
    assert matrix.kill_writers(WRITERS).kills >= WRITERS


@pytest.mark.slow
def test_killed_sidecars_leave_readable_files_and_in_the_end_the_same_lake(matrix: CrashMatrix) -> None:
    assert matrix.kill_sidecars(SIDECARS).kills >= SIDECARS


def test_the_matrix_notices_frames_that_nobody_appended(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path, "test")
    writer.append(encode_frame(trades_frame(1)), clock_ns=T0_NS)
    writer.abandon()
    with pytest.raises(CrashFault, match="are not the first 1"):
        check_journal(tmp_path)
