"""Sequence models on the folds of a walk forward: what they add to the Brownian baseline, and to a logistic."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from spymaster.learn.calibration import Calibration, Interval, brier_skill, calibration
from spymaster.learn.dataset.read import DataSet
from spymaster.learn.heads.baselines import BROWNIAN, LOGISTIC, baselines
from spymaster.learn.heads.fitting import Learner, beta_map, fit_logistic_head, scales
from spymaster.learn.heads.options import TrainOptions
from spymaster.learn.heads.questions import questions
from spymaster.learn.heads.report import SIMULATED
from spymaster.learn.heads.splits import Split, check_split, plan
from spymaster.learn.sequence.convolutions import Convolutions
from spymaster.learn.sequence.patch_transformer import REMEDY, has_torch, train_transformer, transformer_chances
from spymaster.learn.sequence.windows import Scaling, Windows, sequences, windows
from spymaster.models.head_model import DIRECTION
from spymaster.models.heads import beta_columns, chance

Floats = NDArray[np.float64]

CONVOLUTIONS: Final = "convolutions and ridge"
TRANSFORMER: Final = "patch transformer"


class SequenceFigures(msgspec.Struct, frozen=True, kw_only=True):
    """One model. ``figures``: beside the Brownian baseline; ``over_logistic``: Brier skill over that.

    Both are None where it was not run, and ``not_run`` says why.
    """

    name: str
    figures: Calibration | None = None
    over_logistic: Interval | None = None
    not_run: str = ""


class SequenceReport(msgspec.Struct, frozen=True, kw_only=True):
    """What ``learn sequence --json`` prints: of breaks, given that either comes. ``channels``, ``steps_s``: of the
    sequences; ``columns``: those beside them."""

    data_set: str
    simulated: bool
    channels: tuple[str, ...]
    steps_s: tuple[int, ...]
    columns: int
    models: tuple[SequenceFigures, ...]


def compare_sequences(data: DataSet, epochs: int, progress: Callable[[str], None]) -> SequenceReport:
    """Train and measure both on the folds of a walk forward. Raises UserError for too few days or worlds."""
    found = windows(data.names)
    folds = plan(data, TrainOptions().folds).walk
    told: dict[str, list[Floats]] = {CONVOLUTIONS: []}
    if has_torch():
        told[TRANSFORMER] = []
    tested, beside = [], []
    for number, split in enumerate(folds, 1):
        check_split(data, split)
        progress(f"fold {number} of {len(folds)}: {len(split.train):,} rows, {len(split.test):,} tested")
        fold = _Fold(data, split, found)
        told[CONVOLUTIONS].append(fold.by_convolutions())
        if TRANSFORMER in told:
            told[TRANSFORMER].append(fold.by_transformer(epochs))
        tested.append(fold.test)
        logistic = fit_logistic_head(Learner(data, TrainOptions()), split.train)
        known = baselines(data, split.train, fold.test, logistic)
        beside.append((known[BROWNIAN].of(DIRECTION), known[LOGISTIC].of(DIRECTION)))
    places = np.concatenate(tested)
    brownian, logistic_says = (np.concatenate([pair[k] for pair in beside]) for k in range(2))
    asked = questions(data)
    came, block = asked.broke[places].astype(np.float64), asked.block[places]
    models = []
    for name, parts in told.items():
        said = np.concatenate(parts)
        figures = calibration(said, brownian, came, block)
        over = brier_skill(said, logistic_says, came, block)
        models.append(SequenceFigures(name=name, figures=figures, over_logistic=over))
    if TRANSFORMER not in told:
        models.append(SequenceFigures(name=TRANSFORMER, not_run=f"torch is not installed; {REMEDY}"))
    return SequenceReport(
        data_set=data.id,
        simulated=data.simulated,
        channels=found.channels,
        steps_s=found.steps_s,
        columns=len(found.others) + 1,
        models=tuple(models),
    )


class _Fold:
    """The resolved rows of a split, as sequences."""

    def __init__(self, data: DataSet, split: Split, found: Windows) -> None:
        asked = questions(data)
        self.train, self.calibrate, self.test = (
            part[asked.resolved[part]] for part in (split.train, split.calibrate, split.test)
        )
        scaling = Scaling(*scales(data.design[self.train]))
        self._rows = [sequences(data, part, found, scaling) for part in (self.train, self.calibrate, self.test)]
        self._came = [asked.broke[part].astype(np.float64) for part in (self.train, self.calibrate)]

    def by_convolutions(self) -> Floats:
        """Calibrated chances of the rows that are tested."""
        learnt, held, tested = self._rows
        model = Convolutions(*learnt, self._came[0])
        model.choose(*held, self._came[1])
        return self._calibrated(model.chances(*held), model.chances(*tested))

    def by_transformer(self, epochs: int) -> Floats:
        """The same."""
        learnt, held, tested = self._rows
        module = train_transformer((*learnt, self._came[0]), (*held, self._came[1]), epochs)
        return self._calibrated(transformer_chances(module, *held), transformer_chances(module, *tested))

    def _calibrated(self, held: Floats, tested: Floats) -> Floats:
        return chance((beta_columns(tested) * beta_map(held, self._came[1])).sum(axis=1))


def sequence_text(report: SequenceReport) -> str:
    """The report for people."""
    mark = f"{SIMULATED}: " if report.simulated else ""
    steps = ", ".join(map(str, report.steps_s))
    lines = [
        f"{mark}breaks, given that either comes, data {report.data_set}",
        f"{len(report.channels)} channels over {steps} s back, and {report.columns} columns beside them",
    ]
    for one in report.models:
        if one.figures is None or one.over_logistic is None:
            lines.append(f"{one.name}: not measured, {one.not_run or 'there were no rows'}")
            continue
        skill, figures = one.figures.brier_skill, one.figures
        lines.append(
            f"{one.name}: Brier skill over the Brownian baseline {_told(skill)}, over the logistic "
            f"{_told(one.over_logistic)}, AUC {figures.auc:.3f}, ECE {figures.ece_corrected:.3f}, {figures.rows:,} rows"
        )
    return "\n".join(lines)


def _told(value: Interval) -> str:
    if value.low is None or value.high is None:
        return f"{value.value:+.3f}"
    return f"{value.value:+.3f} [{value.low:+.3f}, {value.high:+.3f}]"
