"""From what a run gave to the rows of a data set: labels beside what was known, ids, weights, and what is left out."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from spymaster.features.horizons import HORIZONS_S
from spymaster.labels.decision_races import DECISION as ASKED
from spymaster.labels.decision_races import DISTANCES, decision_races
from spymaster.labels.first_passage import Outcome, first_passages
from spymaster.labels.path import PricePath
from spymaster.learn.dataset.gather import KNOWN, Gathered
from spymaster.learn.dataset.label_columns import (
    DISTANCE,
    END,
    NOT_ASKED,
    OUTCOME,
    PASSAGE,
    STRENGTH,
    THIRD,
    label_column,
)
from spymaster.market.frames import ConfigFrame
from spymaster.market.kinds import NS_PER_S, PRICE_SCALE
from spymaster.market.levels import LevelKind, MadeOf, level_id
from spymaster.market.option_chain import CHAIN

Array = NDArray[Any]
Floats = NDArray[np.float64]
Columns = dict[str, NDArray[Any]]

OUT_OF_HOURS: Final = "decisions outside 09:30-16:00 in New York"
NO_VOLATILITY: Final = "decisions before volatility was known"
NO_RACE: Final = "decisions in a hole, or after the price was known last"
SAME_PRICE: Final = "decisions of another level at the same price"
_OPEN_MINUTES: Final = 390.0
_RATIO, _MINUTES, _SCORE = KNOWN.index("ratio"), KNOWN.index("minutes_since_open"), KNOWN.index("score")
_OF_OPTIONS: Final = np.array([kind for kind in LevelKind if kind.made_of is MadeOf.OPTIONS])


@dataclass(frozen=True, slots=True)
class Told:
    """What rows are told of their run: the ``source`` they are named after, its first CONFIG, the names of the
    ``features``; ``all_hours``: whether rows outside of regular hours are kept."""

    source: str
    config: ConfigFrame
    features: tuple[str, ...]
    all_hours: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class RunRows:
    """The rows of a run by columns, ``date`` among them, in time; ``excluded``: how many were left out, by reason."""

    columns: Columns
    excluded: dict[str, int]


def strike_step(config: ConfigFrame) -> float:
    """The usual step between the day's strikes, in the profile's unit; NaN without options."""
    strikes = np.unique(np.frombuffer(config.chain, CHAIN)["strike_e9"])
    return float(np.median(np.diff(strikes))) / PRICE_SCALE if len(strikes) > 1 else float("nan")


class Labelled(NamedTuple):
    """What came of each decision: ``races`` RACE and ``labels`` LABEL [n, DISTANCES, HORIZONS_S]; ``ends_ns`` int64[n]:
    up to where they looked."""

    races: Array
    labels: Array
    ends_ns: NDArray[np.int64]


def labels_of_decisions(gathered: Gathered, path: PricePath, config: ConfigFrame) -> Labelled:
    """Every race of every decision, run."""
    decisions = gathered.decisions
    asked = np.zeros(len(decisions), ASKED)
    asked["t_ns"], asked["level"] = decisions["t_ns"], decisions["future_price"]
    asked["direction"], asked["sigma_1m"] = decisions["direction"], decisions["sigma_1m"]
    step = strike_step(config) * gathered.known[:, _RATIO]
    asked["strike_points"] = np.where(np.isin(decisions["kind"], _OF_OPTIONS), step, np.nan)
    races = decision_races(asked, config.instrument.tick_e9 / PRICE_SCALE)
    last_ns = asked["t_ns"] + max(HORIZONS_S) * NS_PER_S
    return Labelled(races, first_passages(path, races), np.minimum(last_ns, path.known_until(asked["t_ns"].copy())))


def rows_of_run(gathered: Gathered, labelled: Labelled, told: Told) -> RunRows:
    """The rows of a run, those that tell nothing or are not wanted left out and counted."""
    kept, excluded = _chosen(gathered, labelled.labels, told.all_hours)
    columns = _identity(gathered.decisions[kept], gathered.known[kept], told)
    columns["ends_ns"] = labelled.ends_ns[kept]
    columns |= {name: gathered.features[kept, k].copy() for k, name in enumerate(told.features)}
    columns |= _label_columns(labelled.races[kept], labelled.labels[kept], columns["t_ns"])
    _, place, count = np.unique(columns["attempt_id"], return_inverse=True, return_counts=True)
    columns["weight"] = 1.0 / count[place]
    return RunRows(columns, excluded)


def _chosen(gathered: Gathered, labels: Array, all_hours: bool) -> tuple[NDArray[np.int64], dict[str, int]]:
    decisions = gathered.decisions
    minutes = gathered.known[:, _MINUTES]
    reasons = {
        OUT_OF_HOURS: ~((minutes >= 0.0) & (minutes < _OPEN_MINUTES)) & (not all_hours),
        NO_VOLATILITY: np.isnan(decisions["sigma_1m"]) | (decisions["sigma_1m"] <= 0.0),
        NO_RACE: (labels["outcome"] == Outcome.NO_RACE).all(axis=(1, 2)),
        SAME_PRICE: _is_double(decisions),
    }
    left = np.ones(len(decisions), np.bool_)
    excluded: Counter[str] = Counter()
    for reason, out in reasons.items():
        excluded[reason] += int((left & out).sum())
        left &= ~out
    order = np.flatnonzero(left)
    return order, {reason: count for reason, count in excluded.items() if count}


def _is_double(decisions: Array) -> NDArray[np.bool_]:
    """Whether another level at the very same price is judged at the same moment: of several the kind that comes last,
    which says most, is kept. They would be one question with as many answers as names."""
    names = ("t_ns", "stage", "direction", "future_price")
    order = np.lexsort([decisions["user_index"], -decisions["kind"], *(decisions[name] for name in names)])
    double = np.zeros(len(decisions), np.bool_)
    ordered = decisions[order]
    same = [ordered[name][1:] == ordered[name][:-1] for name in names]
    double[order[1:]] = np.logical_and.reduce(same)
    return double


def _identity(decisions: Array, known: Floats, told: Told) -> Columns:
    user_ids = tuple(level.id for level in told.config.user_levels)
    names = ("session_date", "kind", "price", "user_index", "arm_ns")
    levels = zip(*(decisions[name].tolist() for name in names), strict=True)
    level, direction = decisions["future_price"].copy(), decisions["direction"]
    return {
        "attempt_id": np.array(
            [f"{told.source}/{date}/{level_id(k, p, u, user_ids)}/{arm}" for date, k, p, u, arm in levels], np.str_
        ),
        "date": decisions["session_date"].copy(),
        "t_ns": decisions["t_ns"].copy(),
        "arm_ns": decisions["arm_ns"].copy(),
        "contact_ns": decisions["contact_ns"].copy(),
        "stage": decisions["stage"].astype(np.int8),
        "number": decisions["number"].astype(np.int32),
        "kind": decisions["kind"].astype(np.int8),
        "side": direction.astype(np.int8),
        "level": level,
        "distance_signed": direction * (decisions["microprice"] - level),
        "sigma": decisions["sigma_1m"].copy(),
        "minutes": known[:, _MINUTES].copy(),
        "score": known[:, _SCORE].copy(),
    }


def _label_columns(races: Array, labels: Array, t_ns: NDArray[np.int64]) -> Columns:
    asked = ~np.isnan(races["distance"])
    ran = asked & (labels["outcome"] != Outcome.NO_RACE)
    began_ns = t_ns[:, np.newaxis, np.newaxis]
    parts = {
        OUTCOME: np.where(asked, labels["outcome"], NOT_ASKED).astype(np.int8),
        DISTANCE: races["distance"],
        END: np.where(ran, (labels["end_ns"] - began_ns) / NS_PER_S, np.nan),
        THIRD: _seconds(labels["third_ns"]),
        PASSAGE: _seconds(labels["passage_ns"]),
        STRENGTH: labels["strength"],
    }
    return {
        label_column(one, part, horizon): values[:, a, b].copy()
        for a, one in enumerate(DISTANCES)
        for part, values in parts.items()
        for b, horizon in enumerate(HORIZONS_S)
    }


def _seconds(after_ns: NDArray[np.int64]) -> Floats:
    return np.where(after_ns >= 0, after_ns / NS_PER_S, np.nan)
