"""A run that is written down has its tests of levels in the journal, and so in its lake."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from spymaster.journal.codec import decode_signals, decode_tests
from spymaster.journal.format import FrameKind
from spymaster.journal.inlet import JournalInlet
from spymaster.journal.writer import JournalWriter
from spymaster.ledger import follow
from spymaster.ledger.rows import TEST, TestOutcome
from spymaster.session.record.run_tests import RunTests
from tests.ledger.lines import Market
from tests.support.engine import config_frame
from tests.support.journals import T0_NS, read_journal

PATH = Market.through((0, 5.0), (20, 0.0), (30, 5.0), (50, 5.0), (120, 0.0), (121, 0.5))
"""A test that holds, and one that is open at the end."""


def test_tests_are_told_as_they_are_decided_and_the_open_ones_at_the_end() -> None:
    tests = RunTests(may_compile=True)
    tests.configure(config_frame())
    decided = np.concatenate([tests.on_block(block) for block in PATH.blocks(1)])  # type: ignore[arg-type]
    own = decided[decided["kind"] >= 0]
    assert own["outcome"].tolist() == [TestOutcome.HELD]
    rest = tests.rest()
    assert set(rest["outcome"].tolist()) == {TestOutcome.UNKNOWN}
    assert (rest["kind"] >= 0).sum() == 1
    assert len(tests.rest()) == 0


def test_where_nothing_may_wait_and_kernels_are_missing_the_run_goes_on_without_them(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(follow, "are_ready", lambda: False)
    tests = RunTests(may_compile=False)
    tests.configure(config_frame())
    found = [len(tests.on_block(block)) for block in PATH.blocks(1)]  # type: ignore[arg-type]
    assert sum(found) == len(tests.rest()) == 0
    assert caplog.text.count("tests of levels are not written down") == 1


def test_before_a_first_snap_there_is_nothing_open() -> None:
    assert len(RunTests(may_compile=False).rest()) == 0


def test_the_journal_holds_them_beside_the_snaps_and_reads_them_back(tmp_path: Path) -> None:
    rows = np.zeros(3, TEST)
    rows["number"] = [1, 2, 3]
    writer = JournalWriter(tmp_path, "run", clock_ns=T0_NS)
    JournalInlet(writer).publish_tests(rows)
    JournalInlet(writer).publish_tests(rows[:0])
    writer.close()
    [signals] = [frame for frame in read_journal(tmp_path) if frame.kind is FrameKind.SIGNAL]
    decoded = decode_signals(signals)
    assert len(decoded.snaps) == 0
    assert decode_tests(decoded).tobytes() == rows.tobytes()
