"""What the model says of levels, as a table: ``export p-break``."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.models.break_model import BreakModel, BreakScorer
from spymaster.physics.engine import Engine, SnapBlock
from spymaster.signals.columns import Columns, Words, level_columns

_OF_LEVELS: Final = ("ts_event_ns", "session_date", "level_id", "kind", "price", "direction", "x", "score")


class ChanceColumns:
    """Makes the rows: each level that is near enough, snap by snap. ``user_ids``: in the order of the CONFIG."""

    def __init__(self, model: BreakModel, user_ids: tuple[str, ...]) -> None:
        self._model = model
        self._scorer = BreakScorer(model)
        self._user_ids = user_ids

    def at_change(self, engine: Engine) -> None:
        """Before the engine begins anew with another contract: prices up to there are the other's."""
        self._scorer.memory.forget(int(engine.state["clock"][0]["next_snap_ns"]))

    def columns(self, block: SnapBlock) -> Columns:
        """The rows of a block."""
        said = [self._of_snap(block, k) for k in range(len(block.snaps))]
        chances = np.concatenate([np.zeros(0), *said])
        counts = block.snaps["levels"]
        used = np.arange(block.numbers.shape[1]) < counts[:, np.newaxis]
        known = ~np.isnan(chances)
        snaps = np.repeat(block.snaps, counts)[known]
        whole = level_columns(block.numbers[used][known], snaps["t_ns"], snaps["session_date"], self._user_ids)
        model = self._model
        return {
            **{name: whole[name] for name in _OF_LEVELS},
            "p_break": chances[known],
            "horizon_s": np.full(int(known.sum()), model.horizon_s),
            "points": np.full(int(known.sum()), model.points),
            "model": Words((model.data_set,), np.zeros(int(known.sum()), np.int32)),
        }

    def _of_snap(self, block: SnapBlock, k: int) -> NDArray[Any]:
        snap = block.snaps[k]
        numbers = block.numbers[k, : snap["levels"]]
        return self._scorer.on_snap(int(snap["t_ns"]), float(snap["microprice"]), numbers)
