"""What a model was worth, as one value: printed as JSON, as text for people, and inside the model's card."""

from __future__ import annotations

from typing import Final

import msgspec

from spymaster.features.horizons import HORIZONS_S
from spymaster.learn.calibration import Interval
from spymaster.learn.heads.measures import (
    CurveFigures,
    HeadFigures,
    StrengthFigures,
    Told,
    curve_figures,
    head_figures,
    strength_figures,
)
from spymaster.learn.heads.walking import Ablation

ENOUGH_ROWS: Final = 10_000
"""Fewer rows say nothing about calibration."""
SIMULATED: Final = "LEARNT ON SIMULATED MARKETS"


class Evaluation(msgspec.Struct, frozen=True, kw_only=True):
    """What ``learn evaluate --json`` prints.

    ``simulated``: these rows are, or some of them; ``seen``: which they are, and that no model learnt from them;
    ``blocks``: trade dates, or worlds, that the intervals draw; ``trials``: models that were compared; ``told_apart``:
    the AUC of telling simulated rows from real ones, None where only one kind was given.
    """

    model: str
    learnt_on_simulated: bool
    data_set: str
    simulated: bool
    seen: str
    rows: int
    blocks: int
    trials: int
    heads: tuple[HeadFigures, ...]
    curves: tuple[CurveFigures, ...]
    strength: StrengthFigures | None
    ablations: tuple[Ablation, ...] = ()
    told_apart: float | None = None
    notes: tuple[str, ...] = ()

    @property
    def enough_rows(self) -> bool:
        """Whether the calibration error may be quoted."""
        return self.rows >= ENOUGH_ROWS


def evaluation(
    told: Told,
    *,
    model: str,
    learnt_on_simulated: bool,
    data_set: str,
    simulated: bool,
    seen: str,
    ablations: tuple[Ablation, ...] = (),
    told_apart: float | None = None,
    notes: tuple[str, ...] = (),
) -> Evaluation:
    """The figures of what was said of rows."""
    ran = told.asked.ran
    return Evaluation(
        model=model,
        learnt_on_simulated=learnt_on_simulated,
        data_set=data_set,
        simulated=simulated,
        seen=seen,
        rows=int(told.asked.known.sum()),
        blocks=len(set(told.asked.block[ran].tolist())),
        trials=1 + len({one.name for one in ablations if one.name != "all"}),
        heads=head_figures(told),
        curves=curve_figures(told),
        strength=strength_figures(told),
        ablations=ablations,
        told_apart=told_apart,
        notes=notes,
    )


def report_lines(report: Evaluation) -> list[str]:
    """The report as Markdown, which reads as text too."""
    lines = [f"{report.rows:,} rows of {report.blocks} {'worlds' if report.simulated else 'days'}: {report.seen}.", ""]
    lines += _table(
        ["head", "stage", "rows", "came", "AUC", "Brier skill [90 %]", "log skill [90 %]", "ECE", "before its map"],
        [_head_row(one) for one in report.heads],
    )
    lines += ["", "Skill is over the Brownian baseline of distance and volatility; intervals are by day or world.", ""]
    whole = [one for one in report.heads if one.stage == "all"]
    against = [[one.head, a.baseline, f"{a.rows:,}", _interval(a.brier_skill)] for one in whole for a in one.against]
    lines += _table(["head", "against", "rows", "Brier skill [90 %]"], against)
    if report.curves:
        times = [f"{h} s" for h in HORIZONS_S]
        lines += [
            "",
            *_table(["cause", "rows", "integrated Brier", "skill [90 %]", *times], _curve_rows(report.curves)),
        ]
    if report.strength is not None:
        below = " / ".join(f"{share:.2f}" for share in report.strength.below)
        lines += ["", f"Strength: {below} of {report.strength.rows:,} rows lie below the quantiles .10 / .50 / .90; "]
        lines[-1] += f"loss {_interval(report.strength.skill)} smaller than that of fixed ones."
    if report.ablations:
        rows = [
            [a.name, str(a.columns), a.head, _interval(a.skill), _interval(a.worse_by, 4)] for a in report.ablations
        ]
        lines += ["", *_table(["columns", "how many", "head", "Brier skill [90 %]", "Brier worse by [90 %]"], rows)]
    lines += ["", f"{report.trials} models were compared." if report.trials > 1 else "One model was measured."]
    if report.told_apart is not None:
        lines.append(
            f"Simulated rows are told from real ones with an AUC of {report.told_apart:.3f}; .5 is not at all."
        )
    if not report.enough_rows:
        lines.append(f"Fewer than {ENOUGH_ROWS:,} rows: the ECE is not to be quoted.")
    return [*lines, *report.notes]


def report_text(report: Evaluation) -> str:
    """The report for people."""
    mark = f"{SIMULATED}: " if report.learnt_on_simulated else ""
    return "\n".join([f"{mark}model {report.model}, data {report.data_set}", "", *report_lines(report)])


def _head_row(one: HeadFigures) -> list[str]:
    figures = one.figures
    skills = [_interval(figures.brier_skill), _interval(figures.log_skill)]
    errors = [f"{figures.ece_corrected:.3f}", f"{one.ece_before:.3f}"]
    return [one.head, one.stage, f"{figures.rows:,}", f"{figures.came:.3f}", f"{figures.auc:.3f}", *skills, *errors]


def _curve_rows(curves: tuple[CurveFigures, ...]) -> list[list[str]]:
    rows = []
    for one in curves:
        told = [f"{said:.3f} ({came:.3f})" for said, came in zip(one.told, one.came, strict=True)]
        rows.append([f"{one.cause}, told (came)", f"{one.rows:,}", f"{one.integrated_brier:.4f}", _interval(one.skill)])
        rows[-1] += told
    return rows


def _interval(value: Interval, digits: int = 3) -> str:
    if value.low is None or value.high is None:
        return f"{value.value:+.{digits}f}"
    return f"{value.value:+.{digits}f} [{value.low:+.{digits}f}, {value.high:+.{digits}f}]"


def _table(head: list[str], rows: list[list[str]]) -> list[str]:
    """A Markdown table whose columns stand under one another."""
    table = [head, *rows]
    wide = [max(len(row[k]) for row in table) for k in range(len(head))]
    lines = ["| " + " | ".join(cell.ljust(w) for cell, w in zip(row, wide, strict=True)) + " |" for row in table]
    lines.insert(1, "|" + "|".join("-" * (w + 2) for w in wide) + "|")
    return lines
