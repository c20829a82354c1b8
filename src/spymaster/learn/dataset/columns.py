"""The table of a data set's columns: what each says, in which unit, how far back it looks and what it is made of."""

from __future__ import annotations

import enum
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from numpy.typing import NDArray

from spymaster.features.attempt_features import ATTEMPT_FEATURES
from spymaster.features.attempt_features import SCHEMA as FEATURE_SCHEMA
from spymaster.features.horizons import HORIZONS_S
from spymaster.learn.dataset.label_columns import (
    DISTANCE,
    END,
    FIXED,
    LABEL_SETS,
    ONE_STRIKE,
    OUTCOME,
    PASSAGE,
    SCALED,
    STRENGTH,
    THIRD,
    THREE_STRIKES,
    label_column,
)

__all__ = ["COLUMNS", "FEATURE_SCHEMA", "SCHEMA", "Column", "Role", "feature_names", "in_order"]


class Role(enum.StrEnum):
    """What a column is for."""

    IDENTITY = "identity"
    """Which row this is, and how it counts."""
    CONTEXT = "context"
    """What was known at the decision; for baselines, groups and checks."""
    FEATURE = "feature"
    """What was known at the decision; what a model is given."""
    LABEL = "label"
    """What came afterwards."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column. ``dtype``: as it is stored; ``look_back_s``: how far before the decision its value reaches beyond the
    published columns of that snap, negative for labels: how far after it; ``source``: what it is made of."""

    name: str
    role: Role
    dtype: str
    unit: str
    look_back_s: float
    source: tuple[str, ...]
    doc: str


_ATTEMPT: Final = ("microprice", "price", "ratio", "sigma_1m")

_IDENTITY: Final = (
    Column("attempt_id", Role.IDENTITY, "str", "text", 0.0, (), "source/trade date/level/arm_ns"),
    Column("t_ns", Role.IDENTITY, "int64", "ns UTC", 0.0, ("t_ns",), "the snap of the decision"),
    Column("arm_ns", Role.IDENTITY, "int64", "ns UTC", 0.0, _ATTEMPT, "price came within the arming distance"),
    Column("contact_ns", Role.IDENTITY, "int64", "ns UTC", 0.0, _ATTEMPT, "price came to the level; -1 before"),
    Column("ends_ns", Role.IDENTITY, "int64", "ns UTC", -480.0, ("mbp-10",), "up to where the labels looked"),
    Column("stage", Role.IDENTITY, "int8", "code", 0.0, _ATTEMPT, "0 arm, 1 contact, 2 15 s and 3 60 s later"),
    Column("number", Role.IDENTITY, "int32", "count", 0.0, _ATTEMPT, "of the attempts at the level in its session"),
    Column("weight", Role.IDENTITY, "float64", "rows", 0.0, ("attempt_id",), "one over the rows of the attempt"),
    Column("kind", Role.CONTEXT, "int8", "code", 0.0, ("kind",), "what the level is (LevelKind)"),
    Column("side", Role.CONTEXT, "int8", "+1/-1", 0.0, _ATTEMPT, "+1 where a break is up"),
    Column("level", Role.CONTEXT, "float64", "points", 0.0, ("price", "ratio"), "its price, later that at contact"),
    Column("distance_signed", Role.CONTEXT, "float64", "points", 0.0, ("microprice", "price", "ratio"),
           "how far price is beyond the level, negative in front"),
    Column("sigma", Role.CONTEXT, "float64", "points/sqrt(min)", 0.0, ("sigma_1m",), "volatility"),
    Column("minutes", Role.CONTEXT, "float64", "min", 0.0, ("minutes_since_open",), "since the regular open"),
    Column("score", Role.CONTEXT, "float64", "0-100", 0.0, ("score",), "the rule score; NaN without"),
)  # fmt: skip

_FEATURES: Final = tuple(
    Column(one.name, Role.FEATURE, "float64", one.unit, one.look_back_s, one.source, one.doc)
    for one in ATTEMPT_FEATURES
)

_OF_SET: Final = {
    SCALED: "clip(sigma sqrt(H), 1, 12) points",
    FIXED: "two points",
    ONE_STRIKE: "a step of the strikes",
    THREE_STRIKES: "three steps of the strikes",
}
_OF_PART: Final = {
    OUTCOME: ("int8", "code", "0 BREAK, 1 BOUNCE, 2 CHOP, 3 CENSORED, 4 no race, -1 not asked"),
    DISTANCE: ("float64", "points", "what price had to go beyond the level or back"),
    END: ("float64", "s", "until the race ended; NaN without one"),
    THIRD: ("float64", "s", "until price was a third of the distance from the level; NaN where not seen"),
    PASSAGE: ("float64", "s", "until it was all of it; NaN where not seen"),
    STRENGTH: ("float64", "distances", "the furthest that price was from the level, positive beyond it"),
}

_LABELS: Final = tuple(
    Column(
        label_column(one, part, horizon),
        Role.LABEL,
        dtype,
        unit,
        0.0 if part == DISTANCE else -float(horizon),
        ("sigma_1m",) if part == DISTANCE else ("mbp-10",),
        f"{doc}; by {_OF_SET[one]} within {horizon} s",
    )
    for one in LABEL_SETS
    for part, (dtype, unit, doc) in _OF_PART.items()
    for horizon in HORIZONS_S
)

COLUMNS: Final = (*_IDENTITY, *_FEATURES, *_LABELS)
"""In the order in which they are stored; the trade date and the source stand in a part's path."""

SCHEMA: Final = hashlib.sha256(
    json.dumps([FEATURE_SCHEMA, *(asdict(one) for one in COLUMNS)], sort_keys=True, separators=(",", ":")).encode()
).hexdigest()
"""SHA-256 of the table, and of the settings of the features."""


def feature_names() -> tuple[str, ...]:
    """Those that a model is given, in their order."""
    return tuple(one.name for one in ATTEMPT_FEATURES)


def in_order(columns: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """The same columns as the table has them. Raises ValueError where one is missing, too many, or of another type."""
    names = [one.name for one in COLUMNS]
    if set(names) != set(columns):
        raise ValueError(f"the columns differ from the table: {sorted(set(names) ^ set(columns))}")
    for one in COLUMNS:
        stored = columns[one.name].dtype
        if ("str" if stored.kind == "U" else stored.name) != one.dtype:
            raise ValueError(f"the column {one.name} is {stored} and not {one.dtype}")
    return {name: columns[name] for name in names}
