"""A walk forward: every fold is told by a model that learnt from what came before it, and so are models with less."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from spymaster.features.attempt_features import ATTEMPT_FEATURES
from spymaster.features.schema import Group
from spymaster.learn.calibration import Interval, brier_skill
from spymaster.learn.heads.baselines import BROWNIAN, Chances, baselines
from spymaster.learn.heads.fitting import Learner, fit, fit_logistic_head, model_of
from spymaster.learn.heads.index import index_of
from spymaster.learn.heads.measures import Told, paired, pooled
from spymaster.learn.heads.mixing import mixed
from spymaster.learn.heads.questions import Questions, questions
from spymaster.learn.heads.splits import Split, check_split
from spymaster.models.head_model import DIRECTION, TRADEABLE, HeadModel
from spymaster.models.heads import predictions

Places = NDArray[np.int64]

ABLATIONS: Final[dict[str, tuple[Group, ...]]] = {
    "geometry alone": (Group.GEOMETRY,),
    "book and tape alone": (Group.BOOK_TAPE,),
    "fuel alone": (Group.FUEL,),
    "without geometry": (Group.BOOK_TAPE, Group.FUEL),
    "without book and tape": (Group.GEOMETRY, Group.FUEL),
    "without fuel": (Group.GEOMETRY, Group.BOOK_TAPE),
}
"""What a model is left with."""
MIXED: Final = "all, mixed with neighbours (predecessor)"


class Ablation(msgspec.Struct, frozen=True, kw_only=True):
    """A head of a model with less. ``skill``: over the Brownian baseline; ``worse_by``: how much larger its Brier score
    is than that of the model with all columns, on the same rows."""

    name: str
    columns: int
    head: str
    skill: Interval
    worse_by: Interval


def walk(learner: Learner, splits: tuple[Split, ...], at_fold: Callable[[str], None]) -> tuple[Told, list[Any]]:
    """What models said of folds they had not seen, and those models. ``at_fold`` is told what goes on."""
    parts, models = [], []
    for number, split in enumerate(splits, 1):
        check_split(learner.data, split)
        at_fold(f"fold {number} of {len(splits)}: {len(split.train):,} rows, {len(split.test):,} tested")
        arrays = fit(learner, split.train, split.calibrate)
        models.append(arrays)
        parts.append(told_by(model_of(arrays, learner.data), learner, split))
    return pooled(parts), models


def told_by(model: HeadModel, learner: Learner, split: Split) -> Told:
    """What a model says of the rows of ``split.test``, beside baselines that learnt from ``split.train``."""
    data, test = learner.data, split.test
    rows, stage = learner.rows(test), data.stage[test]
    before = model.uncalibrated(rows, stage)
    logistic = fit_logistic_head(learner, split.train) if learner.left_out is None else None
    return Told(
        of_rows(questions(data), test),
        stage,
        # a model with less is asked of rows that have nothing left, too
        predictions(model.calibrated(before, stage)),
        Chances(before.tradeable, before.direction),
        baselines(data, split.train, test, logistic),
    )


def of_rows(asked: Questions, places: Places) -> Questions:
    """What was asked of some rows."""
    return Questions(**{name: getattr(asked, name)[places] for name in Questions.__dataclass_fields__})


def ablations(
    learner: Learner, splits: tuple[Split, ...], whole: Told, models: list[Any], at_fold: Callable[[str], None]
) -> tuple[Ablation, ...]:
    """Models with less, on the same folds; ``whole``, ``models``: those with all columns, for the comparison."""
    groups = {feature.name: feature.group for feature in ATTEMPT_FEATURES}
    found = [*_compared("all", len(learner.data.names), whole, whole.after, whole)]
    for name, kept in ABLATIONS.items():
        left_out = np.array([groups.get(column, Group.UNGROUPED) not in kept for column in learner.data.names])
        if left_out.all():
            continue
        at_fold(f"ablation: {name}")
        less, _ = walk(replace(learner, left_out=left_out, is_trial=True), splits, lambda _: None)
        found += _compared(name, int((~left_out).sum()), less, less.after, whole)
    found += _compared(MIXED, len(learner.data.names), whole, _mixed(learner, splits, whole, models), whole)[1:]
    return tuple(found)


def _mixed(learner: Learner, splits: tuple[Split, ...], whole: Told, models: list[Any]) -> Chances:
    data = learner.data
    chances = []
    for split, arrays in zip(splits, models, strict=True):
        index = index_of(data, split.train, arrays, learner.options)
        test = split.test
        said = model_of(arrays, data).predict(data.design[test], data.stage[test])
        trees = said["p_break"] / said["p_tradeable"]
        chances.append(mixed(trees, index, data.design[test], data.stage[test]))
    return Chances(whole.after.tradeable, np.concatenate(chances))


def _compared(name: str, columns: int, told: Told, after: Chances, whole: Told) -> list[Ablation]:
    found = []
    for head in (TRADEABLE, DIRECTION):
        wanted, came = told.question(head)
        ours, block = after.of(head)[wanted], told.asked.block[wanted]
        skill = brier_skill(ours, told.baselines[BROWNIAN].of(head)[wanted], came[wanted], block)
        worse_by = paired(whole.after.of(head)[wanted], ours, came[wanted], block)
        if skill is not None and worse_by is not None:
            found.append(Ablation(name=name, columns=columns, head=head, skill=skill, worse_by=worse_by))
    return found
