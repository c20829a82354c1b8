"""The report of P(break): groups, what is left out of the question, and what is not to be quoted."""

from __future__ import annotations

import numpy as np
import pytest

from spymaster.labels.first_passage import Outcome
from spymaster.learn.break_report import BreakReport, break_report, report_text
from spymaster.learn.break_rows import BreakRows
from spymaster.models.break_model import INPUT_NAMES, shipped_model

GROUPS = {0: ("all", "first"), 1: ("all", "first"), 2: ("all", "second")}
OUTCOMES = [Outcome.BREAK] * 30 + [Outcome.BOUNCE] * 50 + [Outcome.CHOP] * 20 + [Outcome.CENSORED] * 10


def rows() -> BreakRows:
    n = 3 * len(OUTCOMES)
    design = np.zeros((n, len(INPUT_NAMES)))
    design[:, 0], design[:, 1] = 1.0, np.linspace(-2.0, 2.0, n)
    score = np.full(n, np.nan)
    score[: n // 2] = 50.0
    world = np.repeat([0, 1, 2], len(OUTCOMES))
    return BreakRows(design, np.array(OUTCOMES * 3, np.int64), np.arange(n), score, world)


@pytest.fixture(scope="module")
def report() -> BreakReport:
    return break_report(shipped_model(), rows(), GROUPS, seeds_from="abc", simulated=True)


def test_all_rows_come_first_then_each_group(report: BreakReport) -> None:
    assert [(group.group, group.worlds, group.rows) for group in report.groups] == [
        ("all", 3, 330),
        ("first", 2, 220),
        ("second", 1, 110),
    ]


def test_where_neither_came_is_counted_and_is_no_part_of_the_question(report: BreakReport) -> None:
    whole = report.groups[0]
    assert whole.neither == 0.2
    assert whole.censored == 30
    assert whole.calibration is not None
    assert whole.calibration.rows == 240
    assert whole.calibration.came == 0.375


def test_few_rows_say_that_they_are_few(report: BreakReport) -> None:
    assert not report.enough_rows
    assert "Fewer than 10,000 resolved rows: the ECE is not to be quoted." in report_text(report)


def test_people_are_told_that_it_is_simulated_and_where_the_seeds_are_from(report: BreakReport) -> None:
    text = report_text(report)
    assert text.startswith("SIMULATED: +2 points of the future beyond the level before -2")
    assert "seeds from abc" in text


def test_rows_with_a_score_tell_what_it_would_have_been_worth(report: BreakReport) -> None:
    assert report.groups[0].score_skill is not None
    assert report.groups[2].score_skill is None
