"""Writing predictions down: whole lines, whatever happens, and a later process that goes on."""

from __future__ import annotations

import errno
from collections.abc import Sequence
from pathlib import Path

import pytest

from spymaster.errors import UserError
from spymaster.journal.files import OsFiles
from spymaster.ledger.predictions.chain import ChainReader, verified
from spymaster.ledger.predictions.entries import Round, RunBegins
from spymaster.ledger.predictions.writer import PredictionWriter
from tests.support.predicted import S, run_begins, said


class FullDisk(OsFiles):
    """A disk that has room for so many bytes."""

    def __init__(self, room: int) -> None:
        self._room = room

    def write(self, descriptor: int, buffers: Sequence[bytes | bytearray | memoryview], offset: int) -> int:
        taken = bytes(buffers[0])[: self._room]
        if not taken:
            raise OSError(errno.ENOSPC, "No space left on device")
        self._room -= len(taken)
        return super().write(descriptor, [taken], offset)


def a_round(second: int) -> Round:
    return Round(second * S, 20260105, (said(),))


def test_a_run_that_ended_says_so_and_all_of_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "predictions.jsonl"
    writer = PredictionWriter(path, run_begins(), OsFiles())
    for second in range(1, 4):
        writer.write(a_round(second))
    writer.end()
    chain = verified(path.read_bytes())
    assert (chain.problem, chain.said, chain.is_ended) == ("", 3, True)


def test_what_a_killed_process_had_written_is_all_there(tmp_path: Path) -> None:
    path = tmp_path / "predictions.jsonl"
    writer = PredictionWriter(path, run_begins(), OsFiles())
    writer.write(a_round(1))
    chain = verified(path.read_bytes())
    assert (chain.problem, chain.said, chain.is_ended) == ("", 1, False)


def test_a_snap_at_which_nothing_is_said_leaves_no_line(tmp_path: Path) -> None:
    path = tmp_path / "predictions.jsonl"
    writer = PredictionWriter(path, run_begins(), OsFiles())
    writer.write(Round(S, 20260105, ()))
    assert verified(path.read_bytes()).lines == 1


def test_a_later_process_goes_on_with_the_chain_and_says_what_a_crash_left_unfinished(tmp_path: Path) -> None:
    path = tmp_path / "predictions.jsonl"
    first = PredictionWriter(path, run_begins(), OsFiles())
    first.write(a_round(1))
    whole = path.read_bytes()
    path.write_bytes(whole + b"0123456789")
    again = PredictionWriter(path, run_begins(), OsFiles())
    again.write(a_round(2))
    again.end()
    data = path.read_bytes()
    reader = ChainReader(data)
    entries = list(reader.entries())
    assert data.startswith(whole)
    assert (reader.chain.problem, reader.chain.said) == ("", 2)
    assert [entry.dropped_bytes for entry in entries if isinstance(entry, RunBegins)] == [0, 10]


def test_a_file_that_does_not_hold_together_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "predictions.jsonl"
    writer = PredictionWriter(path, run_begins(), OsFiles())
    writer.write(a_round(1))
    edited = path.read_bytes().replace(b"PMH", b"PML")
    path.write_bytes(edited)
    with pytest.raises(UserError, match="line 2 is not what was written"):
        PredictionWriter(path, run_begins(), OsFiles())
    assert path.read_bytes() == edited


def test_a_run_that_has_ended_is_not_gone_on_with(tmp_path: Path) -> None:
    path = tmp_path / "predictions.jsonl"
    PredictionWriter(path, run_begins(), OsFiles()).end()
    with pytest.raises(UserError, match="the run in it has ended"):
        PredictionWriter(path, run_begins(), OsFiles())


@pytest.mark.parametrize("room", range(320, 900, 37))
def test_a_disk_that_is_full_leaves_whole_lines_and_the_reason(tmp_path: Path, room: int) -> None:
    path = tmp_path / "predictions.jsonl"
    writer = PredictionWriter(path, run_begins(), FullDisk(room))
    for second in range(1, 9):
        writer.write(a_round(second))
    assert writer.fault == "No space left on device"
    assert verified(path.read_bytes()).problem == ""
