"""What came of a decision, as columns: for each distance and each horizon how the race ended, when, and how far."""

from __future__ import annotations

from typing import Final

from spymaster.features.horizons import HORIZONS_S
from spymaster.labels.decision_races import DISTANCES

SCALED, FIXED, ONE_STRIKE, THREE_STRIKES = LABEL_SETS = DISTANCES

OUTCOME, DISTANCE, END, THIRD, PASSAGE, STRENGTH = "outcome", "distance", "end_s", "third_s", "passage_s", "strength"
LABEL_PARTS: Final = (OUTCOME, DISTANCE, END, THIRD, PASSAGE, STRENGTH)

NOT_ASKED: Final = -1
"""The outcome of a race that was not asked of this level."""


def label_column(label_set: str, part: str, horizon_s: int) -> str:
    """The name of a column: ``scaled_outcome_240s``."""
    return f"{label_set}_{part}_{horizon_s}s"


def label_columns() -> tuple[str, ...]:
    """All of them, in their order."""
    return tuple(label_column(one, part, h) for one in LABEL_SETS for part in LABEL_PARTS for h in HORIZONS_S)
