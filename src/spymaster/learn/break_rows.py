"""Rows of P(break) out of any run: what was published of a level, and what came of it (docs/p-break.md 3)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.features.break_features import BARRIER_POINTS, HORIZON_S, break_inputs
from spymaster.features.price_memory import PriceMemory
from spymaster.labels.first_passage import RACE, Outcome, first_passages
from spymaster.learn.event_prices import EventPrices, mid_of
from spymaster.market.frames import DEPTH_FEED
from spymaster.market.kinds import NS_PER_S
from spymaster.market.rows import INPUTS, LEVEL_ROW, Trust
from spymaster.models.break_model import INPUT_NAMES, design
from spymaster.physics.engine import Engine, SnapBlock

EVERY_NS: Final = 2 * NS_PER_S
"""A row of each level so often: neighbouring snaps say the same."""
_DEPTH: Final = INPUTS.index(DEPTH_FEED)
_NAMES: Final = LEVEL_ROW.names or ()
_LEVEL: Final = tuple(_NAMES.index(name) for name in ("price", "ratio", "direction", "score"))


class MidSink(EventPrices):
    """Keeps the mid after each venue event, changes only: to be the ``tap`` of ``session.headless.drive``."""

    def __init__(self) -> None:
        super().__init__(mid_of)


class BreakRowSink:
    """Keeps what the features are made of, every two seconds, of the levels near enough."""

    def __init__(self) -> None:
        self.last_snap_ns = 0
        self._memory = PriceMemory()
        self._design = [np.zeros((0, len(INPUT_NAMES)))]
        self._races = [np.zeros(0, RACE)]
        self._scores = [np.zeros(0)]
        self._blind: list[tuple[int, int]] = []

    def on_block(self, block: SnapBlock) -> None:
        """Copy the rows of a block."""
        for k, snap in enumerate(block.snaps):
            t_ns = int(snap["t_ns"])
            progress = self._memory.add(t_ns, float(snap["microprice"]))
            if snap["trust"][_DEPTH] == Trust.BLIND:
                self._blind.append((self.last_snap_ns, t_ns))
            elif t_ns % EVERY_NS == 0:
                self._keep(t_ns, block.numbers[k, : snap["levels"]], progress)
            self.last_snap_ns = t_ns

    def at_change(self, engine: Engine) -> None:
        """Before the engine begins anew with another contract: prices up to there are the other's."""
        self._memory.forget(int(engine.state["clock"][0]["next_snap_ns"]))

    def rows(self, mids: MidSink) -> BreakRows:
        """With what came of them."""
        path = mids.path(np.array(self._blind, np.int64).reshape(-1, 2), self.last_snap_ns)
        races = np.concatenate(self._races)
        labels = first_passages(path, races)
        return BreakRows(
            design=np.concatenate(self._design),
            outcome=labels["outcome"],
            t_ns=races["t_ns"],
            score=np.concatenate(self._scores),
            world=np.zeros(len(races), np.int64),
        )

    def _keep(self, t_ns: int, numbers: NDArray[Any], progress: float) -> None:
        # levels of one price are one question
        _, first = np.unique(numbers[:, _LEVEL[0]], return_index=True)
        numbers = numbers[np.sort(first)]
        inputs = break_inputs(numbers, progress)
        races = np.zeros(len(inputs.places), RACE)
        price, ratio, direction, score = (numbers[inputs.places, place] for place in _LEVEL)
        races["t_ns"] = t_ns
        races["level"] = price * ratio
        races["direction"] = direction
        races["distance"] = BARRIER_POINTS
        races["horizon_ns"] = round(HORIZON_S) * NS_PER_S
        self._design.append(design(inputs))
        self._races.append(races)
        self._scores.append(score)


@dataclass(frozen=True, slots=True, eq=False)
class BreakRows:
    """Rows of one run or several. ``design`` float64[n, k] by ``INPUT_NAMES``; ``outcome``: ``labels`` Outcome;
    ``score``: the rule score published there, NaN without; ``world``: number of the run."""

    design: NDArray[np.float64]
    outcome: NDArray[np.int64]
    t_ns: NDArray[np.int64]
    score: NDArray[np.float64]
    world: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.outcome)

    @property
    def resolved(self) -> NDArray[np.bool_]:
        """Rows of which one of the two came within the time."""
        known: NDArray[np.bool_] = (self.outcome == Outcome.BREAK) | (self.outcome == Outcome.BOUNCE)
        return known

    def select(self, wanted: NDArray[np.bool_]) -> BreakRows:
        """Some of them."""
        return BreakRows(
            self.design[wanted], self.outcome[wanted], self.t_ns[wanted], self.score[wanted], self.world[wanted]
        )

    def of_world(self, number: int) -> BreakRows:
        """The same rows as those of world ``number``."""
        return replace(self, world=np.full(len(self), number, np.int64))

    @staticmethod
    def pool(parts: list[BreakRows]) -> BreakRows:
        """Several runs as one."""
        names = BreakRows.__dataclass_fields__
        return BreakRows(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})
