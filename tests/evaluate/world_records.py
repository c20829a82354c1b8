"""Records of worlds that are small enough to count by hand."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np

from spymaster.evaluate.near_states import PAST, STATES, VIEWS, StateCounts
from spymaster.evaluate.signal_outcomes import DISTANCES, VOLATILITIES, BaseCounts
from spymaster.evaluate.worlds.world_record import RULES, WorldRecord


def state_counts(table: list[list[int]] | None = None, **changes: Any) -> StateCounts:
    """Counts in which every view is the same table, 6 by 6."""
    confusion = table or np.zeros((6, 6), int).tolist()
    recall = {band: {state.name: (0, 0) for state in STATES} for band in PAST}
    counts = StateCounts(dict.fromkeys(VIEWS, confusion), recall, (0, 0), 0, 0, 0)
    return msgspec.structs.replace(counts, **changes)


def record(name: str = "w", **changes: Any) -> WorldRecord:
    """An hour in which nothing happened, but for the changes."""
    empty = np.zeros((VOLATILITIES, DISTANCES), int).tolist()
    quiet = WorldRecord(
        engine="e",
        name=name,
        market="first",
        seed=1,
        profile="es",
        has_options=False,
        is_fast=False,
        hours=1.0,
        records=10,
        levels=15,
        planted={},
        states=state_counts(),
        naive_states=None,
        delays=[],
        raised={rule: {"BREAK": 0, "REJECT": 0} for rule in RULES},
        raised_elsewhere={"BREAK": 0, "REJECT": 0},
        alerts={rule: [] for rule in RULES},
        episodes=[],
        base=BaseCounts(empty, empty),
        oracle=[],
        tells_beyond=True,
        seconds={},
    )
    return msgspec.structs.replace(quiet, **changes)
