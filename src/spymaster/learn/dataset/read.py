"""A data set as arrays: what everything that learns or judges is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spymaster.features.horizons import HORIZONS_S
from spymaster.learn.dataset.label_columns import LABEL_PARTS, LABEL_SETS, SCALED, label_column

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """What came of each row by one distance: arrays [n, horizons], in the order of ``HORIZONS_S``.

    ``outcome`` int8: ``labels.first_passage.Outcome``, or NOT_ASKED. ``distance``: what price had to go beyond the
    level or back from it, points. ``end_s``: seconds from the decision to where the race ended, at the passage, the
    horizon or the censoring. ``third_s``, ``passage_s``: seconds until price was a third of the distance, and all of
    it, from the level; NaN where that was not seen. ``strength``: the furthest that price was from the level up to the
    horizon or the censoring, in distances, positive beyond it. NaN throughout where there was no race.
    """

    outcome: NDArray[np.int8]
    distance: Floats
    end_s: Floats
    third_s: Floats
    passage_s: Floats
    strength: Floats

    def select(self, wanted: NDArray[Any]) -> Labels:
        """Some rows: a mask, or places."""
        return Labels(*(getattr(self, part)[wanted] for part in LABEL_PARTS))


@dataclass(frozen=True, slots=True, eq=False)
class DataSet:
    """Rows of attempts at levels: one an attempt and decision, by date, source and time.

    ``id``: of the set; ``simulated``: whether any of it is. ``names``: of the columns of ``design``; ``schema``: their
    SHA-256 (``features.attempt_features.SCHEMA`` where they were made). ``sources``, ``attempt_ids``: what the numbers
    in ``source`` and ``attempt`` stand for.

    ``design`` float64[n, k], NaN where a feature is absent. ``stage`` int8[n]: ``models.prediction.Stage``. ``t_ns``,
    ``arm_ns``, ``contact_ns`` int64[n]: the decision, and the attempt's arm and contact, -1 without (or not yet).
    ``ends_ns`` int64[n]: up to where labels look. ``date`` int64[n]: trade date, yyyymmdd. ``weight`` float64[n]: one
    over the rows of the row's attempt. ``kind`` int8[n]: ``LevelKind``. ``side`` int8[n]: +1 where a break is up.
    ``level``: its price at the decision, points of the future; ``distance_signed``: how far price is beyond it, points,
    negative in front; ``sigma``: points per square root of a minute; ``minutes``: since the open; ``score``: the rule
    score, NaN without. ``labels``: by ``LABEL_SETS``.
    """

    id: str
    simulated: bool
    names: tuple[str, ...]
    schema: str
    sources: tuple[str, ...]
    attempt_ids: tuple[str, ...]
    design: Floats
    stage: NDArray[np.int8]
    t_ns: Ints
    arm_ns: Ints
    contact_ns: Ints
    ends_ns: Ints
    date: Ints
    source: Ints
    attempt: Ints
    weight: Floats
    kind: NDArray[np.int8]
    side: NDArray[np.int8]
    level: Floats
    distance_signed: Floats
    sigma: Floats
    minutes: Floats
    score: Floats
    labels: Mapping[str, Labels]

    def __len__(self) -> int:
        return len(self.t_ns)

    @property
    def outcome(self) -> NDArray[np.int8]:
        """int8[n, horizons] by the scaled distance."""
        return self.labels[SCALED].outcome

    @property
    def end_s(self) -> Floats:
        """float64[n, horizons] by the scaled distance."""
        return self.labels[SCALED].end_s

    @property
    def strength(self) -> Floats:
        """float64[n, horizons] by the scaled distance."""
        return self.labels[SCALED].strength

    @property
    def barrier(self) -> Floats:
        """float64[n, horizons]: the scaled distance, points."""
        return self.labels[SCALED].distance

    def select(self, wanted: NDArray[Any]) -> DataSet:
        """Some rows, a mask or places; numbers of sources and attempts keep their meaning."""
        told = {field.name: getattr(self, field.name) for field in fields(self)}
        chosen = {name: value[wanted] for name, value in told.items() if isinstance(value, np.ndarray)}
        labels = {name: one.select(wanted) for name, one in self.labels.items()}
        return DataSet(**{**told, **chosen, "labels": labels})


def labels_of(columns: Mapping[str, NDArray[Any]]) -> dict[str, Labels]:
    """Labels out of columns by their names (``label_column``)."""
    return {
        one: Labels(
            *(np.stack([columns[label_column(one, part, h)] for h in HORIZONS_S], axis=1) for part in LABEL_PARTS)
        )
        for one in LABEL_SETS
    }


def load(path: Path) -> DataSet:
    """A data set that was built or promoted, all of it. Raises UserError where it is none, or not whole."""
    from spymaster.learn.dataset.parts import read_columns
    from spymaster.learn.dataset.set_manifest import read_set_manifest

    manifest = read_set_manifest(path)
    columns = read_columns(path, manifest)
    sources, source = np.unique(columns["source"], return_inverse=True)
    first, attempt = _numbered(columns["attempt_id"])
    design = [columns[name] for name in manifest.features]
    return DataSet(
        id=manifest.id,
        simulated=manifest.simulated,
        names=manifest.features,
        schema=manifest.feature_schema,
        sources=tuple(sources.tolist()),
        attempt_ids=first,
        design=np.stack(design, axis=1) if design else np.zeros((len(source), 0)),
        source=source.astype(np.int64),
        attempt=attempt,
        labels=labels_of(columns),
        **{name: columns[name] for name in _PLAIN},
    )


_PLAIN = (
    "stage", "t_ns", "arm_ns", "contact_ns", "ends_ns", "date", "weight", "kind", "side", "level", "distance_signed",
    "sigma", "minutes", "score",
)  # fmt: skip


def _numbered(names: NDArray[Any]) -> tuple[tuple[str, ...], Ints]:
    """Names in the order they come first, and each row's place among them."""
    known, first, place = np.unique(names, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return tuple(known[order].tolist()), rank[place]
