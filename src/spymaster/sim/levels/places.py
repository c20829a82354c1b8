"""Where a level can be planted: a free slot, and room between it and others."""

from __future__ import annotations

from typing import Final

from spymaster.market.jit import kernel
from spymaster.sim.market.state import NONE, SLOTS, State

USUAL_BOOK: Final = 9.0
"""Orders at a price of the market for which sizes are stated."""
EPISODES_APART_TICKS: Final = 6
"""Episodes keep this distance, so that zones at work never meet."""


@kernel
def free_slot(s: State) -> int:
    """The first slot without a level, NONE where all are taken."""
    found = NONE
    for k in range(SLOTS):
        if found == NONE and s.level[k].used == 0:
            found = k
    return int(found)


@kernel
def is_apart(s: State, tick: int, ticks: int) -> bool:
    """Whether no level stands nearer to a price than so many ticks."""
    near = 0
    for k in range(SLOTS):
        if s.level[k].used == 1 and abs(s.level[k].tick - tick) < ticks:
            near += 1
    return near == 0
