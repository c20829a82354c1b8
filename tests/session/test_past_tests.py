"""What became of a level's tests on the days before a session, beside what prices like any other did."""

from __future__ import annotations

from pathlib import Path

import pytest

from spymaster.errors import UserError
from spymaster.lake.catalog import Lake
from spymaster.ledger.rows import PLACEBO, TestOutcome
from spymaster.market.instruments import FUTURES_CALENDAR
from spymaster.market.levels import LevelKind
from spymaster.session.past_tests import PastTestDays
from spymaster.signals.header_parts import PastTests
from tests.support.lakes import RUN, lake_at
from tests.support.level_tests import BROKE, DAY_NS, HELD, rows_of, run_with
from tests.support.market import START_NS

NEITHER = TestOutcome.NEITHER
TODAY_NS = START_NS + 4 * DAY_NS
"""The evening that opens the session of Tuesday 2024-01-09."""


def told(root: Path, level_id: str, t_ns: int = TODAY_NS) -> PastTests | None:
    days = PastTestDays(lambda: lake_at(root), RUN.underlying, FUTURES_CALENDAR)
    assert days.look(level_id, t_ns) is None
    days.wait()
    return days.look(level_id, t_ns)


def test_tests_of_the_days_before_are_summed_with_their_base(tmp_path: Path) -> None:
    run_with(tmp_path, "run-1", rows_of(HELD, HELD, BROKE, NEITHER), rows_of(HELD, BROKE, at_s=7200, kind=PLACEBO))
    run_with(tmp_path, "run-2", rows_of(HELD, day=3), rows_of(BROKE, BROKE, at_s=7200, day=3, kind=PLACEBO))
    found = told(tmp_path, "VWAP")
    # one of four placebos held: of four decided one way, one would have
    assert found == PastTests(days=2, tests=5, held=3, broke=1, base=1.0)


def test_a_level_that_was_never_tested_has_days_and_no_test(tmp_path: Path) -> None:
    run_with(tmp_path, "run-1", rows_of(HELD))
    assert told(tmp_path, "ROUND_4800") == PastTests(days=1)


def test_without_placebos_there_is_no_base(tmp_path: Path) -> None:
    run_with(tmp_path, "run-1", rows_of(HELD))
    assert told(tmp_path, "VWAP") == PastTests(days=1, tests=1, held=1, base=None)


def test_nothing_of_the_session_itself_or_later_is_told(tmp_path: Path) -> None:
    run_with(tmp_path, "run-1", rows_of(HELD, day=4), rows_of(BROKE, day=5))
    assert told(tmp_path, "VWAP") == PastTests(days=0)


def test_another_session_looks_back_anew(tmp_path: Path) -> None:
    run_with(tmp_path, "run-1", rows_of(HELD, kind=LevelKind.VWAP))
    days = PastTestDays(lambda: lake_at(tmp_path), RUN.underlying, FUTURES_CALENDAR)
    for t_ns, count in ((START_NS, 0), (TODAY_NS, 1)):
        days.look("VWAP", t_ns)
        days.wait()
        found = days.look("VWAP", t_ns)
        assert found is not None
        assert found.tests == count


def test_a_lake_that_cannot_be_read_is_logged_and_nothing_is_told(caplog: pytest.LogCaptureFixture) -> None:
    def refuse() -> Lake:
        raise UserError("lake", "is not there", "name another")

    days = PastTestDays(refuse, "ES", FUTURES_CALENDAR)
    days.look("VWAP", TODAY_NS)
    days.wait()
    assert days.look("VWAP", TODAY_NS) is None
    assert "tests of the days before: lake: is not there" in caplog.text
