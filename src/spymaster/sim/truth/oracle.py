"""The best that could be known: from a saved moment, the market is run again many times, and how it ends is counted.

All moments use the same random numbers, path by path, so that differences between moments are less noisy than each.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from spymaster.atomic_output import write_whole
from spymaster.sim.level_kinds import LevelEvent
from spymaster.sim.market.simulation import Moment
from spymaster.sim.market.state import STATE, new_tape
from spymaster.sim.market.steps import run_to_outcome

PATHS: Final = 200
MOST_MOMENTS: Final = 50
_SEED: Final = 0x5EED_0F_F07E
_STEP: Final = 0x9E37_79B9_7F4A_7C15
_TAPE_RECORDS: Final = 1


class OracleEstimate(msgspec.Struct, frozen=True):
    """How the futures of a moment ended, as shares of ``paths``."""

    level: int
    ts_ns: int
    paths: int
    p_break: float
    p_bounce: float
    p_chop: float

    @property
    def p_break_decided(self) -> float:
        """Chance of a break among those that broke or bounced; 0.5 when none did."""
        decided = self.p_break + self.p_bounce
        return self.p_break / decided if decided > 0 else 0.5


@dataclass(frozen=True, slots=True)
class Oracle:
    """``cache``: a folder in which answers are kept by the moment's content and the number of paths."""

    paths: int = PATHS
    cache: Path | None = None

    def ask(self, moments: Sequence[Moment]) -> list[OracleEstimate]:
        """The chances of each moment's level, at most ``MOST_MOMENTS``. Raises ValueError beyond that."""
        if len(moments) > MOST_MOMENTS:
            raise ValueError(f"an oracle is asked at most {MOST_MOMENTS} moments at once, not {len(moments)}")
        return [self._cached(moment) for moment in moments]

    def _cached(self, moment: Moment) -> OracleEstimate:
        if self.cache is None:
            return estimate_outcomes(moment, self.paths)
        name = hashlib.sha256(moment.state.tobytes() + str((moment.level, self.paths)).encode()).hexdigest()[:24]
        path = self.cache / f"{name}.json"
        if path.is_file():
            return msgspec.json.decode(path.read_bytes(), type=OracleEstimate)
        found = estimate_outcomes(moment, self.paths)
        self.cache.mkdir(parents=True, exist_ok=True)
        write_whole(path, msgspec.json.encode(found))
        return found


def estimate_outcomes(moment: Moment, paths: int) -> OracleEstimate:
    """Run a moment's futures until its level is decided, each with random numbers of its own.

    Of a world, levels that are not planted yet stay out of them.
    """
    tape = new_tape(_TAPE_RECORDS)
    state = np.zeros(1, STATE)
    horizon = int(moment.state[0]["parameters"]["horizon_ns"])
    counts = dict.fromkeys((LevelEvent.BREAK, LevelEvent.BOUNCE, LevelEvent.CHOP), 0)
    for path in range(paths):
        state[:] = moment.state
        state["rng"] = state["options"]["rng"] = (_SEED + path * _STEP) % 2**64
        end_ns = moment.ts_ns + horizon + horizon
        how = run_to_outcome(state, tape, moment.level, end_ns)
        counts[LevelEvent(how) if how in counts else LevelEvent.CHOP] += 1
    shares = (count / paths for count in counts.values())
    return OracleEstimate(moment.level, moment.ts_ns, paths, *shares)
