"""What P(break) was worth: its skill over distance and volatility alone, and whether it came as often as said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from spymaster.labels.first_passage import Outcome
from spymaster.learn.break_rows import BreakRows
from spymaster.learn.calibration import Calibration, Interval, calibration
from spymaster.models.break_model import BreakModel, chance

ENOUGH_ROWS: Final = 10_000
"""Fewer resolved rows say nothing about calibration."""
_BROWNIAN: Final = 1


class GroupReport(msgspec.Struct, frozen=True, kw_only=True):
    """One group of worlds. ``rows``: all that were asked; ``neither``: share of those seen to the end in which neither
    came; ``censored``: rows nobody saw the end of; ``calibration``: of the resolved ones.

    ``score_skill``: of the rule score / 100 read as if it were a chance, which it is not, on rows that have one.
    """

    group: str
    worlds: int
    rows: int
    neither: float | None
    censored: int
    calibration: Calibration | None
    score_skill: Interval | None


class BreakReport(msgspec.Struct, frozen=True, kw_only=True):
    """What ``evaluate p_break --json`` prints. ``simulated``: the worlds are; ``groups``: the first holds all rows."""

    model: str
    question: str
    simulated: bool
    seeds_from: str
    enough_rows: bool
    groups: tuple[GroupReport, ...]


def break_report(
    model: BreakModel, rows: BreakRows, groups: Mapping[int, tuple[str, ...]], *, seeds_from: str, simulated: bool
) -> BreakReport:
    """The figures of a model on rows it never saw. ``groups``: by the number of a world, the groups it counts in."""
    told = chance(rows.design @ model.coefficients)
    names = tuple(dict.fromkeys(name for of_world in groups.values() for name in of_world))
    reports = []
    for name in names:
        own = np.isin(rows.world, [world for world, of_world in groups.items() if name in of_world])
        reports.append(_group(name, rows.select(own), told[own]))
    return BreakReport(
        model=model.data_set,
        question=model.card.question,
        simulated=simulated,
        seeds_from=seeds_from,
        enough_rows=bool(reports) and int(rows.resolved.sum()) >= ENOUGH_ROWS,
        groups=tuple(reports),
    )


def report_text(report: BreakReport) -> str:
    """The report for people."""
    mark = "SIMULATED: " if report.simulated else ""
    lines = [f"{mark}{report.question}", f"model {report.model}" + _seeds(report.seeds_from), ""]
    head = ["group", "worlds", "rows", "neither", "came", "Brier", "Brownian", "skill [90 %]", "log skill [90 %]"]
    head += ["AUC", "Brownian", "ECE", "as counted", "score/100 skill"]
    lines += _aligned([head, *[_row(group) for group in report.groups]])
    whole = report.groups[0].calibration if report.groups else None
    if whole is not None:
        table = [[str(b.rows), _number(b.told), _interval(b.came)] for b in whole.reliability]
        lines += ["", *_aligned([["rows", "told", "came [90 %]"], *table])]
    lines += ["", "Intervals by world. Skill is over the Brownian baseline of distance and volatility."]
    if not report.enough_rows:
        lines.append(f"Fewer than {ENOUGH_ROWS:,} resolved rows: the ECE is not to be quoted.")
    return "\n".join(lines)


def _group(name: str, rows: BreakRows, told: NDArray[np.float64]) -> GroupReport:
    known = rows.resolved
    came = (rows.outcome[known] == Outcome.BREAK).astype(np.float64)
    baseline = chance(rows.design[known, _BROWNIAN])
    chop = int(np.count_nonzero(rows.outcome == Outcome.CHOP))
    ended = int(known.sum()) + chop
    scored = ~np.isnan(rows.score[known])
    by_score = calibration(rows.score[known][scored] / 100.0, baseline[scored], came[scored], rows.world[known][scored])
    return GroupReport(
        group=name,
        worlds=len(np.unique(rows.world)),
        rows=len(rows),
        neither=chop / ended if ended else None,
        censored=int(np.count_nonzero(rows.outcome == Outcome.CENSORED)),
        calibration=calibration(told[known], baseline, came, rows.world[known]),
        score_skill=by_score.brier_skill if by_score is not None else None,
    )


def _row(group: GroupReport) -> list[str]:
    start = [group.group, str(group.worlds), f"{group.rows:,}", _number(group.neither)]
    c = group.calibration
    if c is None:
        return [*start, *["-"] * 10]
    figures = (c.came, c.brier, c.brier_baseline)
    ends = (c.auc, c.auc_baseline, c.ece_corrected, c.ece)
    return [
        *start,
        *map(_number, figures),
        _interval(c.brier_skill),
        _interval(c.log_skill),
        *map(_number, ends),
        _interval(group.score_skill),
    ]


def _seeds(seeds_from: str) -> str:
    return f", seeds from {seeds_from}" if seeds_from else ""


def _number(value: float | None) -> str:
    return "-" if value is None or np.isnan(value) else f"{value:.3f}"


def _interval(interval: Interval | None) -> str:
    if interval is None:
        return "-"
    ends = f" [{interval.low:+.3f}, {interval.high:+.3f}]" if interval.low is not None else ""
    return f"{interval.value:+.3f}{ends}"


def _aligned(rows: list[list[str]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
