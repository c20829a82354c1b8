"""A model from a data set: measured by walking forward, then learnt from all but the last quarter, with its card."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from typing import Final

import numpy as np
from numpy.typing import NDArray

from spymaster.errors import ExitCode, UserError
from spymaster.features.attempt_features import SCHEMA
from spymaster.learn.dataset.read import DataSet
from spymaster.learn.heads.boosting import need_lightgbm
from spymaster.learn.heads.fitting import Arrays, Learner, fit, packed
from spymaster.learn.heads.index import index_of
from spymaster.learn.heads.options import LEAST_ATTEMPTS, TrainOptions, words
from spymaster.learn.heads.questions import resolved_attempts
from spymaster.learn.heads.report import SIMULATED, Evaluation, evaluation, report_lines
from spymaster.learn.heads.splits import Plan, check_split, plan
from spymaster.learn.heads.telling import told_apart
from spymaster.learn.heads.walking import ablations, walk
from spymaster.models.model_file import Card

QUESTION: Final = (
    "whether price goes sigma sqrt(480 s), 1 to 12 points, beyond a level or back from it within 480 s, which way, "
    "how far and when"
)
WALKED: Final = "by models that had learnt from earlier ones alone, in a walk forward"
NOT_REAL: Final = "not measured on real markets"


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """A model's file, and what was measured of models made in the same way."""

    packed: bytes
    card: Card
    report: Evaluation


def train(data: DataSet, options: TrainOptions, real: DataSet | None, progress: Callable[[str], None]) -> Trained:
    """Measure, learn, write down. ``real``: rows of real markets to be told from. Raises UserError."""
    if data.schema != SCHEMA:
        problem = "was built with other features than this program computes, and so would serve none"
        raise UserError(data.id, problem, "build it again with this version", code=ExitCode.DATA)
    learner = Learner(data, options)
    has_trees = learner.has_trees
    if has_trees:
        need_lightgbm()
    splits = plan(data, options.folds)
    told, models = walk(learner, splits.walk, progress)
    compared = ablations(learner, splits.walk, told, models, progress) if options.ablations and has_trees else ()
    report = evaluation(
        told,
        model="of the walk forward",
        learnt_on_simulated=data.simulated,
        data_set=data.id,
        simulated=data.simulated,
        seen=WALKED,
        ablations=compared,
        told_apart=told_apart(data, real, options) if real is not None else None,
        notes=() if has_trees else (collecting(data),),
    )
    progress(f"learning from {len(splits.final.train):,} rows, calibrating on {len(splits.final.calibrate):,}")
    check_split(data, splits.final)
    arrays = fit(learner, splits.final.train, splits.final.calibrate)
    arrays = with_index(arrays, data, splits, options)
    card = _card(data, options, report, splits.final.train)
    return Trained(packed(arrays, data, card, version("spymaster-tui")), card, report)


def with_index(arrays: Arrays, data: DataSet, splits: Plan, options: TrainOptions) -> Arrays:
    """With an index of what the model learnt from and was calibrated on; never of the last quarter."""
    plain = {name: array for name, array in arrays.items() if not name.startswith("index/")}
    if not options.neighbours:
        return plain
    places = np.concatenate([splits.final.train, splits.final.calibrate])
    return plain | index_of(data, places, plain, options).arrays()


def collecting(data: DataSet) -> str:
    """What is said while there are too few attempts for trees."""
    so_far = f"Collecting {resolved_attempts(data)} of {LEAST_ATTEMPTS} resolved attempts"
    return f"{so_far}: until then the logistic speaks alone."


def _card(data: DataSet, options: TrainOptions, report: Evaluation, train_rows: NDArray[np.int64]) -> Card:
    kind = "simulated worlds" if data.simulated else "trade dates"
    groups = len(np.unique((data.source if data.simulated else data.date)[train_rows]))
    attempts = len(np.unique(data.attempt[train_rows]))
    learnt_on = f"{attempts:,} attempts in {len(train_rows):,} rows of {groups} {kind}, data set {data.id}"
    not_measured = (NOT_REAL,) if data.simulated else ()
    made_by = f"spymaster-tui learn train DS --out MODEL{words(options)}"
    card = Card(
        name="levels, several heads",
        question=QUESTION,
        learnt_on=learnt_on,
        made_by=made_by,
        simulated=data.simulated,
        rows=len(train_rows),
        trials=report.trials,
        measured=tuple(_measured(report)),
        not_measured=not_measured,
        page="\n".join(_page(learnt_on, made_by, report, not_measured)),
    )
    return card


def _measured(report: Evaluation) -> list[str]:
    told = []
    for one in report.heads:
        if one.stage == "all":
            skill, figures = one.figures.brier_skill, one.figures
            ends = f" [{skill.low:+.3f}, {skill.high:+.3f}]" if skill.low is not None and skill.high is not None else ""
            told.append(
                f"{one.head}: Brier skill over the Brownian baseline {skill.value:+.3f}{ends}, ECE "
                f"{figures.ece_corrected:.3f}, {figures.rows} rows of {figures.worlds}, {report.seen}"
            )
    return [*told, *report.notes]


def _page(learnt_on: str, made_by: str, report: Evaluation, not_measured: tuple[str, ...]) -> list[str]:
    mark = [f"**{SIMULATED}**; {', '.join(not_measured)}.", ""] if report.simulated else []
    return [
        "# Levels, several heads",
        "",
        *mark,
        f"Asked: {QUESTION}.",
        f"Learnt on: {learnt_on}.",
        f"Made by: `{made_by}`.",
        "",
        "## Measured",
        "",
        *report_lines(report),
    ]
