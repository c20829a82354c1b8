"""The arrays of a model: a logistic, the trees that correct it, and maps learnt on a later fold (docs/models.md)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.errors import ExitCode, UserError
from spymaster.features.horizons import HORIZONS_S
from spymaster.labels.incidence import incidence
from spymaster.learn.dataset.read import DataSet
from spymaster.learn.heads.options import LEAST_ATTEMPTS, TrainOptions
from spymaster.learn.heads.questions import Questions, hazard_rows, questions, resolved_attempts, weights
from spymaster.learn.heads.tasks import Task, fit_task
from spymaster.learn.logistic import fit_logistic
from spymaster.models.head_model import (
    DIRECTION,
    FORESTS,
    HAZARD,
    STRENGTHS,
    TRADEABLE,
    HeadModel,
    pack_head_model,
    with_stage,
)
from spymaster.models.heads import BINS, CAUSES, QUANTILES, STAGE_GROUPS, Said, beta_columns, stage_group
from spymaster.models.logistic_head import NEAR, LogisticHead, design
from spymaster.models.model_file import Card, unpack_model

Array = NDArray[Any]
Arrays = dict[str, Array]
Floats = NDArray[np.float64]
Places = NDArray[np.int64]

LOGISTIC_COLUMNS: Final = ("velocity_z", "acceleration_z", "move_5s", "move_30s", "tape_imbalance", "queue_imbalance")
"""Beside Brown's odds: the last motion and what it meets."""
DECIMALS: Final = 6
"""Digits kept of what is fitted by sums of floats, which end differently on other machines."""
_RIDGE_ROWS: Final = 500.0
"""What is fitted is held to what is believed beforehand as if by so many rows: those of one market are alike."""
_LEAST_ROWS: Final = 50
_MOST_HAZARD_ROWS: Final = 30_000
"""Each is told once for every bin it reached: so many are some 300 megabytes."""
_AS_IT_IS: Final = np.array([1.0, 1.0, 0.0])
_NO_CARD: Final = Card(name="", question="", learnt_on="", made_by="", simulated=True, rows=0)


@dataclass(frozen=True, eq=False)
class Learner:
    """A data set and how it is learnt from. ``left_out`` bool[k]: columns that are taken for absent. ``is_trial``: only
    whether and which way is of interest, and the other heads are one tree each."""

    data: DataSet
    options: TrainOptions
    left_out: NDArray[np.bool_] | None = None
    is_trial: bool = False

    @cached_property
    def asked(self) -> Questions:
        """What is asked of its rows."""
        return questions(self.data)

    @cached_property
    def weight(self) -> Floats:
        """How much each row counts: float64[n]."""
        return weights(self.data)

    @property
    def has_trees(self) -> bool:
        """Whether there are enough attempts for trees."""
        return resolved_attempts(self.data) >= LEAST_ATTEMPTS

    def rows(self, places: Places) -> Floats:
        """Some rows of the design."""
        rows = self.data.design[places]
        if self.left_out is not None:
            rows[:, self.left_out] = np.nan
        return rows


def fit(learner: Learner, train: Places, calibrate: Places) -> Arrays:
    """The arrays of a model. Raises UserError for rows that say nothing."""
    data = learner.data
    head = fit_logistic_head(learner, train)
    arrays = head.arrays() | _maps_as_they_are()
    if learner.has_trees:
        arrays |= _forests(learner, train, calibrate, head)
    said = model_of(arrays, data).uncalibrated(learner.rows(calibrate), data.stage[calibrate])
    return arrays | _maps(learner.asked, said, stage_group(data.stage[calibrate]), calibrate)


def model_of(arrays: Arrays, data: DataSet) -> HeadModel:
    """A model of these arrays, as its file will be read."""
    return HeadModel(unpack_model("the model", packed(arrays, data, _NO_CARD, "")), "the model", data.schema)


def packed(arrays: Arrays, data: DataSet, card: Card, code_version: str) -> bytes:
    """The bytes of its file."""
    return pack_head_model(
        arrays, features=data.names, schema=data.schema, data_set=data.id, code_version=code_version, card=card
    )


def fit_logistic_head(learner: Learner, train: Places) -> LogisticHead:
    """Brown's odds and a few columns, held to the former by a ridge. Raises UserError."""
    data, asked = learner.data, learner.asked
    if missing := [name for name in NEAR if name not in data.names]:
        raise UserError(data.id, f"has no feature {missing[0]}", "build it with this version", code=ExitCode.DATA)
    places = {name: k for k, name in enumerate(data.names)}
    near = np.array([places[name] for name in NEAR], np.int32)
    columns = np.array([places[name] for name in LOGISTIC_COLUMNS if name in places], np.int32)
    rows = learner.rows(train)
    centre, scale = scales(rows[:, columns])
    table = design(rows, near, columns, centre, scale)
    weights = []
    for k, (wanted, came) in enumerate(((asked.known, asked.resolved), (asked.resolved, asked.broke))):
        prior = np.zeros(table.shape[1])
        prior[k] = 1.0
        chosen = wanted[train]
        try:
            fitted = fit_logistic(
                table[chosen], came[train][chosen].astype(np.float64), np.full(len(prior), _RIDGE_ROWS), prior
            )
        except (ValueError, np.linalg.LinAlgError) as error:
            raise UserError(data.id, str(error), "build a larger data set", code=ExitCode.DATA) from None
        weights.append(np.round(fitted, DECIMALS))
    curves = incidence(
        asked.outcome[train], asked.end_s[train], np.array(HORIZONS_S, np.float64), learner.weight[train]
    )
    strength = asked.strength[train][asked.measurable[train]]
    return LogisticHead(
        near=near,
        columns=columns,
        centre=centre,
        scale=scale,
        weights=np.stack(weights),
        shapes=np.stack([_share(curves.break_by), _share(curves.bounce_by)]),
        strength=np.round(np.quantile(strength, QUANTILES), DECIMALS) if len(strength) else np.zeros(len(QUANTILES)),
    )


def _forests(learner: Learner, train: Places, calibrate: Places, head: LogisticHead) -> Arrays:
    options, others = learner.options, 1 if learner.is_trial else None
    arrays: Arrays = {}
    for name in (TRADEABLE, DIRECTION, *STRENGTHS):
        task, held = (_task(learner, name, places, head) for places in (train, calibrate))
        is_race = name in (TRADEABLE, DIRECTION)
        arrays |= fit_task(task, held, options, options.trees if is_race else others or options.trees).arrays(name)
    base = _base_hazards(learner, train)
    task, held = (_hazard_task(learner, places, base) for places in (train, calibrate))
    arrays |= fit_task(task, held, options, others or options.hazard_trees).arrays(HAZARD)
    return arrays | {f"{HAZARD}/base": base}


def _task(learner: Learner, name: str, places: Places, head: LogisticHead) -> Task:
    """What a head but the hazard is asked of some rows."""
    data, asked = learner.data, learner.asked
    wanted = {TRADEABLE: asked.known, DIRECTION: asked.resolved}.get(name, asked.measurable)
    places = places[wanted[places]]
    rows, weight = learner.rows(places), learner.weight[places]
    staged = with_stage(rows, data.stage[places])
    if name in STRENGTHS:
        quantile = {"objective": "quantile", "alpha": QUANTILES[STRENGTHS.index(name)]}
        return Task(staged, asked.strength[places], weight, quantile)
    came = (asked.resolved if name == TRADEABLE else asked.broke)[places].astype(np.float64)
    # the last bits of logarithms are not the same on every processor, and trees would follow them
    odds = np.round(head.odds(rows)[:, 0 if name == TRADEABLE else 1], DECIMALS)
    return Task(staged, came, weight, {"objective": "binary"}, odds)


def _hazard_task(learner: Learner, places: Places, base: Floats) -> Task:
    """What the hazard is asked: each bin that a race was seen in, of evenly chosen rows where there are very many."""
    data = learner.data
    places = places[learner.asked.ran[places]]
    places = places[:: -(-len(places) // _MOST_HAZARD_ROWS) or 1]
    place, bins, cause = hazard_rows(learner.asked, places)
    staged = with_stage(learner.rows(places), data.stage[places])[place]
    stacked = np.concatenate([staged, bins[:, np.newaxis].astype(np.float64)], axis=1)
    three = {"objective": "multiclass", "num_class": CAUSES}
    return Task(stacked, cause.astype(np.float64), learner.weight[places][place], three, base[bins])


def _base_hazards(learner: Learner, train: Places) -> Floats:
    """Log chances of each cause in each bin, of all rows together: float64[6, 3]. Trees say how a row differs."""
    places = train[learner.asked.ran[train]]
    place, bins, cause = hazard_rows(learner.asked, places)
    weight = learner.weight[places][place]
    counts = np.bincount(bins * CAUSES + cause, weight, BINS * CAUSES).reshape(BINS, CAUSES) + 1.0
    base: Floats = np.round(np.log(counts / counts.sum(axis=1, keepdims=True)), DECIMALS)
    return base


def _maps_as_they_are() -> Arrays:
    arrays: Arrays = {f"{name}/beta": np.tile(_AS_IT_IS, (STAGE_GROUPS, 1)) for name in FORESTS[:2]}
    return arrays | {"strength/shift": np.zeros((STAGE_GROUPS, len(QUANTILES)))}


def _maps(asked: Questions, said: Said, group: NDArray[np.int64], places: Places) -> Arrays:
    """Calibration maps by stage group, of what a model said of rows it did not learn from."""
    arrays = _maps_as_they_are()
    races = (
        (TRADEABLE, said.tradeable, asked.known, asked.resolved),
        (DIRECTION, said.direction, asked.resolved, asked.broke),
    )
    for name, told, wanted, came in races:
        for one in range(STAGE_GROUPS):
            chosen = wanted[places] & (group == one)
            arrays[f"{name}/beta"][one] = beta_map(told[chosen], came[places][chosen].astype(np.float64))
    quantiles = np.sort(said.strength, axis=1)
    for one in range(STAGE_GROUPS):
        chosen = asked.measurable[places] & (group == one)
        if chosen.sum() < _LEAST_ROWS:
            continue
        for k, share in enumerate(QUANTILES):
            off = float(np.quantile(asked.strength[places][chosen] - quantiles[chosen, k], share))
            trusted = chosen.sum() / (chosen.sum() + _RIDGE_ROWS)
            arrays["strength/shift"][one, k] = round(off * float(trusted), DECIMALS)
    return arrays


def beta_map(told: Floats, came: Floats) -> Floats:
    """The weights of a map that never falls; with few rows it stays near what was said."""
    if len(told) < _LEAST_ROWS or len(np.unique(came)) < 2:
        return _AS_IT_IS
    columns = beta_columns(told)
    fitted = fit_logistic(columns, came, np.full(3, _RIDGE_ROWS), _AS_IT_IS)
    if (fitted[:2] < 0.0).any():
        odds = np.stack([columns[:, 0] + columns[:, 1], columns[:, 2]], axis=1)
        slope, constant = fit_logistic(odds, came, np.full(2, _RIDGE_ROWS), np.array([1.0, 0.0]))
        fitted = np.array([slope, slope, constant])
    return _AS_IT_IS if (fitted[:2] < 0.0).any() else np.round(fitted, DECIMALS)


def scales(columns: Floats) -> tuple[Floats, Floats]:
    """Mean and standard deviation of what is there, 0 and 1 where nothing is: float64[k] each."""
    there = np.isfinite(columns)
    count = np.maximum(there.sum(axis=0), 1).astype(np.float64)
    values = np.nan_to_num(columns, nan=0.0, posinf=0.0, neginf=0.0)
    centre: Floats = np.round(values.sum(axis=0) / count, DECIMALS)
    away = (values - centre) * there
    spread = np.sqrt((away * away).sum(axis=0) / count)
    scale = np.round(np.maximum(spread, 1e-3), DECIMALS)
    scale[spread <= 0.0] = 1.0
    return centre, np.asarray(scale, np.float64)


def _share(curve: Floats) -> Floats:
    """A curve as shares of its end; a straight one where nothing came."""
    if not np.isfinite(curve).all() or curve[-1] <= 0.0:
        return np.arange(1, len(curve) + 1) / len(curve)
    shares: Floats = np.round(curve / curve[-1], DECIMALS)
    return shares
