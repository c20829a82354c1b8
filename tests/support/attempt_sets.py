"""Data sets of attempts that were made up, with a known truth: a signal that trees can find and distance cannot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spymaster.features.attempt_features import ATTEMPT_FEATURES, SCHEMA
from spymaster.features.horizons import HORIZONS_S
from spymaster.labels.first_passage import Outcome
from spymaster.learn.dataset.label_columns import LABEL_PARTS, LABEL_SETS, label_column
from spymaster.learn.dataset.parts import write_part
from spymaster.learn.dataset.read import DataSet, Labels
from spymaster.learn.dataset.set_manifest import Part, SetManifest, set_id, write_set_manifest
from spymaster.market.levels import LevelKind

Array = NDArray[Any]

NAMES = tuple(feature.name for feature in ATTEMPT_FEATURES)
SIGNAL = "tape_imbalance"
HIDDEN = "wall_ratio"
NOISE = ("depth_in_zone", "ofi_z", "approach_velocity", "prior_touches")
DAY_NS = 86_400 * 10**9
_STAGES = 2


def attempt_set(
    attempts: int = 400, groups: int = 10, seed: int = 1, *, simulated: bool = True, signal: float = 1.5
) -> DataSet:
    """So many attempts on as many days, or in as many worlds, two rows each: at arm and at contact.

    A break is the likelier the more ``SIGNAL`` and the less |``HIDDEN``| there is; ``signal`` 0: by chance alone.
    """
    dice = np.random.default_rng(seed)
    count = attempts * _STAGES
    attempt = np.repeat(np.arange(attempts), _STAGES)
    group = np.sort(dice.integers(0, groups, attempts))[attempt]
    design = np.full((count, len(NAMES)), np.nan)
    place = {name: k for k, name in enumerate(NAMES)}
    sigma = 1.0 + dice.random(attempts)[attempt]
    distance = np.where(np.arange(count) % _STAGES == 0, -1.0, 0.0)
    drawn, hidden = dice.uniform(-1.0, 1.0, attempts)[attempt], dice.normal(size=attempts)[attempt]
    design[:, place["distance"]], design[:, place["sigma_1m"]] = distance, sigma
    design[:, place[SIGNAL]], design[:, place[HIDDEN]] = drawn, hidden
    for name in NOISE:
        design[:, place[name]] = np.where(dice.random(count) < 0.1, np.nan, dice.normal(size=count))
    odds = signal * (2.0 * drawn + np.where(np.abs(hidden) < 0.7, 1.0, -1.0))
    broke = dice.random(attempts)[attempt] < 1.0 / (1.0 + np.exp(-odds))
    end_s = np.ceil(dice.exponential(150.0, attempts))[attempt]
    censored = dice.random(attempts)[attempt] < 0.03
    t_ns = group * DAY_NS + (attempt % 100) * 600 * 10**9 + (np.arange(count) % _STAGES) * 30 * 10**9
    labels = _labels(broke, end_s, censored, sigma, dice.normal(size=attempts)[attempt])
    dates = 20260301 + group
    return DataSet(
        id=f"{'sim-' if simulated else ''}made-{seed}",
        simulated=simulated,
        names=NAMES,
        schema=SCHEMA,
        sources=tuple(f"world-{k}" for k in range(groups)),
        attempt_ids=tuple(f"attempt-{k}" for k in range(attempts)),
        design=design,
        stage=(np.arange(count) % _STAGES).astype(np.int8),
        t_ns=t_ns,
        arm_ns=group * DAY_NS + (attempt % 100) * 600 * 10**9,
        contact_ns=np.where(np.arange(count) % _STAGES == 0, -1, t_ns),
        ends_ns=t_ns + HORIZONS_S[-1] * 10**9,
        date=np.full(count, 20260301) if simulated else dates,
        source=group if simulated else np.zeros(count, np.int64),
        attempt=attempt,
        weight=np.full(count, 1.0 / _STAGES),
        kind=dice.integers(0, len(LevelKind), attempts)[attempt].astype(np.int8),
        side=dice.choice([-1, 1], attempts)[attempt].astype(np.int8),
        level=np.asarray(5000.0 + attempt, np.float64),
        distance_signed=distance,
        sigma=sigma,
        minutes=dice.uniform(0.0, 390.0, attempts)[attempt],
        score=np.where(dice.random(count) < 0.2, np.nan, 50.0 + 30.0 * drawn),
        labels=labels,
    )


def write_set(folder: Path, data: DataSet) -> SetManifest:
    """The set as it stands on the disk."""
    parts: list[Part] = []
    for date, source in sorted(set(zip(data.date.tolist(), data.source.tolist(), strict=True))):
        some = data.select((data.date == date) & (data.source == source))
        parts.append(write_part(folder, date, data.sources[source], _columns(some)))
    manifest = SetManifest(
        id=set_id("columns", data.schema, parts, simulated=data.simulated),
        simulated=data.simulated,
        code_version="0",
        code_sha256="0",
        schema="columns",
        feature_schema=data.schema,
        features=data.names,
        profiles=("es",),
        inputs=(),
        parts=tuple(parts),
        rows=sum(part.rows for part in parts),
        attempts=sum(part.attempts for part in parts),
        excluded={},
    )
    write_set_manifest(folder, manifest)
    return manifest


def _columns(data: DataSet) -> dict[str, Array]:
    plain = (
        "stage", "t_ns", "arm_ns", "contact_ns", "ends_ns", "weight", "kind", "side", "level", "distance_signed",
        "sigma", "minutes", "score",
    )  # fmt: skip
    told: dict[str, Array] = {name: getattr(data, name) for name in plain}
    told["attempt_id"] = np.array([data.attempt_ids[k] for k in data.attempt])
    told |= {name: data.design[:, k] for k, name in enumerate(data.names)}
    for one, labels in data.labels.items():
        for part in LABEL_PARTS:
            for k, horizon in enumerate(HORIZONS_S):
                told[label_column(one, part, horizon)] = getattr(labels, part)[:, k]
    return told


def _labels(broke: Array, end_s: Array, censored: Array, sigma: Array, noise: Array) -> dict[str, Labels]:
    horizons = np.array(HORIZONS_S, float)
    race = np.where(broke, Outcome.BREAK, Outcome.BOUNCE)[:, np.newaxis]
    late = end_s[:, np.newaxis] > horizons
    outcome = np.where(late, Outcome.CHOP, race)
    ends = np.minimum(end_s[:, np.newaxis], horizons)
    lost = censored[:, np.newaxis] & (ends > 10.0)
    outcome, ends = np.where(lost, Outcome.CENSORED, outcome), np.where(lost, 10.0, ends)
    distance = np.clip(sigma[:, np.newaxis] * np.sqrt(horizons / 60.0), 1.0, 12.0)
    strength = np.where(late, 0.3, 1.0) * np.where(broke, 1.0, -1.0)[:, np.newaxis] + 0.1 * noise[:, np.newaxis]
    one = Labels(outcome.astype(np.int8), distance, ends, ends / 3.0, np.where(late | lost, np.nan, ends), strength)
    return dict.fromkeys(LABEL_SETS, one)
